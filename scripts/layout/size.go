package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// How many methods a type and an interface below shared may have. One with more carries
// the reason in its comment, in a line that godoc hides:
//
//	//layout:large because …
//
// How long functions may be is in revive.toml.
const (
	maxMethods          = 20
	maxInterfaceMethods = 10
	largeDirective      = "//layout:large because "
)

// exempt are types that are too large and wait to be split. The list must become empty:
// add none.
var exempt []string

// declaration is a type as it is declared.
type declaration struct {
	spec    *ast.TypeSpec
	file    *ast.File
	large   bool
	methods int
}

// module knows the types of a module by package and name, as in "shared/realtime.Server".
type module map[string]*declaration

// readTypes reads the types below a folder of the module at root, without those of tests.
func readTypes(root, folder string) (module, error) {
	m := module{}
	var receivers []string // one for each method
	err := readFiles(filepath.Join(root, folder), parser.ParseComments|parser.SkipObjectResolution, func(name string, file *ast.File) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		relative, _ := filepath.Rel(root, filepath.Dir(name))
		prefix := filepath.ToSlash(relative) + "."
		for _, declared := range file.Decls {
			switch declared := declared.(type) {
			case *ast.GenDecl:
				m.addTypes(prefix, file, declared)
			case *ast.FuncDecl:
				if declared.Recv != nil {
					receivers = append(receivers, prefix+receiver(declared.Recv.List[0].Type))
				}
			}
		}
	})
	for _, name := range receivers {
		if d := m[name]; d != nil {
			d.methods++
		}
	}
	return m, err
}

func (m module) addTypes(prefix string, file *ast.File, declared *ast.GenDecl) {
	for _, spec := range declared.Specs {
		if spec, ok := spec.(*ast.TypeSpec); ok {
			m[prefix+spec.Name.Name] = &declaration{spec: spec, file: file, large: saysWhy(declared.Doc) || saysWhy(spec.Doc)}
		}
	}
}

// saysWhy reports whether a comment gives the reason for a large type.
func saysWhy(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(c *ast.Comment) bool {
		reason, found := strings.CutPrefix(c.Text, largeDirective)
		return found && strings.TrimSpace(reason) != ""
	})
}

// receiver returns the name of a receiver's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// CheckSizes returns the types that have too many methods, and the exemptions that no
// type needs.
func (m module) CheckSizes(exempt []string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		d := m[name]
		count, limit := d.methods, maxMethods
		if i, ok := d.spec.Type.(*ast.InterfaceType); ok {
			count, limit = m.interfaceMethods(name, d.file, i), maxInterfaceMethods
		}
		switch large, exempted := count > limit && !d.large, slices.Contains(exempt, name); {
		case large && !exempted:
			found = append(found, fmt.Sprintf("%s has %d methods, more than %d: split it, or say why in its comment (%s…)", name, count, limit, largeDirective))
		case exempted && !large:
			found = append(found, fmt.Sprintf("%s is not too large any more: remove it from exempt in scripts/layout/size.go", name))
		}
	}
	for _, name := range exempt {
		if m[name] == nil {
			found = append(found, fmt.Sprintf("there is no type %s: remove it from exempt in scripts/layout/size.go", name))
		}
	}
	return found
}

// interfaceMethods counts an interface's methods with those of the interfaces embedded in
// it. One from elsewhere counts as one.
func (m module) interfaceMethods(name string, file *ast.File, i *ast.InterfaceType) (count int) {
	for _, field := range i.Methods.List {
		if len(field.Names) > 0 {
			count += len(field.Names)
			continue
		}
		embedded := m.resolve(name, file, field.Type)
		d := m[embedded]
		if d == nil {
			count++
		} else if i, ok := d.spec.Type.(*ast.InterfaceType); ok {
			count += m.interfaceMethods(embedded, d.file, i)
		}
	}
	return count
}

// resolve returns the name in m of a type that the declaration of another one mentions.
func (m module) resolve(name string, file *ast.File, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return name[:strings.LastIndex(name, ".")+1] + e.Name
	case *ast.IndexExpr:
		return m.resolve(name, file, e.X)
	case *ast.SelectorExpr:
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			local := path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			if x, ok := e.X.(*ast.Ident); ok && x.Name == local {
				return strings.TrimPrefix(imported, Module) + "." + e.Sel.Name
			}
		}
	}
	return ""
}
