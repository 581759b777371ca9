package admin

import (
	"context"
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
)

// command handles a command of the UI, whose first argument is a namespace, and sends a
// report afterwards.
func (a *admin) command(run func(context.Context, *realtime.Namespace, realtime.Args) error) realtime.HandlerFunc {
	return func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		var name string
		if err := e.Args.Decode(0, &name); err != nil || !slices.Contains(a.server.Names(), name) {
			return errMalformed
		}
		if a.options.ReadOnly || name == Namespace {
			return realtime.Errorf("forbidden", "Commands are not allowed here.")
		}
		if err := run(ctx, a.server.Of(name), e.Args[1:]); err != nil {
			return err
		}
		return a.report(ctx, s)
	}
}

var errMalformed = realtime.Errorf(realtime.CodeBadRequest, "The arguments of the command are wrong.")

// selectSockets returns the sockets that the filter in argument i selects: a room, a
// socket's id, or nothing for all sockets.
func selectSockets(ns *realtime.Namespace, args realtime.Args, i int) (realtime.Broadcast, error) {
	var filter *string
	if err := args.Decode(i, &filter); err != nil {
		return realtime.Broadcast{}, errMalformed
	}
	if filter == nil || *filter == "" {
		return ns.Except(), nil
	}
	return ns.In(*filter), nil
}

// emit is emit(nsp, filter, event, …args).
func emit(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	b, err := selectSockets(ns, args, 0)
	if err != nil {
		return err
	}
	var event string
	if err := args.Decode(1, &event); err != nil || event == "" {
		return errMalformed
	}
	return b.Emit(ctx, event, args[2:].Any()...)
}

// join is join(nsp, room, filter).
func join(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	return changeRooms(ns, args, func(b realtime.Broadcast, room string) error { return b.SocketsJoin(ctx, room) })
}

// leave is leave(nsp, room, filter).
func leave(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	return changeRooms(ns, args, func(b realtime.Broadcast, room string) error { return b.SocketsLeave(ctx, room) })
}

// changeRooms reads the room and the filter of join and leave, and calls change with them.
func changeRooms(ns *realtime.Namespace, args realtime.Args, change func(realtime.Broadcast, string) error) error {
	var room string
	b, err := selectSockets(ns, args, 1)
	if err != nil || args.Decode(0, &room) != nil || room == "" {
		return errMalformed
	}
	return change(b, room)
}

// disconnect is _disconnect(nsp, close, filter).
func disconnect(ctx context.Context, ns *realtime.Namespace, args realtime.Args) error {
	var closeConnection bool
	b, err := selectSockets(ns, args, 1)
	if err != nil || args.Decode(0, &closeConnection) != nil {
		return errMalformed
	}
	return b.DisconnectSockets(ctx, closeConnection)
}
