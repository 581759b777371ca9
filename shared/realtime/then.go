package realtime

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/confab-chat/confab/shared/socketio"
)

// AckHandler handles a client's acknowledgement of an event that EmitThen emitted. It runs
// in the invocation that the acknowledgement causes, with the socket that sent it. A client
// can also send an acknowledgement that it was not asked for, as it can send any event.
type AckHandler func(ctx context.Context, s *Socket, args Args) error

// HandleAck sets the handler of the acknowledgements that EmitThen asks for by this name. It
// panics if the name, or another with the same hash, has a handler.
func (n *Namespace) HandleAck(name string, h AckHandler) {
	mark := ackMark(name)
	if _, ok := n.handlers.acks[mark]; ok {
		panic("realtime: a second acknowledgement handler for " + name)
	}
	n.handlers.acks[mark] = h
}

// EmitThen sends an event to this client. The handler that HandleAck registered under the
// name then handles its acknowledgement. Unlike EmitWithAck it does not wait: no time is
// billed meanwhile, it costs no read of the store, and it works where the client's messages
// are handled one after the other.
func (s *Socket) EmitThen(ctx context.Context, then, event string, args ...any) error {
	packet, err := socketio.NewEvent(s.namespace.name, event, args...)
	if err == nil {
		s.namespace.notifyOutgoing(ctx, event, args)
		err = Direct{socket: s}.send(ctx, packet.WithID(markedAckID(then)))
	}
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// EmitThen sends an event to the sockets addressed. The handler that HandleAck registered
// under the name then handles the acknowledgement of each; see [Socket.EmitThen].
func (b Broadcast) EmitThen(ctx context.Context, then, event string, args ...any) error {
	members, err := receivers(ctx, b)
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err == nil {
		b.namespace.notifyOutgoing(ctx, event, args)
		_, err = b.ask(ctx, packet.WithID(markedAckID(then)), members)
	}
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// Ack ids stay below 2^31, because the Java client reads them as signed 32-bit numbers. An id
// with bit 30 names a handler in the 15 bits below it. The other ids are random, and a
// function waits for their answer. In both, the random part keeps an id that a client still
// has to answer from being used again soon.
const (
	markedAck = 1 << 30
	markBits  = 15
)

// ackMark is the part of an ack id that names a handler. It is the same in every instance and
// version of the program.
func ackMark(name string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return uint64(h.Sum32() % (1 << markBits))
}

func markedAckID(name string) uint64 {
	return markedAck | ackMark(name)<<(30-markBits) | uint64(rand.Uint32N(1<<(30-markBits)))
}

// newAckID returns the id of an acknowledgement that a function waits for.
func newAckID() uint64 { return uint64(rand.Uint32N(markedAck)) }

// runAckHandler runs the handler that the id of an acknowledgement names, and reports
// whether there is one.
func (x *exchange) runAckHandler(ctx context.Context, socket *Socket, p socketio.Packet) (handled bool, err error) {
	if !p.HasID || p.ID&markedAck == 0 || p.ID >= 2*markedAck {
		return false, nil
	}
	handler, ok := socket.namespace.handlers.acks[p.ID&(markedAck-1)>>(30-markBits)]
	if !ok {
		return false, nil
	}
	args, err := p.Args()
	if err != nil {
		return true, err
	}
	return true, x.run(ctx, func(ctx context.Context) error { return handler(ctx, socket, args) })
}
