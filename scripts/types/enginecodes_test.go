package types

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEveryCodeOfTheEngineIsKnown(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../shared/realtime/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Code") {
			code, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			declared = append(declared, code)
		}
		return true
	})
	slices.Sort(declared)
	if got := engineCodes(); len(declared) == 0 || !slices.Equal(got, declared) {
		t.Errorf("%v, and package realtime has %v", got, declared)
	}
}
