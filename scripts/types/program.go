package types

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"
)

// The packages whose functions are looked for.
const (
	realtimePath = "github.com/confab-chat/confab/shared/realtime"
	confabPath   = "github.com/confab-chat/confab/shared/confab"
	socketioPath = "github.com/confab-chat/confab/shared/socketio"
)

// program is the code of an application.
type program struct {
	dir, name string
	// module is the path of the application's module.
	module   string
	files    *token.FileSet
	info     *types.Info
	comments *comments
	notes    []string
	code     []*ast.File

	flow
}

// load reads the packages in a folder and below it. Their dependencies are read as they were compiled, which
// takes a fraction of the time of reading their code.
func load(ctx context.Context, dir string) (*program, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: dir, Fset: files,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedModule |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, "./...")
	if err != nil {
		return nil, fmt.Errorf("read the packages of %s: %w", dir, err)
	}
	p := &program{dir: dir, name: filepath.Base(dir), files: files, comments: newComments(), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
	}}
	slices.SortFunc(loaded, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	if err := p.mistakes(loaded); err != nil {
		return nil, err
	}
	for _, pkg := range loaded {
		p.add(pkg)
	}
	p.follow()
	return p, nil
}

// mistakes returns what does not compile. The compiler, by which dependencies are made, says the same about a mistake
// in the application in its own words; it counts if nothing else does.
func (p *program) mistakes(loaded []*packages.Package) error {
	var own, compilers []error
	for _, pkg := range loaded {
		for _, e := range pkg.Errors {
			if e.Kind == packages.ListError || e.Kind == packages.UnknownError {
				compilers = append(compilers, e)
				continue
			}
			e.Pos = strings.TrimPrefix(e.Pos, p.dir+string(filepath.Separator))
			own = append(own, e)
		}
	}
	if len(own) > 0 {
		return errors.Join(own...)
	}
	return errors.Join(compilers...)
}

// add adds a package. Nodes and objects of packages differ, so all of them are kept together.
func (p *program) add(pkg *packages.Package) {
	if pkg.Module != nil {
		p.module = pkg.Module.Path
		if pkg.Module.Dir == p.dir {
			p.name = path.Base(pkg.Module.Path)
		}
	}
	if pkg.TypesInfo == nil {
		return
	}
	maps.Copy(p.info.Types, pkg.TypesInfo.Types)
	maps.Copy(p.info.Defs, pkg.TypesInfo.Defs)
	maps.Copy(p.info.Uses, pkg.TypesInfo.Uses)
	maps.Copy(p.info.Selections, pkg.TypesInfo.Selections)
	maps.Copy(p.info.Instances, pkg.TypesInfo.Instances)
	if pkg.PkgPath != realtimePath && pkg.PkgPath != confabPath { // which register and emit for others
		p.code = append(p.code, pkg.Syntax...)
	}
}

// note adds what whoever asks for types should know about a place in the code.
func (p *program) note(at token.Pos, format string, args ...any) {
	position := p.files.Position(at)
	file := position.Filename
	if below, err := filepath.Rel(p.dir, file); err == nil {
		file = filepath.ToSlash(below)
	}
	p.notes = append(p.notes, fmt.Sprintf("%s:%d: %s", file, position.Line, fmt.Sprintf(format, args...)))
}

// callee returns the function or method that a call names, as it was declared; nil if a value is called.
func (p *program) callee(call *ast.CallExpr) *types.Func {
	if f, ok := typeutil.Callee(p.info, call).(*types.Func); ok {
		return f.Origin()
	}
	return nil
}

// isOf reports whether there is a function, and a package declares it.
func isOf(f *types.Func, path string) bool {
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == path
}

// engineMethod returns the name of the method of the engine that a call names, or "".
func (p *program) engineMethod(call *ast.CallExpr) string {
	f := p.callee(call)
	if isOf(f, realtimePath) && f.Signature().Recv() != nil {
		return f.Name()
	}
	return ""
}

// receiver returns the x of a call x.f().
func receiver(call *ast.CallExpr) ast.Expr {
	if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return s.X
	}
	return nil
}

// isType reports whether a type is one that a package declares, or a pointer to it.
func isType(t types.Type, path, name string) bool {
	if t == nil {
		return false
	}
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path && named.Obj().Name() == name
}

// isStandard reports whether a package is one of the standard library: their paths begin with no host. That of
// the application's module may be like that, too.
func (p *program) isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && path != p.module && !strings.HasPrefix(path, p.module+"/")
}
