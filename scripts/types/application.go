package types

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// application is what an application says to its clients and hears from them.
type application struct {
	name       string
	namespaces []*namespace
	routes     []route
	// codes are those with which every event may be refused.
	codes []string
	// declarations are the types with names.
	declarations []*declaration
}

// namespace has events by their names, sorted.
type namespace struct {
	name     string
	received []*received
	sent     []*sent
	// any: events that have no handler of their own are handled too.
	any bool
}

// received is an event that clients emit.
type received struct {
	event, doc string
	// raw: its handler reads the arguments, and answers, by itself. args are the first ones, as far as it
	// decodes them.
	raw   bool
	args  []argument
	in    *argument
	out   *shape // nil: an acknowledgement without a value
	codes []string
}

// sent is an event that clients hear.
type sent struct {
	event, doc string
	args       []argument
	// raw: its arguments are a list that is made when the program runs.
	raw bool
	// needed is how many arguments it always has.
	needed int
	// asked: clients may be asked for an acknowledgement, and always: they are.
	asked, always bool
	// answers are the values of the acknowledgement.
	answers []*shape
}

type argument struct {
	name  string
	shape *shape
}

type route struct{ pattern, doc string }

// application finds everything.
func (p *program) application() *application {
	a := &application{name: p.name, codes: engineCodes()}
	b := &builder{program: p, shapes: newShapes(p), byName: map[string]*namespace{}}
	for _, site := range p.all {
		b.addReceived(site)
		b.addRoute(site.call, a)
	}
	for _, site := range p.all {
		b.addSent(site)
	}
	b.addSentEverywhere()
	for _, name := range slices.Sorted(maps.Keys(b.byName)) {
		n := b.byName[name]
		slices.SortFunc(n.received, func(a, b *received) int { return strings.Compare(a.event, b.event) })
		slices.SortFunc(n.sent, func(a, b *sent) int { return strings.Compare(a.event, b.event) })
		for _, r := range n.received {
			r.codes = b.own(append(r.codes, b.gates[name]...), a.codes)
		}
		a.namespaces = append(a.namespaces, n)
	}
	slices.SortFunc(a.routes, func(a, b route) int { return strings.Compare(a.pattern, b.pattern) })
	a.declarations = b.shapes.nameAll()
	return a
}

// builder puts an application together.
type builder struct {
	*program
	shapes *shapes
	byName map[string]*namespace
	// gates are the codes with which middlewares of events refuse them, by namespace.
	gates map[string][]string
	// everywhere are the events of which it is unknown in which namespace they are sent.
	everywhere []*sent
}

// own returns codes sorted, without those that all events have.
func (b *builder) own(codes, common []string) []string {
	codes = slices.DeleteFunc(codes, func(code string) bool { return slices.Contains(common, code) })
	slices.Sort(codes)
	return slices.Compact(codes)
}

func (b *builder) namespace(name string) *namespace {
	if b.byName[name] == nil {
		b.byName[name] = &namespace{name: name}
	}
	return b.byName[name]
}

// addRoute adds a route of the HTTP API.
func (b *builder) addRoute(call *ast.CallExpr, a *application) {
	if f := b.callee(call); !isOf(f, confabPath) || f.Signature().Recv() == nil || f.Name() != "HTTP" || len(call.Args) != 2 {
		return
	}
	patterns := b.texts(call.Args[0])
	if len(patterns) == 0 {
		b.note(call.Pos(), "the pattern of a route is not constant, so it is left out")
	}
	for _, pattern := range patterns {
		a.routes = append(a.routes, route{pattern, b.docOf(call, call.Args[1])})
	}
}

// docOf returns the comment above the statement of a call, or else that of the function that it is given.
func (b *builder) docOf(call *ast.CallExpr, handler ast.Expr) string {
	if doc := b.comments.above(b.files.Position(b.statements[call])); doc != "" {
		return doc
	}
	for _, f := range b.functions(handler) {
		if f, ok := f.(*types.Func); ok {
			return b.comments.at(b.files.Position(f.Pos()))
		}
	}
	return ""
}

// bound is a call as another one makes it: that of the function in which it is. So a function of the application that
// registers or emits what it is given is seen through, once.
type bound struct {
	*callSite
	// by is the other call; nil if there is none.
	by *ast.CallExpr
}

// bind returns a call as it is made, if it depends on the parameters of its function by some of its expressions or
// by its types.
func (p *program) bind(site callSite, depends []ast.Expr, on ...types.Type) []bound {
	itself := []bound{{&site, nil}}
	if site.in == nil || len(p.calls[site.in]) == 0 {
		return itself
	}
	isParameter := func(e ast.Expr) bool {
		o := p.object(e)
		return o != nil && p.parameters[o].of == function(site.in) && p.parameters[o].of != nil
	}
	isGeneric := func(t types.Type) bool { _, ok := t.(*types.TypeParam); return ok }
	if !slices.ContainsFunc(depends, isParameter) && !slices.ContainsFunc(on, isGeneric) {
		return itself
	}
	var all []bound
	for _, call := range p.calls[site.in] {
		all = append(all, bound{&site, call})
	}
	return all
}

// statement is the call that the application's code is about.
func (b bound) outer() *ast.CallExpr { return cmp.Or(b.by, b.call) }

// expression returns an expression of the call; for a parameter, what it is called with.
func (p *program) expression(b bound, e ast.Expr) ast.Expr {
	if b.by == nil {
		return e
	}
	place, ok := p.parameters[p.object(e)]
	if ok && place.of == function(b.in) && argumentOf(b.by, place.index) != nil {
		return argumentOf(b.by, place.index)
	}
	return e
}

// arguments returns arguments of the call. spread: the last one is a list of arguments.
func (p *program) arguments(b bound, args []ast.Expr) (all []ast.Expr, spread bool) {
	spread = b.call.Ellipsis != token.NoPos
	for i, arg := range args {
		place, ok := p.parameters[p.object(arg)]
		if i == len(args)-1 && spread && ok && b.by != nil && place.of == function(b.in) && b.in.Signature().Variadic() {
			from := min(place.index, len(b.by.Args))
			return append(all, b.by.Args[from:]...), b.by.Ellipsis != token.NoPos
		}
		all = append(all, p.expression(b, arg))
	}
	return all, spread
}

// typeOf returns a type of the call; for a parameter of a type, what it stands for.
func (p *program) typeOf(b bound, t types.Type) types.Type {
	parameter, ok := t.(*types.TypeParam)
	if !ok || b.by == nil {
		return t
	}
	if instance, found := p.info.Instances[nameOf(b.by.Fun)]; found && parameter.Index() < instance.TypeArgs.Len() {
		return instance.TypeArgs.At(parameter.Index())
	}
	return t
}

// nameOf returns the name of the function in an expression that is called.
func nameOf(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.IndexListExpr:
		return nameOf(e.X)
	}
	return nil
}

// lowerFirst returns a name as parameters are written: "stroke" of "Stroke", "url" of "URL".
func lowerFirst(name string) string {
	runes := []rune(name)
	for i := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}
