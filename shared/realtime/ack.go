package realtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// Reply is one client's acknowledgement of a broadcast.
type Reply struct {
	SocketID string
	Args     Args
}

// AckTimeoutError: not every client acknowledged in time. It is returned before the timeout
// if the missing clients are known to be gone.
type AckTimeoutError struct {
	// Missing are the ids of the sockets that did not answer, sorted.
	Missing []string
}

// Error implements error.
func (e *AckTimeoutError) Error() string {
	return "realtime: no acknowledgement from " + strings.Join(e.Missing, ", ")
}

// EmitWithAck sends an event to the client and waits for its acknowledgement. On timeout the
// error is an *AckTimeoutError. An error wraps ErrGone if the client is gone.
func (d Direct) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	id := newAckID()
	packet, err := socketio.NewEvent(d.socket.namespace.name, event, args...)
	if err == nil {
		d.socket.namespace.notifyOutgoing(ctx, event, args)
		err = d.send(ctx, packet.WithID(id))
	}
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	q := question{id: id, asked: []store.Member{{ConnectionID: d.socket.connectionID, SocketID: d.socket.state.ID}}}
	replies, err := q.await(ctx, d.socket.namespace, d.timeout)
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	return replies[0].Args, nil
}

// maxAsked bounds the sockets that EmitWithAck asks. Their answers are written into one partition,
// which takes 1,000 writes a second.
const maxAsked = 1000

// EmitWithAck sends an event to the sockets addressed and waits for all of their
// acknowledgements. On timeout it returns those that came, and an
// *AckTimeoutError that names the others. It asks at most 1,000 sockets: an error with
// CodeTooManySockets, and nobody was asked. EmitThen asks any number.
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	audience, err := b.Audience(ctx)
	if err != nil {
		return nil, err
	}
	if err := tooManySockets("EmitWithAck", maxAsked, audience.Len(), "use EmitThen, whose handler gets each answer"); err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	var gone []store.Member
	id := newAckID()
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err == nil {
		b.namespace.notifyOutgoing(ctx, event, args)
		gone, err = b.ask(ctx, packet.WithID(id), audience.members)
	}
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	q := question{id: id, asked: audience.members, gone: gone}
	replies, err := q.await(ctx, b.namespace, b.timeout)
	if err != nil {
		return replies, fmt.Errorf("emit %q: %w", event, err)
	}
	return replies, nil
}

// ask sends a packet that asks for acknowledgements, and returns the members that are gone.
func (b Broadcast) ask(ctx context.Context, packet socketio.Packet, members []store.Member) ([]store.Member, error) {
	frames, err := framesOf(packet)
	if err != nil {
		return nil, err
	}
	d := Delivery{Frames: frames, Namespace: b.namespace.name, Members: members, Volatile: b.volatile}
	return b.deliver(ctx, d)
}

// question is a packet that asks for acknowledgements: its id, the members that were asked,
// and those of them that are gone.
type question struct {
	id          uint64
	asked, gone []store.Member
}

// lookBackoff is how the waiter looks for answers: soon at first, because clients answer
// within a round trip, and then less often, because every look is a billed read.
var lookBackoff = wait.Backoff{First: 25 * time.Millisecond, Factor: 1.5, Max: 400 * time.Millisecond}

// await looks for answers until every member has answered that is not gone, or until the
// timeout. Answers of other connections, which guessed the id, do not count.
func (q question) await(ctx context.Context, n *Namespace, timeout time.Duration) ([]Reply, error) {
	waiting := make(map[string]string, len(q.asked)) // socket by connection
	missing := map[string]bool{}                     // by socket: a recovered one may be a member by its old connection too
	for _, m := range q.asked {
		waiting[m.ConnectionID] = m.SocketID
		missing[m.SocketID] = true
	}
	for _, m := range q.gone {
		delete(waiting, m.ConnectionID)
	}
	var replies []Reply
	looks := lookBackoff
	looks.For = cmp.Or(timeout, n.server.options.AckTimeout)
	for look := range looks.Attempts(ctx) {
		if len(waiting) == 0 {
			break
		}
		if look == 1 {
			continue // no client answers at once
		}
		answers, err := n.server.options.Store.Answers(ctx, n.name, q.id)
		if err != nil && !Safe(err).Temporary {
			return replies, fmt.Errorf("look for acknowledgements: %w", err)
		}
		for _, a := range answers {
			socketID, ok := waiting[a.ConnectionID]
			if !ok {
				continue
			}
			delete(waiting, a.ConnectionID)
			delete(missing, socketID)
			args, err := socketio.LoadArgs(a.Args)
			if err != nil {
				return replies, fmt.Errorf("decode acknowledgement: %w", err)
			}
			replies = append(replies, Reply{SocketID: socketID, Args: args})
		}
	}
	if err := ctx.Err(); err != nil && len(waiting) > 0 {
		return replies, err
	}
	if len(missing) > 0 {
		return replies, &AckTimeoutError{Missing: slices.Sorted(maps.Keys(missing))}
	}
	return replies, nil
}

// storeAnswer stores a client's acknowledgement for the function that waits for it.
func (x *exchange) storeAnswer(ctx context.Context, p socketio.Packet) error {
	if !p.HasID {
		return errors.New("an acknowledgement without id")
	}
	args, err := p.Args()
	if err != nil {
		return err
	}
	raw, err := args.Save()
	if err != nil {
		return err
	}
	a := store.Answer{ConnectionID: x.connection.ID, Args: raw}
	return x.options.Store.PutAnswer(ctx, p.Namespace, p.ID, a, x.options.Now().Add(ackLifetime))
}

// ackLifetime is how long an answer is kept: longer than a function that waits for it can
// run.
const ackLifetime = 16 * time.Minute
