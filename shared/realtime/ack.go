package realtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Reply is one client's acknowledgement of a broadcast.
type Reply struct {
	SocketID string
	Args     Args
}

// AckTimeoutError: not every client acknowledged in time. It comes before the timeout where
// the others are known to be gone.
type AckTimeoutError struct {
	// Missing are the ids of the sockets that did not answer, sorted.
	Missing []string
}

// Error implements error.
func (e *AckTimeoutError) Error() string {
	return "realtime: no acknowledgement from " + strings.Join(e.Missing, ", ")
}

// How the waiter looks for answers: soon at first, since clients answer within a
// round trip, and then less often, since every look is a billed read.
const (
	firstLook = 25 * time.Millisecond
	lastLook  = 400 * time.Millisecond
)

// EmitWithAck sends an event to the client and waits for its acknowledgement. On
// timeout the error is an *AckTimeoutError; it wraps ErrGone when the client is
// no longer there.
func (d Direct) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	id := newAckID()
	packet, err := socketio.NewEvent(d.socket.namespace.name, event, args...)
	if err == nil {
		d.socket.namespace.emitting(ctx, event, args)
		err = d.send(ctx, packet.WithID(id))
	}
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	asked := []store.Member{{ConnectionID: d.socket.connectionID, SocketID: d.socket.state.ID}}
	replies, err := d.socket.namespace.await(ctx, question{id: id, asked: asked}, d.timeout)
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	return replies[0].Args, nil
}

// EmitWithAck sends an event to the sockets addressed and waits for all of their
// acknowledgements. On timeout it returns those that came, and an
// *AckTimeoutError that names the others.
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	audience, err := b.Audience(ctx)
	if err != nil {
		return nil, err
	}
	var gone []store.Member
	id := newAckID()
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err == nil {
		b.namespace.emitting(ctx, event, args)
		gone, err = b.ask(ctx, packet.WithID(id), audience.members)
	}
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	replies, err := b.namespace.await(ctx, question{id, audience.members, gone}, b.timeout)
	if err != nil {
		return replies, fmt.Errorf("emit %q: %w", event, err)
	}
	return replies, nil
}

// ask sends a packet that asks for acknowledgements, and returns who was found to be gone.
func (b Broadcast) ask(ctx context.Context, packet socketio.Packet, members []store.Member) ([]store.Member, error) {
	frames, err := framesOf(packet)
	if err != nil {
		return nil, err
	}
	return b.namespace.server.fanOut(ctx, b.namespace.name, members, frames, b.volatile)
}

// question is a packet that asks for acknowledgements: its id, who was asked, and who of
// them is gone.
type question struct {
	id          uint64
	asked, gone []store.Member
}

// await looks for answers of the connections asked until all are there that are not gone.
// Answers of others, who guessed the id, do not count.
func (n *Namespace) await(ctx context.Context, q question, timeout time.Duration) ([]Reply, error) {
	setDefault(&timeout, n.server.options.AckTimeout)
	waiting := make(map[string]string, len(q.asked))
	missing := map[string]bool{} // by socket: a recovered one may be a member by its old connection too
	for _, m := range q.asked {
		waiting[m.ConnectionID] = m.SocketID
		missing[m.SocketID] = true
	}
	for _, m := range q.gone {
		delete(waiting, m.ConnectionID)
	}
	var replies []Reply
	deadline := time.Now().Add(timeout)
	for look := firstLook; len(waiting) > 0; look = min(look*3/2, lastLook) {
		left := time.Until(deadline)
		if left <= 0 {
			break
		}
		if err := sleep(ctx, min(look, left)); err != nil {
			return replies, err
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
	if len(missing) > 0 {
		return replies, &AckTimeoutError{Missing: slices.Sorted(maps.Keys(missing))}
	}
	return replies, nil
}

// answered stores a client's acknowledgement for whoever waits for it.
func (s *Server) answered(ctx context.Context, c store.Connection, p socketio.Packet) error {
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
	a := store.Answer{ConnectionID: c.ID, Args: raw}
	return s.options.Store.PutAnswer(ctx, p.Namespace, p.ID, a, s.options.Now().Add(ackLifetime))
}

// ackLifetime is how long an answer waits for its waiter: longer than a function
// can run.
const ackLifetime = 16 * time.Minute
