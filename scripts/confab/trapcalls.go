package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/packages"
)

// called returns the function that a call calls, if it is known.
func called(p *packages.Package, n *ast.CallExpr) *types.Func {
	f, _ := callee(p, n).(*types.Func)
	return f
}

// callee returns the function, or the builtin, that a call calls.
func callee(p *packages.Package, n *ast.CallExpr) types.Object {
	fun := ast.Unparen(n.Fun)
	if generic, ok := fun.(*ast.IndexExpr); ok { // with its types
		fun = generic.X
	} else if generic, ok := fun.(*ast.IndexListExpr); ok {
		fun = generic.X
	}
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		return p.TypesInfo.Uses[f.Sel]
	case *ast.Ident:
		return p.TypesInfo.Uses[f]
	}
	return nil
}

// notThere is what an instance does not have, by the functions that would need it.
var notThere = map[string]string{
	"time.AfterFunc": later, "time.NewTicker": later, "time.Tick": later,
	"os.WriteFile": written, "os.Create": written, "os.OpenFile": written, "os.Mkdir": written, "os.MkdirAll": written,
	"os.ReadFile": read, "os.Open": read, "os.ReadDir": read,
	"net/http.ListenAndServe": listening, "net/http.ListenAndServeTLS": listening, "net.Listen": listening,
}

const (
	later     = "does not fire after the handler has returned, because the function is frozen: use app.Every, or a time in a table"
	written   = "writes where nothing is kept: the next message may meet another instance. Keep it in a table, or in S3"
	read      = "finds nothing on AWS, where only the program is: have it in there with go:embed"
	listening = "is never reached: API Gateway listens. Use app.HTTP"
)

// checkCall finds calls that do not work, or that change what is kept.
func (t *traps) checkCall(n *ast.CallExpr) {
	switch f := callee(t.pkg, n).(type) {
	case *types.Builtin:
		if name := f.Name(); name == "delete" || name == "clear" {
			t.checkWrite(n.Args[0])
		}
	case *types.Func:
		if f.Pkg() == nil {
			return
		}
		if f.Signature().Recv() != nil {
			if selected, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && isChange(f) {
				t.checkWrite(selected.X)
			}
			return
		}
		t.checkFunction(n, f)
	}
}

// checkFunction is checkCall for a function that is no method.
func (t *traps) checkFunction(n *ast.CallExpr, f *types.Func) {
	path, name := f.Pkg().Path(), f.Pkg().Name()+"."+f.Name()
	if why := notThere[path+"."+f.Name()]; why != "" {
		t.add(n.Pos(), name+" "+why)
	}
	if (name == "os.Getenv" || name == "os.LookupEnv") && !t.isOfPlatform(n.Args[0]) {
		t.add(n.Pos(), name+" finds nothing on AWS that is not declared: use app.Variable or app.Secret")
	}
	if isChange(f) && len(n.Args) > 0 {
		t.checkWrite(n.Args[0])
	}
}

// isChange tells functions of sync and sync/atomic that change a value.
func isChange(f *types.Func) bool {
	path := f.Pkg().Path()
	return (path == "sync" || path == "sync/atomic") && changes.MatchString(f.Name())
}

// changes are their names.
var changes = regexp.MustCompile(`^(Add|Store|Swap|CompareAnd|LoadOr|LoadAndDelete|Delete|Clear|And|Or)`)

// isOfPlatform reports whether a variable of the environment is one that AWS or the engine sets.
func (t *traps) isOfPlatform(name ast.Expr) bool {
	value := t.pkg.TypesInfo.Types[name].Value
	if value == nil || value.Kind() != constant.String {
		return false
	}
	text := constant.StringVal(value)
	return strings.HasPrefix(text, "AWS_") || strings.HasPrefix(text, "LAMBDA_") || strings.HasPrefix(text, "CONFAB_")
}

// checkDropped finds calls of the engine and of tables whose error is dropped.
func (t *traps) checkDropped(n *ast.CallExpr) {
	f := called(t.pkg, n)
	if f == nil || !isOurs(f) {
		return
	}
	results := f.Signature().Results()
	if results.Len() > 0 && types.TypeString(results.At(results.Len()-1).Type(), nil) == "error" {
		t.add(n.Pos(), fmt.Sprintf("the error of %s is dropped: return it, or say that it does not matter with _ =", f.Name()))
	}
}

// isOurs reports whether a function is of the packages that applications use.
func isOurs(f *types.Func) bool {
	return f.Pkg() != nil && strings.HasPrefix(f.Pkg().Path(), modulePath+"/shared/")
}
