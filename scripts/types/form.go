package types

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// shapes are the shapes of Go types, as encoding/json writes them.
type shapes struct {
	program  *program
	declared typeutil.Map // of *declaration, by types
	all      []*declaration
	// at is where the type is used that is looked at.
	at token.Pos
}

func newShapes(p *program) *shapes { return &shapes{program: p} }

// of returns the shape of a type that is used at a place.
func (s *shapes) of(t types.Type, at token.Pos) *shape {
	s.at = at
	return s.form(t)
}

// known are types whose form is not seen in their declaration.
var known = map[string]kind{
	"time.Time":                moment,
	"encoding/json.RawMessage": anything,
	"encoding/json.Number":     number,
	"math/big.Int":             integer,
	socketioPath + ".Binary":   binary,
}

func (s *shapes) form(t types.Type) *shape {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return s.formOfNamed(t)
	case *types.TypeParam:
		s.program.note(s.at, "the type of %s is only known where it is used, so it is unknown", t.Obj().Name())
		return &shape{}
	default:
		return s.literalForm(t)
	}
}

// literalForm is the shape of a type without a name, or of what a type with a name is made of.
func (s *shapes) literalForm(t types.Type) *shape {
	switch t := t.(type) {
	case *types.Basic:
		return s.basic(t)
	case *types.Pointer:
		return s.form(t.Elem()).orNull()
	case *types.Slice:
		return s.slice(t).orNull()
	case *types.Array:
		return s.array(t)
	case *types.Map:
		return s.mapping(t).orNull()
	case *types.Struct:
		return s.structure(t)
	case *types.Interface:
		return &shape{}
	}
	s.program.note(s.at, "%s has no form in JSON", types.TypeString(t, (*types.Package).Name))
	return &shape{}
}

func (s *shapes) basic(t *types.Basic) *shape {
	switch info := t.Info(); {
	case t.Kind() == types.UntypedNil:
		return &shape{kind: null}
	case info&types.IsBoolean != 0:
		return &shape{kind: boolean}
	case info&types.IsInteger != 0:
		return &shape{kind: integer}
	case info&types.IsFloat != 0:
		return &shape{kind: number}
	case info&types.IsString != 0:
		return &shape{kind: text}
	}
	s.program.note(s.at, "%s has no form in JSON", t.Name())
	return &shape{}
}

func (s *shapes) slice(t *types.Slice) *shape {
	if b, ok := t.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Byte && s.marshaler(t.Elem()) == "" {
		return &shape{kind: base64}
	}
	return &shape{kind: list, elem: s.form(t.Elem())}
}

// manyParts is from how many items on an array is a list.
const manyParts = 9

func (s *shapes) array(t *types.Array) *shape {
	elem := s.form(t.Elem())
	if t.Len() >= manyParts {
		return &shape{kind: list, elem: elem}
	}
	return &shape{kind: tuple, parts: slices.Repeat([]*shape{elem}, int(t.Len()))}
}

func (s *shapes) mapping(t *types.Map) *shape {
	m := &shape{kind: mapping, elem: s.form(t.Elem())}
	if key := s.form(t.Key()); key.kind == named && key.declared.shape.kind == literal && isText(t.Key()) {
		m.parts = []*shape{key}
	}
	return m
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// formOfNamed is the shape of a type with a name: what is declared for it, unless it is one of the standard library, which
// clients know nothing of, or has a form of its own.
func (s *shapes) formOfNamed(t *types.Named) *shape {
	o := t.Obj()
	if o.Pkg() == nil { // error, comparable
		return &shape{}
	}
	path := o.Pkg().Path() + "." + o.Name()
	if k, ok := known[path]; ok {
		found := &shape{kind: k}
		if k == binary {
			return found.orNull()
		}
		return found
	}
	if found := s.ownForm(t); found != nil {
		return found
	}
	if _, ok := t.Underlying().(*types.Interface); ok {
		return &shape{}
	}
	if s.program.isStandard(o.Pkg().Path()) {
		return s.literalForm(t.Underlying())
	}
	return s.declare(t)
}

// ownForm is the shape of a type with methods that make its JSON; nil if it has none.
func (s *shapes) ownForm(t *types.Named) *shape {
	switch s.marshaler(t) {
	case "MarshalJSON":
		if k, ok := known[s.marshalerOf(t)]; ok { // of an embedded one
			return &shape{kind: k}
		}
		if found := s.marshaled(t); found != nil {
			return found
		}
		s.program.note(s.at, "%s makes its JSON itself, so it is unknown", t.Obj().Name())
		return &shape{}
	case "MarshalText":
		return &shape{kind: text}
	}
	return nil
}

// marshaled is the shape of what a type's MarshalJSON gives to json.Marshal; nil if it does not do just that.
func (s *shapes) marshaled(t types.Type) *shape {
	f, ok := s.method(t, "MarshalJSON").(*types.Func)
	if !ok {
		return nil
	}
	var found []*shape
	for _, returned := range s.program.returned(f) {
		if value := s.program.info.Types[returned]; value.IsNil() {
			continue // with an error
		}
		call, ok := ast.Unparen(returned).(*ast.CallExpr)
		if !ok || !isOf(s.program.callee(call), "encoding/json") || s.program.callee(call).Name() != "Marshal" {
			return nil
		}
		of := types.Default(s.program.info.TypeOf(call.Args[0]))
		if types.Identical(of, t) {
			return nil
		}
		made := s.form(of)
		if isMade(call.Args[0]) {
			made = made.withoutNull()
		}
		found = append(found, made)
	}
	if len(found) == 0 {
		return nil
	}
	return oneOf(found...)
}

// marshaler returns the method that makes a type's JSON, or "".
func (s *shapes) marshaler(t types.Type) string {
	for _, pair := range [][2]string{{"MarshalJSON", "UnmarshalJSON"}, {"MarshalText", "UnmarshalText"}} {
		for _, name := range pair {
			if s.method(t, name) != nil {
				return pair[0]
			}
		}
	}
	return ""
}

func (s *shapes) method(t types.Type, name string) types.Object {
	if types.IsInterface(t) {
		return nil
	}
	if selection := types.NewMethodSet(types.NewPointer(t)).Lookup(nil, name); selection != nil {
		return selection.Obj()
	}
	return nil
}

// marshalerOf returns the type of which a type has the method that makes its JSON.
func (s *shapes) marshalerOf(t types.Type) string {
	f, ok := s.method(t, "MarshalJSON").(*types.Func)
	if !ok {
		return ""
	}
	of := f.Signature().Recv().Type()
	if pointer, ok := of.(*types.Pointer); ok {
		of = pointer.Elem()
	}
	if named, ok := of.(*types.Named); ok && named.Obj().Pkg() != nil {
		return named.Obj().Pkg().Path() + "." + named.Obj().Name()
	}
	return ""
}

// declare returns a reference to a type with a name, which may be null if a nil of it is null.
func (s *shapes) declare(t *types.Named) *shape {
	d, ok := s.declared.At(t).(*declaration)
	if !ok {
		position := s.program.files.Position(t.Obj().Pos())
		d = &declaration{doc: s.program.comments.at(position), from: s.originsOf(t), shape: &shape{}}
		s.declared.Set(t, d)
		s.all = append(s.all, d)
		at := s.at
		s.at = t.Obj().Pos()
		d.shape = s.values(t, d)
		if d.shape == nil {
			d.shape = s.literalForm(t.Underlying()).withoutNull()
		}
		s.at = at
		d.doc = withJSONNames(t, d)
	}
	found := &shape{kind: named, declared: d}
	switch t.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Pointer:
		return found.orNull()
	}
	return found
}

// values is the shape of a type with constants: one of their values. Flags, which are added to each other, have none.
func (s *shapes) values(t *types.Named, d *declaration) *shape {
	basic, ok := t.Underlying().(*types.Basic)
	// Of a package that the application does not import itself the compiler keeps only what is used.
	if !ok || basic.Info()&(types.IsString|types.IsInteger) == 0 || !t.Obj().Pkg().Complete() {
		return nil
	}
	var constants []*types.Const
	scope := t.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), t) {
			constants = append(constants, c)
		}
	}
	slices.SortFunc(constants, func(a, b *types.Const) int { return int(a.Pos() - b.Pos()) })
	found := &shape{kind: literal}
	var told []string
	for _, c := range constants {
		var value any
		switch c.Val().Kind() {
		case constant.String:
			value = constant.StringVal(c.Val())
		default:
			if s.program.comments.isFlag(s.program.files.Position(c.Pos())) {
				return nil
			}
			n, _ := constant.Int64Val(c.Val())
			value = n
			told = append(told, fmt.Sprintf("%d is %s.", n, c.Name()))
		}
		if !slices.Contains(found.values, value) {
			found.values = append(found.values, value)
		}
	}
	if len(found.values) == 0 {
		return nil
	}
	d.doc = strings.TrimSpace(d.doc + " " + strings.Join(told, " "))
	return found
}
