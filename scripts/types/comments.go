package types

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// comments finds comments by where what they are about is declared, also in code of other modules, of which
// only the compiled form is loaded: that knows the places. A file that cannot be read has none.
type comments struct{ files map[string]*commented }

// commented are the comments of a file.
type commented struct {
	// declared are the comments of declarations by their lines.
	declared map[int]string
	// ending are all comments by their last lines and first columns.
	ending map[[2]int]string
	// flags are the lines of constants that are made by shifts.
	flags map[int]bool
}

func newComments() *comments { return &comments{map[string]*commented{}} }

// at returns the comment of a type, field, constant or function that is declared at a place.
func (c *comments) at(place token.Position) string {
	return c.file(place.Filename).declared[place.Line]
}

// above returns the comment that ends in the line above, and begins in the same column: not behind code.
func (c *comments) above(place token.Position) string {
	return c.file(place.Filename).ending[[2]int{place.Line - 1, place.Column}]
}

// isFlag reports whether a constant belongs to a group that has shifts, as flags of bits have.
func (c *comments) isFlag(place token.Position) bool { return c.file(place.Filename).flags[place.Line] }

func (c *comments) file(path string) *commented {
	if found := c.files[path]; found != nil {
		return found
	}
	found := &commented{map[int]string{}, map[[2]int]string{}, map[int]bool{}}
	c.files[path] = found
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return found
	}
	line := func(at token.Pos) int { return files.Position(at).Line }
	for _, group := range file.Comments {
		found.ending[[2]int{line(group.End()), files.Position(group.Pos()).Column}] = flat(group)
	}
	set := func(name *ast.Ident, groups ...*ast.CommentGroup) {
		for _, group := range groups {
			if text := flat(group); text != "" && found.declared[line(name.Pos())] == "" {
				found.declared[line(name.Pos())] = text
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			found.addGroup(n, set, line)
		case *ast.Field:
			for _, name := range n.Names {
				set(name, n.Doc, n.Comment)
			}
		case *ast.FuncDecl:
			set(n.Name, n.Doc)
		}
		return true
	})
	return found
}

// addGroup adds the types and constants that are declared together.
func (c *commented) addGroup(group *ast.GenDecl, set func(*ast.Ident, ...*ast.CommentGroup), line func(token.Pos) int) {
	shifts := false
	ast.Inspect(group, func(n ast.Node) bool {
		if operation, ok := n.(*ast.BinaryExpr); ok && operation.Op == token.SHL {
			shifts = true
		}
		return true
	})
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			set(spec.Name, spec.Doc, spec.Comment)
			if len(group.Specs) == 1 {
				set(spec.Name, group.Doc)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				set(name, spec.Doc, spec.Comment)
				c.flags[line(name.Pos())] = shifts && group.Tok == token.CONST
			}
		}
	}
}

// flat returns a comment as one line.
func flat(group *ast.CommentGroup) string { return strings.Join(strings.Fields(group.Text()), " ") }
