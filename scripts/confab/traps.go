package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// findTraps looks in an application's code for what works in a server that runs for ever, and not in functions: one
// message meets one instance and the next another, and an instance is frozen when it has answered. Each
// trap is a line with its place. A line with the comment "confab:ok", or below one, is left alone.
func findTraps(ctx context.Context, dir string) ([]string, error) {
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: dir,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
	}, "./...")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, e
		}
		hosts := findHosts(p)
		for _, file := range p.Syntax {
			t := &traps{dir: dir, pkg: p, file: file, hosts: hosts}
			ast.Inspect(file, t.visit)
			found = append(found, t.found...)
		}
	}
	slices.Sort(found)
	return found, nil
}

// traps are those of a file.
type traps struct {
	dir  string
	pkg  *packages.Package
	file *ast.File
	// hosts are the types whose methods are handlers: a value of theirs lives as long as its instance.
	hosts map[types.Object]bool
	// kept are variables that live as long as the instance, beside those of the package: those outside of the
	// handler that is looked at.
	kept  func(types.Object) bool
	found []string
}

func (t *traps) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return t.enter(n)
	case *ast.FuncLit:
		if t.kept == nil && t.runsForMessages(n.Type) {
			return t.within(n.Body, func(o types.Object) bool { return o.Pos() < n.Pos() || o.Pos() > n.End() })
		}
	case *ast.AssignStmt:
		for _, target := range n.Lhs {
			t.checkWrite(target)
		}
	case *ast.IncDecStmt:
		t.checkWrite(n.X)
	case *ast.GoStmt:
		t.add(n.Pos(), "what a go statement begins may not end: the function is frozen when its handler returns. Wait for it")
	case *ast.ExprStmt:
		if call, ok := n.X.(*ast.CallExpr); ok {
			t.checkDropped(call)
		}
	case *ast.CallExpr:
		t.checkCall(n)
	}
	return true
}

// enter looks at a function. What its receiver points at is kept if its methods are handlers.
func (t *traps) enter(f *ast.FuncDecl) bool {
	if f.Recv == nil && (f.Name.Name == "init" || f.Name.Name == "main") {
		return false // they run before everything
	}
	if f.Body == nil || !t.runsForMessages(f.Type) {
		return true // the handlers in it are looked at one by one
	}
	receiver := func(types.Object) bool { return false }
	if f.Recv != nil && len(f.Recv.List[0].Names) == 1 {
		if r := t.pkg.TypesInfo.Defs[f.Recv.List[0].Names[0]]; r != nil && t.hosts[named(r.Type())] {
			receiver = func(o types.Object) bool { return o == r }
		}
	}
	return t.within(f.Body, receiver)
}

// within looks at a body, outside of which something is kept. It returns false: the body has been looked at.
func (t *traps) within(body *ast.BlockStmt, kept func(types.Object) bool) bool {
	t.kept = kept
	ast.Inspect(body, t.visit)
	t.kept = nil
	return false
}

// runsForMessages tells functions that run for a message, a request or a run of a schedule from those that declare.
func (t *traps) runsForMessages(f *ast.FuncType) bool {
	for _, parameter := range f.Params.List {
		switch types.TypeString(t.pkg.TypesInfo.TypeOf(parameter.Type), nil) {
		case "context.Context", "net/http.ResponseWriter":
			return true
		}
	}
	return false
}

// findHosts returns the types whose methods a package gives to the engine.
func findHosts(p *packages.Package) map[types.Object]bool {
	hosts := map[types.Object]bool{}
	for _, file := range p.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f := called(p, call); f == nil || !isOurs(f) {
				return true
			}
			for _, argument := range call.Args {
				method, ok := ast.Unparen(argument).(*ast.SelectorExpr)
				if !ok {
					continue
				}
				if s := p.TypesInfo.Selections[method]; s != nil && s.Kind() == types.MethodVal {
					hosts[named(s.Recv())] = true
				}
			}
			return true
		})
	}
	return hosts
}

// named returns the type of a value, or of what it points at.
func named(of types.Type) types.Object {
	if p, ok := of.(*types.Pointer); ok {
		of = p.Elem()
	}
	if n, ok := of.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// checkWrite finds writes of variables that are kept in the instance.
func (t *traps) checkWrite(target ast.Expr) {
	whole := true // the variable itself is written, and nothing that it has or points at
	for {
		switch e := target.(type) {
		case *ast.IndexExpr:
			target, whole = e.X, false
			continue
		case *ast.SelectorExpr:
			if _, isField := t.pkg.TypesInfo.Selections[e]; !isField {
				return // of another package
			}
			target, whole = e.X, false
			continue
		case *ast.StarExpr:
			target, whole = e.X, false
			continue
		case *ast.UnaryExpr:
			target = e.X
			continue
		case *ast.ParenExpr:
			target = e.X
			continue
		}
		break
	}
	name, ok := target.(*ast.Ident)
	if !ok {
		return
	}
	v, ok := t.pkg.TypesInfo.Uses[name].(*types.Var)
	if !ok {
		return
	}
	const instead = "the next message may meet another instance. Keep it in a table, a room, or the socket's data"
	switch {
	case v.Parent() == t.pkg.Types.Scope():
		t.add(name.Pos(), fmt.Sprintf("the variable %s of the package is written: %s", name.Name, instead))
	case t.kept == nil || !t.kept(v):
	case whole:
		t.add(name.Pos(), fmt.Sprintf("the variable %s outside of the handler is written: %s", name.Name, instead))
	default:
		t.add(name.Pos(), fmt.Sprintf("what %s has is written, which the handlers share: %s", name.Name, instead))
	}
}

// allowed is what a comment says in which a trap is meant to be.
const allowed = "confab:ok"

func (t *traps) add(at token.Pos, what string) {
	place := t.pkg.Fset.Position(at)
	for _, group := range t.file.Comments {
		for _, comment := range group.List {
			line := t.pkg.Fset.Position(comment.Pos()).Line
			if strings.Contains(comment.Text, allowed) && (line == place.Line || line == place.Line-1) {
				return
			}
		}
	}
	name, err := filepath.Rel(t.dir, place.Filename)
	if err != nil {
		name = place.Filename
	}
	t.found = append(t.found, fmt.Sprintf("%s:%d: %s", name, place.Line, what))
}
