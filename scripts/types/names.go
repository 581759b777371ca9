package types

import (
	"fmt"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// origins are what the name of a declaration is made of.
type origins struct{ name, pkg, goName string }

func (s *shapes) originsOf(t *types.Named) origins {
	return origins{upperFirst(nameOfType(t)), upperFirst(identifier(path.Base(t.Obj().Pkg().Path()))), t.Obj().Name()}
}

// nameOfType names a type, with the types of which an instance was made behind it: "PageStroke" is Page[Stroke].
func nameOfType(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		name := t.Obj().Name()
		for arg := range t.TypeArgs().Types() {
			name += upperFirst(nameOfType(arg))
		}
		return name
	case *types.Basic:
		return t.Name()
	case *types.Pointer:
		return nameOfType(t.Elem())
	case *types.Slice:
		return nameOfType(t.Elem()) + "List"
	case *types.Array:
		return nameOfType(t.Elem()) + "List"
	case *types.Map:
		return nameOfType(t.Elem()) + "Map"
	case *types.Interface:
		return "Any"
	}
	return "Object"
}

// taken are names that the module needs for other things.
var taken = []string{"Array", "ArrayBuffer", "Binary", "CommonCode", "Extract", "HttpRoute", "Refused", "Uint8Array", "Unanswered", "ClientToServer", "ServerToClient"}

// nameAll gives all declarations names of their own, and returns them sorted. Where two packages have types of the same
// name, each name begins with that of its package.
func (s *shapes) nameAll() []*declaration {
	byName := map[string][]*declaration{}
	for _, d := range s.all {
		byName[d.from.name] = append(byName[d.from.name], d)
	}
	used := slices.Clone(taken)
	for _, d := range s.all {
		name := d.from.name
		if len(byName[name]) > 1 || slices.Contains(taken, name) {
			name = d.from.pkg + name
		}
		d.name = name
		for n := 2; slices.Contains(used, d.name); n++ {
			d.name = name + strconv.Itoa(n)
		}
		used = append(used, d.name)
		if rest, ok := strings.CutPrefix(d.doc, d.from.goName+" "); ok {
			d.doc = d.name + " " + rest
		}
	}
	slices.SortFunc(s.all, func(a, b *declaration) int { return strings.Compare(a.name, b.name) })
	return s.all
}

func upperFirst(name string) string {
	for i, r := range name {
		return string(unicode.ToUpper(r)) + name[i+len(string(r)):]
	}
	return name
}

// identifier returns a text with its letters and digits, of which those behind others begin in upper case.
func identifier(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i := range parts {
		if i > 0 {
			parts[i] = upperFirst(parts[i])
		}
	}
	return strings.Join(parts, "")
}

// prefix is what the names of a namespace's interfaces begin with: nothing for "/".
func (n *namespace) prefix() string {
	if n.name == described {
		return "Described"
	}
	name := upperFirst(identifier(n.name))
	if name != "" && unicode.IsDigit(rune(name[0])) {
		name = "N" + name
	}
	return name
}

// reserved are the words that no parameter in TypeScript may be called by.
var reserved = strings.Fields(`arguments await break case catch class const continue debugger default delete do else enum
	eval export extends false finally for function if implements import in instanceof interface let new null package
	private protected public return static super switch this throw true try typeof var void while with yield ack`)

// parameterNamed is the name of a parameter; "value" if there is none, or it cannot be called so.
func parameterNamed(name string) string {
	name = lowerFirst(name)
	if name == "" || name == "_" || slices.Contains(reserved, name) {
		return "value"
	}
	return name
}

// numbered gives parameters of the same name numbers.
func numbered(args []argument) []string {
	names := make([]string, len(args))
	for i, arg := range args {
		names[i] = arg.name
		for n := 2; slices.Contains(names[:i], names[i]); n++ {
			names[i] = fmt.Sprint(arg.name, n)
		}
	}
	return names
}
