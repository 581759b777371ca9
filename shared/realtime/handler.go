package realtime

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/socketio"
)

// Args are the arguments of an event, in JSON.
type Args = socketio.Args

// Binary is binary data, as an argument or a part of one. A client receives it as an
// ArrayBuffer, Buffer or Blob.
type Binary = socketio.Binary

// None stands for no argument: of an event without data, or an acknowledgement without a
// value.
type None struct{}

// Event is an event that a client emitted.
type Event struct {
	Name string
	Args Args
	// NeedsAck: the client waits for an acknowledgement.
	NeedsAck bool
	// At is when API Gateway received the event, to the millisecond. Where messages are
	// handled concurrently, it tells the order of two events of one client.
	At time.Time

	acked bool
	reply []any
	// dropped is how many arguments a typed handler did not take.
	dropped int
}

// Ack sets the values of the acknowledgement, which is sent when the handler has returned.
// Only the first call has an effect.
func (e *Event) Ack(args ...any) {
	if !e.acked {
		e.acked, e.reply = true, args
	}
}

// HandlerFunc handles an event with its raw arguments. Its error becomes the error
// acknowledgement {"ok":false,"error":{"code","message"}}, unless Ack was called.
type HandlerFunc func(ctx context.Context, s *Socket, e *Event) error

// Registrar takes handlers: a Server or a Namespace.
type Registrar interface {
	Handle(event string, h HandlerFunc)
}

var (
	_ Registrar = (*Server)(nil)
	_ Registrar = (*Namespace)(nil)
)

// On registers a typed handler. The event's first argument is decoded into In, and the
// handler's result is the acknowledgement (None: one without a value). An argument that
// does not fit In is refused with CodeBadRequest.
func On[In, Out any](r Registrar, event string, handle func(ctx context.Context, s *Socket, in In) (Out, error)) {
	r.Handle(event, func(ctx context.Context, s *Socket, e *Event) error {
		in, err := argument[In](e)
		if err != nil {
			return err
		}
		out, err := handle(ctx, s, in)
		if err != nil {
			return err
		}
		if _, none := any(out).(None); none {
			e.Ack()
		} else {
			e.Ack(out)
		}
		return nil
	})
}

// argument decodes an event's first argument.
func argument[In any](e *Event) (in In, err error) {
	taken := 1
	if _, none := any(in).(None); none {
		taken = 0
	}
	e.dropped = max(0, len(e.Args)-taken)
	if err := e.Args.Decode(0, &in); err != nil {
		return in, Errorf(CodeBadRequest, "The argument of %q has the wrong form.", e.Name).Because(err)
	}
	return in, nil
}

// isReserved reports whether the protocol reserves an event name.
func isReserved(event string) bool { return socketio.Reserved(event) }
