package admin

import (
	"context"
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
)

// command runs a command of the UI, whose first argument is a namespace, and shows
// what came of it.
func (a *admin) command(run func(context.Context, *realtime.Namespace, realtime.Args) error) realtime.HandlerFunc {
	return func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		var name string
		if err := e.Args.Decode(0, &name); err != nil || !slices.Contains(a.server.Names(), name) {
			return malformed
		}
		if a.options.ReadOnly || name == Namespace {
			return realtime.Errorf("forbidden", "This is not allowed here.")
		}
		if err := run(ctx, a.server.Of(name), e.Args[1:]); err != nil {
			return err
		}
		return a.report(ctx, s)
	}
}

var malformed = realtime.Errorf(realtime.CodeBadRequest, "The command has the wrong form.")

// to returns the sockets that a filter names: a room or a socket's id, or none for
// everyone.
func to(ns *realtime.Namespace, args realtime.Args, i int) (realtime.Broadcast, error) {
	var filter *string
	if err := args.Decode(i, &filter); err != nil {
		return realtime.Broadcast{}, malformed
	}
	if filter == nil || *filter == "" {
		return ns.Except(), nil
	}
	return ns.In(*filter), nil
}

// emit is emit(nsp, filter, event, …args).
func (a *admin) emit(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	b, err := to(ns, args, 0)
	if err != nil {
		return err
	}
	var event string
	if err := args.Decode(1, &event); err != nil || event == "" {
		return malformed
	}
	return b.Emit(ctx, event, args[2:].Any()...)
}

// join is join(nsp, room, filter).
func (a *admin) join(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	return rooms(ns, args, func(b realtime.Broadcast, room string) error { return b.SocketsJoin(ctx, room) })
}

// leave is leave(nsp, room, filter).
func (a *admin) leave(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	return rooms(ns, args, func(b realtime.Broadcast, room string) error { return b.SocketsLeave(ctx, room) })
}

func rooms(ns *realtime.Namespace, args realtime.Args, do func(realtime.Broadcast, string) error) error {
	var room string
	b, err := to(ns, args, 1)
	if err != nil || args.Decode(0, &room) != nil || room == "" {
		return malformed
	}
	return do(b, room)
}

// disconnect is _disconnect(nsp, close, filter).
func (a *admin) disconnect(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	var closing bool
	b, err := to(ns, args, 1)
	if err != nil || args.Decode(0, &closing) != nil {
		return malformed
	}
	return b.DisconnectSockets(ctx, closing)
}
