package types

import (
	"go/ast"
	"go/types"
	"slices"
)

// addReceived adds what a call registers: the events of a handler, or what refuses events.
func (b *builder) addReceived(site callSite) {
	f := b.callee(site.call)
	if f == nil {
		return
	}
	args, method := site.call.Args, b.engineMethod(site.call)
	switch {
	case method == "Handle" && len(args) == 2:
		for _, bound := range b.bind(site, args[:1]) {
			b.addHandler(bound, receiver(site.call), args[0], args[1], &received{raw: true, args: b.decoded(b.expression(bound, args[1]))})
		}
	case method == "HandleAny" || method == "UseEvent":
		for _, name := range b.namespacesOf(site.call, receiver(site.call)) {
			n := b.namespace(name)
			n.any = n.any || method == "HandleAny"
			if method == "UseEvent" {
				b.addGate(name, b.codesOf(args[0]))
			}
		}
	case isOf(f, realtimePath) || isOf(f, confabPath):
		if method == "" && (f.Name() == "On" || f.Name() == "Once") {
			b.addTyped(site)
		}
	}
}

// decoded are the first arguments of an event, as its handler decodes them.
func (b *builder) decoded(handler ast.Expr) (args []argument) {
	roots := b.parametersOf(handler, 2)
	byIndex := map[int64]argument{}
	for _, site := range b.all {
		from, index, into := b.decoding(site.call)
		if from == nil || !b.comesFrom(from, roots, map[types.Object]bool{}) {
			continue
		}
		pointer, ok := b.info.TypeOf(into).(*types.Pointer)
		if !ok {
			continue
		}
		arg := argument{b.decodedName(into, pointer.Elem()), b.shapes.of(pointer.Elem(), into.Pos()).withoutNull()}
		if first, twice := byIndex[index]; twice {
			arg.shape = oneOf(first.shape, arg.shape)
		}
		byIndex[index] = arg
	}
	for i := range int64(len(byIndex)) {
		if _, ok := byIndex[i]; !ok {
			break
		}
		args = append(args, byIndex[i])
	}
	return args
}

// decodedName is that of the variable, or else of the type.
func (b *builder) decodedName(into ast.Expr, t types.Type) string {
	if address, ok := ast.Unparen(into).(*ast.UnaryExpr); ok {
		if name := nameOf(address.X); name != nil {
			return parameterNamed(name.Name)
		}
	}
	return parameterNamed(typeName(t))
}

func (b *builder) addGate(namespace string, codes []string) {
	if b.gates == nil {
		b.gates = map[string][]string{}
	}
	b.gates[namespace] = append(b.gates[namespace], codes...)
}

// addTyped adds a handler with types.
func (b *builder) addTyped(site callSite) {
	instance, ok := b.info.Instances[nameOf(site.call.Fun)]
	if !ok || instance.TypeArgs.Len() != 2 {
		return
	}
	in, out := instance.TypeArgs.At(0), instance.TypeArgs.At(1)
	args := site.call.Args
	handler := args[len(args)-1]
	for _, bound := range b.bind(site, args[1:2], in, out) {
		r, at := &received{}, bound.outer().Pos()
		if t := b.typeOf(bound, in); !isNone(t) {
			// A client need not be able to say null.
			shape := b.shapes.of(t, at).withoutNull()
			r.in = &argument{b.parameterName(t, b.expression(bound, handler), 2), shape}
		}
		if t := b.typeOf(bound, out); !isNone(t) {
			r.out = b.shapes.of(t, at)
		}
		b.addHandler(bound, args[0], args[1], handler, r)
	}
}

func isNone(t types.Type) bool { return isType(t, realtimePath, "None") }

// addHandler adds a handler for the events of a name in the namespaces of a registrar.
func (b *builder) addHandler(bound bound, registrar, event, handler ast.Expr, r *received) {
	at := bound.outer().Pos()
	events := b.texts(b.expression(bound, event))
	if len(events) == 0 {
		b.note(at, "the name of an event is not constant, so the event is left out")
		return
	}
	handler = b.expression(bound, handler)
	r.codes, r.doc = b.codesOf(handler), b.docOf(bound.outer(), handler)
	for _, name := range b.namespacesOf(bound.outer(), b.expression(bound, registrar)) {
		n := b.namespace(name)
		for _, event := range events {
			if slices.ContainsFunc(n.received, func(r *received) bool { return r.event == event }) {
				b.note(at, "the namespace %s has a second handler of %q", name, event)
				continue
			}
			of := *r
			of.event = event
			of.codes = slices.Clone(r.codes)
			n.received = append(n.received, &of)
		}
	}
}

// namespacesOf returns the namespaces of a registrar: "/" if they are unknown.
func (b *builder) namespacesOf(call *ast.CallExpr, registrar ast.Expr) []string {
	names := b.namespaces(registrar)
	if len(names) == 0 {
		b.note(call.Pos(), "it is unknown in which namespace this is registered, so it is under \"/\"")
		return []string{"/"}
	}
	return names
}

// parameterName is the name of an argument: that of its type, or else that of a handler's parameter.
func (b *builder) parameterName(t types.Type, handler ast.Expr, index int) string {
	if name := typeName(t); name != "" {
		return parameterNamed(name)
	}
	for _, f := range b.functions(handler) {
		var signature *types.Signature
		switch f := f.(type) {
		case *types.Func:
			signature = f.Signature()
		case *ast.FuncLit:
			signature, _ = b.info.TypeOf(f).(*types.Signature)
		}
		if signature != nil && index < signature.Params().Len() {
			return parameterNamed(signature.Params().At(index).Name())
		}
	}
	return parameterNamed("")
}

// typeName is the name of a type that has one of its own.
func typeName(t types.Type) string {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}
