package types

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// flow says where values come from. It knows no order of statements: what is assigned to a variable anywhere may be in it.
type flow struct {
	// assigned are the expressions that are assigned to a variable or a field. A variable of a range has
	// what is ranged over, and a result of a call the call.
	assigned map[types.Object][]ast.Expr
	// results are the variables to which the results of a call are assigned.
	results map[*ast.CallExpr][]types.Object
	// parameters say whose parameter a variable is.
	parameters map[types.Object]parameter
	// declared are the functions of the code, and bodies those of literals and declared functions.
	declared map[*types.Func]*ast.FuncDecl
	// calls are the calls of a declared function.
	calls map[*types.Func][]*ast.CallExpr
	// registrars are the namespaces in which the engine calls a function.
	registrars map[function][]ast.Expr
	// all are all calls, in the order of the code, each with the declared function in which it is.
	all []callSite
	// statements are where the statements of calls begin.
	statements map[*ast.CallExpr]token.Pos
}

// function is a *types.Func or a *ast.FuncLit.
type function any

// parameter is the place of a parameter.
type parameter struct {
	of function
	// index is which of them it is; itself: the receiver.
	index int
}

// itself is the place of a method's receiver.
const itself = -1

// argumentOf returns what a call has for a parameter, or nil.
func argumentOf(call *ast.CallExpr, index int) ast.Expr {
	switch {
	case index == itself:
		return receiver(call)
	case index < len(call.Args):
		return call.Args[index]
	}
	return nil
}

type callSite struct {
	call *ast.CallExpr
	in   *types.Func
}

// follow fills the flow.
func (p *program) follow() {
	p.flow = flow{
		assigned: map[types.Object][]ast.Expr{}, results: map[*ast.CallExpr][]types.Object{},
		parameters: map[types.Object]parameter{}, declared: map[*types.Func]*ast.FuncDecl{},
		calls: map[*types.Func][]*ast.CallExpr{}, registrars: map[function][]ast.Expr{},
		statements: map[*ast.CallExpr]token.Pos{},
	}
	for _, file := range p.code {
		for _, declaration := range file.Decls {
			var in *types.Func
			if f, ok := declaration.(*ast.FuncDecl); ok {
				in, _ = p.info.Defs[f.Name].(*types.Func)
				p.declared[in] = f
				p.addParameters(in, f.Type)
				p.addReceiver(in, f)
			}
			var statement token.Pos
			ast.Inspect(declaration, func(n ast.Node) bool {
				if s, ok := n.(ast.Stmt); ok {
					statement = s.Pos()
				}
				if call, ok := n.(*ast.CallExpr); ok {
					p.all = append(p.all, callSite{call, in})
					p.statements[call] = statement
				}
				p.addAssignments(n)
				return true
			})
		}
	}
	for _, site := range p.all {
		if f := p.callee(site.call); f != nil {
			p.calls[f] = append(p.calls[f], site.call)
		}
	}
	for _, site := range p.all {
		p.addRegistrar(site.call)
	}
}

func (p *program) addParameters(of function, t *ast.FuncType) {
	i := 0
	for _, field := range t.Params.List {
		for _, name := range field.Names {
			if o := p.info.Defs[name]; o != nil {
				p.parameters[o] = parameter{of, i}
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
}

func (p *program) addReceiver(of *types.Func, f *ast.FuncDecl) {
	if f.Recv == nil || len(f.Recv.List[0].Names) == 0 {
		return
	}
	if o := p.info.Defs[f.Recv.List[0].Names[0]]; o != nil {
		p.parameters[o] = parameter{of, itself}
	}
}

// addAssignments adds what a node assigns.
func (p *program) addAssignments(n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncLit:
		p.addParameters(n, n.Type)
	case *ast.AssignStmt:
		p.assign(n.Lhs, n.Rhs)
	case *ast.ValueSpec:
		names := make([]ast.Expr, len(n.Names))
		for i, name := range n.Names {
			names[i] = name
		}
		p.assign(names, n.Values)
	case *ast.RangeStmt:
		p.assign([]ast.Expr{n.Key}, []ast.Expr{n.X})
		p.assign([]ast.Expr{n.Value}, []ast.Expr{n.X})
	case *ast.CompositeLit:
		for _, element := range n.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				p.assign([]ast.Expr{pair.Key}, []ast.Expr{pair.Value})
			}
		}
		p.assignInOrder(n)
	}
}

// assignInOrder adds the fields of a literal of a struct that are not named.
func (p *program) assignInOrder(literal *ast.CompositeLit) {
	t := p.info.TypeOf(literal)
	if t == nil {
		return
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || len(literal.Elts) == 0 {
		return
	}
	for i, element := range literal.Elts {
		if _, named := element.(*ast.KeyValueExpr); !named && i < s.NumFields() {
			p.assigned[s.Field(i)] = append(p.assigned[s.Field(i)], element)
		}
	}
}

func (p *program) assign(to, from []ast.Expr) {
	for i, left := range to {
		o := p.object(left)
		if len(from) == 1 {
			if call, ok := ast.Unparen(from[0]).(*ast.CallExpr); ok {
				p.results[call] = append(p.results[call], o)
			}
		}
		switch {
		case o == nil:
		case len(from) == len(to):
			p.assigned[o] = append(p.assigned[o], from[i])
		case len(from) == 1:
			p.assigned[o] = append(p.assigned[o], from[0])
		}
	}
}

// object returns the variable, field or function that an expression names, or nil.
func (p *program) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if o := p.info.ObjectOf(e); o != nil {
			return origin(o)
		}
	case *ast.SelectorExpr:
		return p.object(e.Sel)
	case *ast.IndexExpr: // f[T]
		if p.info.Types[e.X].IsValue() {
			return nil
		}
		return p.object(e.X)
	}
	return nil
}

// origin returns the object that an object of an instance was made of.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}

// addRegistrar notes in which namespaces the engine calls the functions that are given to it.
func (p *program) addRegistrar(call *ast.CallExpr) {
	f := p.callee(call)
	var registrar ast.Expr
	switch {
	case f == nil:
		return
	case p.engineMethod(call) != "":
		registrar = receiver(call)
	case (isOf(f, realtimePath) || isOf(f, confabPath)) && len(call.Args) > 0:
		registrar = call.Args[0]
	}
	if registrar == nil {
		return
	}
	for _, arg := range call.Args {
		for _, handler := range p.functions(arg) {
			p.registrars[handler] = append(p.registrars[handler], registrar)
		}
	}
}

// functions returns the functions that an expression may be.
func (p *program) functions(e ast.Expr) []function {
	return p.functionsUnseen(e, map[any]bool{})
}

func (p *program) functionsUnseen(e ast.Expr, seen map[any]bool) (found []function) {
	e = ast.Unparen(e)
	if t := p.info.TypeOf(e); t == nil || seen[e] {
		return nil
	} else if _, ok := t.Underlying().(*types.Signature); !ok {
		return nil
	}
	seen[e] = true
	switch e := e.(type) {
	case *ast.FuncLit:
		return []function{e}
	case *ast.CallExpr: // a function that makes or wraps one
		for _, returned := range p.returns(e) {
			found = append(found, p.functionsUnseen(returned, seen)...)
		}
		for _, arg := range e.Args {
			found = append(found, p.functionsUnseen(arg, seen)...)
		}
		return found
	}
	o := p.object(e)
	if f, ok := o.(*types.Func); ok {
		return []function{f}
	}
	for _, source := range p.sources(o) {
		found = append(found, p.functionsUnseen(source, seen)...)
	}
	return found
}

// sources returns the expressions whose values a variable may have.
func (p *program) sources(o types.Object) []ast.Expr {
	if o == nil {
		return nil
	}
	found := slices.Clone(p.assigned[o])
	place, ok := p.parameters[o]
	if !ok {
		return found
	}
	if f, ok := place.of.(*types.Func); ok {
		for _, call := range p.calls[f] {
			if arg := argumentOf(call, place.index); arg != nil {
				found = append(found, arg)
			}
		}
	}
	return found
}

// returns returns what the function of a call returns first.
func (p *program) returns(call *ast.CallExpr) []ast.Expr {
	if f := p.callee(call); f != nil {
		return p.returned(f)
	}
	return nil
}

// returned returns what a function returns first.
func (p *program) returned(f *types.Func) (found []ast.Expr) {
	body := p.body(f)
	if body == nil {
		return nil
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) > 0 {
				found = append(found, n.Results[0])
			}
		}
		return true
	})
	return found
}

// body returns the body of a function, or nil.
func (p *program) body(f function) *ast.BlockStmt {
	switch f := f.(type) {
	case *ast.FuncLit:
		return f.Body
	case *types.Func:
		if declaration := p.declared[f]; declaration != nil {
			return declaration.Body
		}
	}
	return nil
}

// texts returns the constant texts that an expression may be; none if one is not constant.
func (p *program) texts(e ast.Expr) []string { return p.textsUnseen(e, map[types.Object]bool{}) }

func (p *program) textsUnseen(e ast.Expr, seen map[types.Object]bool) (found []string) {
	if value := p.info.Types[e].Value; value != nil && value.Kind() == constant.String {
		return []string{constant.StringVal(value)}
	}
	e = ast.Unparen(e)
	if literal, ok := e.(*ast.CompositeLit); ok { // what is ranged over
		for _, element := range literal.Elts {
			found = append(found, p.textsUnseen(element, seen)...)
		}
		return found
	}
	o := p.object(e)
	if o == nil || seen[o] {
		return nil
	}
	seen[o] = true
	for _, source := range p.sources(o) {
		texts := p.textsUnseen(source, seen)
		if len(texts) == 0 {
			return nil
		}
		found = append(found, texts...)
	}
	return found
}
