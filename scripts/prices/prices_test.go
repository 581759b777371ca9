package prices

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"strconv"
	"testing"

	"github.com/confab-chat/confab/shared/names"
)

// TestTheMemoryIsThatOfTheStack reads the stack's source, because the tools must not
// link the CDK.
func TestTheMemoryIsThatOfTheStack(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../infra/confab/functions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]string{
		"Connect": names.Connect, "Message": names.Message, "Disconnect": names.Disconnect,
		"Fanout": names.Fanout, "Sweep": names.Sweep, "API": names.API, "Preview": names.Preview,
	}
	stack := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "sizes" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			entry := e.(*ast.KeyValueExpr)
			memory := entry.Value.(*ast.CompositeLit).Elts[0].(*ast.BasicLit)
			mb, err := strconv.Atoi(memory.Value)
			if err != nil {
				t.Fatal(err)
			}
			stack[functions[entry.Key.(*ast.SelectorExpr).Sel.Name]] = mb
		}
		return false
	})
	if !maps.Equal(stack, MemoryMB) {
		t.Errorf("the stack gives %v\nthe table says %v", stack, MemoryMB)
	}
}

func TestPrices(t *testing.T) {
	for what, c := range map[string]struct{ got, want float64 }{
		"a million messages and connection minutes": {APIGateway(1e6, 1e6), 1.25},
		"a million units of each kind":              {DynamoDB(1e6, 1e6), 0.75},
		"a million invocations of 10 ms at 512 MB":  {Lambda(names.Message, 1e6, 1e4), 0.20 + 5000*0.0000133334},
		"an unknown function":                       {Lambda("other", 0, 1), 0.0000133334},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: $%g, want $%g", what, c.got, c.want)
		}
	}
}
