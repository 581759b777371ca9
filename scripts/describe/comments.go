package describe

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// comments are the comments of types and of their fields, by "package.Type" and
// "package.Type.Field".
type comments map[string]string

// readComments reads the comments of packages in folders.
func readComments(folders ...string) (comments, error) {
	all := comments{}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				all.add(file.Name.Name, n)
				return true
			})
		}
	}
	return all, nil
}

// add adds the comments of declared types.
func (c comments) add(pkg string, n ast.Node) {
	declaration, ok := n.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range declaration.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		key := pkg + "." + typ.Name.Name
		c[key] = typ.Doc.Text()
		if typ.Doc == nil {
			c[key] = declaration.Doc.Text()
		}
		structure, ok := typ.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				c[key+"."+name.Name] = field.Doc.Text()
			}
		}
	}
}

var goWord = regexp.MustCompile(`\b[A-Z][A-Za-z]*\b`)

// of returns the comment of a type, or of its field, as clients read it: names of Go's fields
// are those of JSON.
func (c comments) of(t reflect.Type, field string) string {
	key := t.String()
	if field == "" {
		text := strings.TrimSpace(c[key])
		text = strings.Replace(strings.Join(strings.Fields(text), " "), t.Name()+" ", schemaName(t)+" ", 1)
		return withJSONNames(t, text)
	}
	return withJSONNames(t, strings.Join(strings.Fields(c[key+"."+field]), " "))
}

// withJSONNames gives the fields in a comment of a type the names that they have as JSON.
func withJSONNames(t reflect.Type, text string) string {
	return goWord.ReplaceAllStringFunc(text, func(word string) string {
		f, ok := t.FieldByName(word)
		if !ok {
			return word
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			return word
		}
		return name
	})
}
