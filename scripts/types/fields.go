package types

import (
	"go/types"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// structure is the shape of a struct.
func (s *shapes) structure(t *types.Struct) *shape {
	found := &shape{kind: object}
	for _, f := range fieldsOf(t) {
		found.fields = append(found.fields, s.field(f))
	}
	return found
}

func (s *shapes) field(f *member) *field {
	made := &field{
		name: f.name, doc: s.program.comments.at(s.program.files.Position(f.variable.Pos())),
		shape: s.form(f.variable.Type()),
	}
	basic, isBasic := f.variable.Type().Underlying().(*types.Basic)
	if slices.Contains(f.options, "string") && isBasic && basic.Info()&(types.IsNumeric|types.IsBoolean|types.IsString) != 0 {
		made.shape = &shape{kind: text}
	}
	_, isPointer := f.variable.Type().Underlying().(*types.Pointer)
	leftOut := slices.Contains(f.options, "omitzero") || slices.Contains(f.options, "omitempty") && canBeEmpty(f.variable.Type())
	if leftOut {
		made.shape = made.shape.withoutNull()
	}
	made.optional = leftOut || isPointer || f.throughPointer
	return made
}

// canBeEmpty reports whether encoding/json leaves a value of a type out for its option "omitempty".
func canBeEmpty(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Struct:
		return false
	case *types.Array:
		return t.Len() == 0
	}
	return true
}

// member is a field of a struct, or of one that it embeds, as encoding/json sees it.
type member struct {
	variable *types.Var
	name     string
	options  []string
	depth    int
	tagged   bool
	// throughPointer: it is not there if a pointer is nil.
	throughPointer bool
}

// fieldsOf returns the fields that a struct has as JSON, in their order. Of several with the same name there is the one
// that is embedded least deeply; of several of these the one with a tag; else none (encoding/json, Marshal).
func fieldsOf(t *types.Struct) []*member {
	all := collect(t, 0, false, nil)
	var found []*member
	for _, m := range all {
		if dominant(all, m.name) == m {
			found = append(found, m)
		}
	}
	return found
}

func dominant(all []*member, name string) *member {
	var best []*member
	for _, m := range all {
		switch {
		case m.name != name:
		case len(best) == 0 || m.depth < best[0].depth || m.depth == best[0].depth && m.tagged && !best[0].tagged:
			best = []*member{m}
		case m.depth == best[0].depth && m.tagged == best[0].tagged:
			best = append(best, m)
		}
	}
	if len(best) == 1 {
		return best[0]
	}
	return nil
}

func collect(t *types.Struct, depth int, throughPointer bool, within []*types.Struct) (all []*member) {
	if slices.Contains(within, t) {
		return nil // a struct that embeds itself by a pointer
	}
	within = append(slices.Clone(within), t)
	for i := range t.NumFields() {
		f := t.Field(i)
		tag := reflect.StructTag(t.Tag(i)).Get("json")
		if tag == "-" {
			continue
		}
		options := strings.Split(tag, ",")
		name := options[0]
		embedded, pointer := embeddedStruct(f)
		switch {
		case embedded != nil && name == "":
			all = append(all, collect(embedded, depth+1, throughPointer || pointer, within)...)
		case f.Exported() || embedded != nil:
			m := &member{f, name, options[1:], depth, name != "", throughPointer}
			if name == "" {
				m.name = f.Name()
			}
			all = append(all, m)
		}
	}
	return all
}

// embeddedStruct returns the struct that a field embeds; nil if it embeds none.
func embeddedStruct(f *types.Var) (embedded *types.Struct, pointer bool) {
	if !f.Embedded() {
		return nil, false
	}
	t := f.Type()
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t, pointer = p.Elem(), true
	}
	embedded, _ = t.Underlying().(*types.Struct)
	return embedded, pointer
}

var goWord = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]*\b`)

// withJSONNames returns the comment of a declaration as clients read it, and gives the comments of its fields the same:
// names of Go's fields are those of JSON.
func withJSONNames(t *types.Named, d *declaration) string {
	structure, ok := t.Underlying().(*types.Struct)
	if !ok {
		return d.doc
	}
	names := map[string]string{}
	for _, m := range fieldsOf(structure) {
		names[m.variable.Name()] = m.name
	}
	delete(names, t.Obj().Name())
	rename := func(text string) string {
		return goWord.ReplaceAllStringFunc(text, func(word string) string {
			if name, ok := names[word]; ok {
				return name
			}
			return word
		})
	}
	for _, f := range d.shape.fields {
		f.doc = rename(f.doc)
	}
	return rename(d.doc)
}
