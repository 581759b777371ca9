// Package confab is where an application begins. It says once what it has, and the same program is its
// functions on AWS, runs on the local cloud, and in tests:
//
//	func main() { confab.Main(Whiteboard) }
//
//	func Whiteboard(app *confab.App) {
//		strokes := confab.NewTable[Stroke](app, "strokes", confab.Key{Partition: "board", Sort: "id"})
//		boards := app.Of("/boards")
//		confab.On(boards, "draw", func(ctx context.Context, s *confab.Socket, in Stroke) (Stroke, error) {
//			if err := strokes.Put(ctx, in); err != nil {
//				return in, err
//			}
//			return in, s.To(in.Board).Emit(ctx, "drawn", in)
//		})
//		app.HTTP("DELETE /boards/{id}", clear)
//		app.Every("expire", time.Hour, expire)
//		app.Page("web")
//	}
//
// `confab new` makes such a project, `confab dev` runs it, and `confab deploy` deploys it; docs/projects.md
// goes through it. The engine below is package realtime, whose names that every application needs are here too.
package confab

import (
	"context"

	"github.com/confab-chat/confab/shared/realtime"
)

type (
	// Socket is a client in a namespace; see realtime.Socket.
	Socket = realtime.Socket
	// Namespace is a set of sockets with handlers of its own; see realtime.Namespace.
	Namespace = realtime.Namespace
	// Event is one that a client emitted, for handlers that Handle registers; see realtime.Event.
	Event = realtime.Event
	// Args are the arguments of an event, in JSON; see realtime.Args.
	Args = realtime.Args
	// Binary is binary data, as an argument or a part of one; see realtime.Binary.
	Binary = realtime.Binary
	// Error is what a client is told when a handler refuses; see realtime.Error.
	Error = realtime.Error
	// None stands for no argument, or an acknowledgement without a value.
	None = realtime.None
	// Reason tells why a socket ended.
	Reason = realtime.Reason
)

// On registers a typed handler; see realtime.On.
func On[In, Out any](r realtime.Registrar, event string, handle func(context.Context, *Socket, In) (Out, error)) {
	realtime.On(r, event, handle)
}

// Errorf returns an error whose code and text clients are told; see realtime.Errorf.
func Errorf(code, format string, args ...any) *Error { return realtime.Errorf(code, format, args...) }
