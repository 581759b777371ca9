package types

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// described is the name of namespaces that a function describes (OfFunc). No namespace has it.
const described = "(OfFunc)"

// namespaces returns the names of the namespaces that an expression may be, or whose sockets it may be or address. It
// returns none if that cannot be known.
func (p *program) namespaces(e ast.Expr) []string {
	found := p.namespacesUnseen(e, map[any]bool{})
	slices.Sort(found)
	return slices.Compact(found)
}

func (p *program) namespacesUnseen(e ast.Expr, seen map[any]bool) (found []string) {
	e = ast.Unparen(e)
	if e == nil || seen[e] {
		return nil
	}
	seen[e] = true
	if t := p.info.TypeOf(e); isType(t, realtimePath, "Server") || isType(t, confabPath, "App") {
		return []string{"/"}
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		return p.namespacesOfCall(e, seen)
	case *ast.SelectorExpr:
		if t := p.info.TypeOf(e.X); isType(t, realtimePath, "Server") || isType(t, confabPath, "App") {
			return []string{"/"} // app.Namespace
		}
		return p.namespacesOfVariable(p.object(e), seen)
	case *ast.Ident:
		return p.namespacesOfVariable(p.object(e), seen)
	}
	for _, part := range partsOf(e) {
		found = append(found, p.namespacesUnseen(part, seen)...)
	}
	return found
}

// partsOf returns the expressions of which an expression has its value.
func partsOf(e ast.Expr) (parts []ast.Expr) {
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return []ast.Expr{e.X}
	case *ast.StarExpr:
		return []ast.Expr{e.X}
	case *ast.TypeAssertExpr:
		return []ast.Expr{e.X}
	case *ast.IndexExpr:
		return []ast.Expr{e.X}
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				element = pair.Value
			}
			parts = append(parts, element)
		}
	}
	return parts
}

func (p *program) namespacesOfVariable(o types.Object, seen map[any]bool) (found []string) {
	if o == nil || seen[o] {
		return nil
	}
	seen[o] = true
	from := p.sources(o)
	if place, ok := p.parameters[o]; ok && isSocket(o.Type()) {
		from = append(from, p.registrars[place.of]...)
	}
	for _, source := range from {
		found = append(found, p.namespacesUnseen(source, seen)...)
	}
	return found
}

func isSocket(t types.Type) bool { return isType(t, realtimePath, "Socket") }

func (p *program) namespacesOfCall(call *ast.CallExpr, seen map[any]bool) (found []string) {
	switch method := p.engineMethod(call); {
	case method == "Of":
		for _, name := range p.texts(call.Args[0]) {
			found = append(found, "/"+strings.TrimPrefix(name, "/"))
		}
		return found
	case method == "OfFunc":
		return []string{described}
	case method != "":
		return p.namespacesUnseen(receiver(call), seen)
	case p.info.Types[call.Fun].IsType() && len(call.Args) == 1:
		return p.namespacesUnseen(call.Args[0], seen)
	}
	for _, returned := range p.returns(call) {
		found = append(found, p.namespacesUnseen(returned, seen)...)
	}
	return found
}
