package realtime

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/confab-chat/confab/shared/socketio"
)

// AckHandler handles a client's acknowledgement of what EmitThen emitted. It runs in
// the invocation that the acknowledgement causes, on the socket that sent it. A
// client can also send one that it was not asked for, as it can any event.
type AckHandler func(ctx context.Context, s *Socket, args Args) error

// HandleAck sets the handler of the acknowledgements that EmitThen names. It panics
// if the name, or one that cannot be told from it, is taken.
func (n *Namespace) HandleAck(name string, h AckHandler) {
	mark := ackMark(name)
	if _, ok := n.handlers.acks[mark]; ok {
		panic("realtime: a second acknowledgement handler for " + name)
	}
	n.handlers.acks[mark] = h
}

// EmitThen sends an event to this client and has its acknowledgement handled by the
// handler that HandleAck named. Unlike EmitWithAck it does not wait, so that nothing
// is billed meanwhile, it costs no look at the store, and it works where the
// client's messages are handled one after the other.
func (s *Socket) EmitThen(ctx context.Context, then, event string, args ...any) error {
	packet, err := socketio.NewEvent(s.namespace.name, event, args...)
	if err == nil {
		s.namespace.emitting(ctx, event, args)
		err = Direct{socket: s}.send(ctx, packet.WithID(markedAckID(then)))
	}
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// EmitThen sends an event to the sockets addressed and has the acknowledgement of each
// handled by the handler that HandleAck named; see [Socket.EmitThen].
func (b Broadcast) EmitThen(ctx context.Context, then, event string, args ...any) error {
	members, err := b.members(ctx)
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err == nil {
		b.namespace.emitting(ctx, event, args)
		_, err = b.ask(ctx, packet.WithID(markedAckID(then)), members)
	}
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// Ack ids stay below 2^31, because the Java client reads them as a signed 32-bit
// number. Those with bit 30 name a handler in the 15 bits below it; the others are
// random and somebody waits for them. In both, the random part keeps an id that a
// client still has to answer from being used again soon.
const (
	markedAck = 1 << 30
	markBits  = 15
)

// ackMark is the part of an ack id that names a handler: the same in every instance
// and version of the program.
func ackMark(name string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return uint64(h.Sum32() % (1 << markBits))
}

func markedAckID(name string) uint64 {
	return markedAck | ackMark(name)<<(30-markBits) | uint64(rand.Uint32N(1<<(30-markBits)))
}

// newAckID returns the id of an acknowledgement that somebody waits for.
func newAckID() uint64 { return uint64(rand.Uint32N(markedAck)) }

// acked runs the handler of an acknowledgement that nobody waits for, if its id names
// one.
func (s *Server) acked(ctx context.Context, socket *Socket, p socketio.Packet) (bool, error) {
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
	return true, guard(func() error { return handler(ctx, socket, args) })
}
