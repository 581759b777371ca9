package types

import (
	"go/ast"
	"go/types"
)

// codesOf returns the codes of the errors that a handler makes or names, itself or in functions of the application that
// it calls.
func (p *program) codesOf(handler ast.Expr) []string {
	c := &codes{program: p, seen: map[any]bool{}}
	for _, f := range p.functions(handler) {
		c.function(f)
	}
	return c.found
}

type codes struct {
	*program
	seen  map[any]bool
	found []string
}

func (c *codes) function(f function) {
	if body := c.body(f); body != nil && !c.seen[f] {
		c.seen[f] = true
		c.node(body)
	}
}

func (c *codes) node(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			c.call(n)
		case *ast.CompositeLit:
			c.literal(n)
		case *ast.Ident:
			c.variable(n)
		}
		return true
	})
}

func (c *codes) call(call *ast.CallExpr) {
	f := c.callee(call)
	if f == nil {
		for _, f := range c.functions(call.Fun) {
			c.function(f)
		}
		return
	}
	if f.Name() == "Errorf" && (isOf(f, realtimePath) || isOf(f, confabPath)) && len(call.Args) > 0 {
		c.add(call.Args[0])
		return
	}
	c.function(f)
}

func (c *codes) literal(literal *ast.CompositeLit) {
	if !isType(c.info.TypeOf(literal), realtimePath, "Error") {
		return
	}
	for i, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok && i == 0 {
			c.add(element)
		}
		if name, isName := pairKey(pair); isName && name == "Code" {
			c.add(pair.Value)
		}
	}
}

func pairKey(pair *ast.KeyValueExpr) (string, bool) {
	if pair == nil {
		return "", false
	}
	name, ok := pair.Key.(*ast.Ident)
	if !ok {
		return "", false
	}
	return name.Name, true
}

// variable looks at what a variable of a package is: an error that several handlers return.
func (c *codes) variable(name *ast.Ident) {
	o, ok := c.info.Uses[name].(*types.Var)
	if !ok || c.seen[o] || o.Pkg() == nil || o.Parent() != o.Pkg().Scope() {
		return
	}
	c.seen[o] = true
	for _, source := range c.assigned[o] {
		c.node(source)
	}
}

func (c *codes) add(code ast.Expr) {
	texts := c.texts(code)
	if len(texts) == 0 {
		c.note(code.Pos(), "the code of an error is not constant, so it is left out")
	}
	c.found = append(c.found, texts...)
}
