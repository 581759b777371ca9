package types

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
)

// emission says where an emit has its event, and with which argument its own ones begin.
type emission struct {
	event, from int
	asked       bool
}

// emissions are the methods that emit, by their names.
var emissions = map[string]emission{
	"Emit":        {event: 1, from: 2},
	"Send":        {event: -1, from: 1},
	"EmitWithAck": {event: 1, from: 2, asked: true},
	"EmitThen":    {event: 2, from: 3, asked: true},
}

// addSent adds the event that a call emits.
func (b *builder) addSent(site callSite) {
	e, ok := emissions[b.engineMethod(site.call)]
	if !ok || len(site.call.Args) < e.from {
		return
	}
	depends := b.dependent(site.call.Args[e.from:])
	if e.event >= 0 {
		depends = append(depends, site.call.Args[e.event])
	}
	for _, bound := range b.bind(site, depends) {
		b.addEmission(bound, e)
	}
}

// dependent are the arguments whose types do not say what they are.
func (b *builder) dependent(args []ast.Expr) (depends []ast.Expr) {
	for _, arg := range args {
		t := b.info.TypeOf(arg)
		if slice, ok := t.(*types.Slice); ok { // args...
			t = slice.Elem()
		}
		if types.IsInterface(t) { // so is a parameter of a type
			depends = append(depends, arg)
		}
	}
	return depends
}

func (b *builder) addEmission(bound bound, e emission) {
	at := bound.outer().Pos()
	events := []string{"message"}
	if e.event >= 0 {
		events = b.texts(b.expression(bound, bound.call.Args[e.event]))
	}
	if len(events) == 0 {
		b.note(at, "the name of an event is not constant, so the event is left out")
		return
	}
	args, spread := b.arguments(bound, bound.call.Args[e.from:])
	s := &sent{raw: spread, asked: e.asked, always: e.asked, needed: len(args)}
	if !spread {
		for _, arg := range args {
			s.args = append(s.args, b.argument(arg))
		}
	}
	if e.asked {
		s.answers = b.answersOf(bound.call, e)
	}
	names := b.namespaces(b.expression(bound, receiver(bound.call)))
	if len(names) == 0 {
		b.note(at, "it is unknown in which namespace %q is sent, so it is in all", events[0])
	}
	for _, event := range events {
		of := *s
		of.event = event
		if len(names) == 0 {
			b.everywhere = append(b.everywhere, &of)
		}
		for _, name := range names {
			b.namespace(name).addSent(&of)
		}
	}
}

// addSentEverywhere adds the events of unknown namespaces to all there are, at least "/".
func (b *builder) addSentEverywhere() {
	if len(b.everywhere) > 0 && len(b.byName) == 0 {
		b.namespace("/")
	}
	for _, s := range b.everywhere {
		for _, n := range b.byName {
			n.addSent(s)
		}
	}
}

// addSent adds an event, or what else it may be if it is sent at several places.
func (n *namespace) addSent(s *sent) {
	i := slices.IndexFunc(n.sent, func(other *sent) bool { return other.event == s.event })
	if i < 0 {
		added := *s
		added.args, added.answers = slices.Clone(s.args), slices.Clone(s.answers)
		n.sent = append(n.sent, &added)
		return
	}
	to := n.sent[i]
	to.raw = to.raw || s.raw
	to.needed = min(to.needed, s.needed)
	to.asked, to.always = to.asked || s.asked, to.always && s.always
	to.answers = append(to.answers, s.answers...)
	for i, arg := range s.args {
		if i < len(to.args) {
			to.args[i].shape = oneOf(to.args[i].shape, arg.shape)
		} else {
			to.args = append(to.args, arg)
		}
	}
}

// argument is one that an event is emitted with.
func (b *builder) argument(e ast.Expr) argument {
	t := b.info.TypeOf(e)
	shape := b.shapes.of(types.Default(t), e.Pos())
	if isMade(e) {
		shape = shape.withoutNull()
	}
	name := typeName(t)
	if name == "" {
		if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
			e = call.Fun
		}
		if id := nameOf(e); id != nil {
			name = id.Name
		}
	}
	return argument{parameterNamed(name), shape}
}

// isMade reports whether an expression makes a value, which is not nil.
func isMade(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return isMade(e.X)
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		return ok && name.Name == "make"
	}
	return false
}

// answersOf returns as what the acknowledgement of an emit is decoded.
func (b *builder) answersOf(call *ast.CallExpr, e emission) []*shape {
	var roots []types.Object
	if e.event == 2 {
		for _, site := range b.all {
			if b.engineMethod(site.call) == "HandleAck" && slices.Equal(b.texts(site.call.Args[0]), b.texts(call.Args[1])) {
				roots = append(roots, b.parametersOf(site.call.Args[1], 2)...)
			}
		}
	} else if results := b.results[call]; len(results) > 0 && results[0] != nil {
		roots = append(roots, results[0])
	}
	var answers []*shape
	for _, site := range b.all {
		from, index, into := b.decoding(site.call)
		if from == nil || index != 0 || !b.comesFrom(from, roots, map[types.Object]bool{}) {
			continue
		}
		if pointer, ok := b.info.TypeOf(into).(*types.Pointer); ok {
			answers = append(answers, b.shapes.of(pointer.Elem(), into.Pos()))
		}
	}
	return answers
}

// parametersOf returns a parameter of each function that an expression may be.
func (b *builder) parametersOf(handler ast.Expr, index int) (found []types.Object) {
	functions := b.functions(handler)
	for o, place := range b.parameters {
		if place.index == index && slices.Contains(functions, place.of) {
			found = append(found, o)
		}
	}
	return found
}

// decoding returns what a call decodes: an argument of Args, by its index, into a variable.
func (p *program) decoding(call *ast.CallExpr) (from ast.Expr, index int64, into ast.Expr) {
	f := p.callee(call)
	if len(call.Args) != 2 || f == nil {
		return nil, 0, nil
	}
	at := call.Args[0]
	switch {
	case isOf(f, socketioPath) && f.Name() == "Decode":
		from = receiver(call)
	case isOf(f, "encoding/json") && f.Name() == "Unmarshal":
		raw, ok := ast.Unparen(call.Args[0]).(*ast.IndexExpr)
		if !ok {
			return nil, 0, nil
		}
		from, at = raw.X, raw.Index
	default:
		return nil, 0, nil
	}
	if value := p.info.Types[at].Value; value != nil {
		index, _ = constant.Int64Val(value)
		return from, index, call.Args[1]
	}
	return nil, 0, nil
}

// comesFrom reports whether an expression is one of some variables, or a part of it.
func (p *program) comesFrom(e ast.Expr, roots []types.Object, seen map[types.Object]bool) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		return p.comesFrom(e.X, roots, seen)
	case *ast.IndexExpr:
		return p.comesFrom(e.X, roots, seen)
	case *ast.Ident:
		o := p.object(e)
		if o == nil || seen[o] {
			return false
		}
		seen[o] = true
		return slices.Contains(roots, o) ||
			slices.ContainsFunc(p.assigned[o], func(e ast.Expr) bool { return p.comesFrom(e, roots, seen) })
	}
	return false
}
