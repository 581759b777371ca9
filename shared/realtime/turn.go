package realtime

import (
	"context"
	"sync"
)

// turn keeps the frames to one connection in order during an invocation on behalf of that
// connection: they leave one after the other, and a CONNECT reply that waits leaves before any other
// frame.
type turn struct {
	connectionID string
	// namespace is that of the client's packet.
	namespace string

	mu sync.Mutex
	// reply is the CONNECT reply that waits; nil if there is none.
	reply *heldReply
}

// heldReply is a CONNECT reply that waits in a turn.
type heldReply struct {
	frame []byte
	// posted is called when the gateway has taken the reply.
	posted func(ctx context.Context)
}

type turnKey struct{}

func withTurn(ctx context.Context, t *turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// withoutTurn returns a context for an ending. It may start while a post holds the turn's
// lock, and its handlers may post to the same connection.
func withoutTurn(ctx context.Context) context.Context { return withTurn(ctx, nil) }

// turnOf returns the invocation's turn if it is this connection's, else nil.
func turnOf(ctx context.Context, connectionID string) *turn {
	if t, _ := ctx.Value(turnKey{}).(*turn); t != nil && t.connectionID == connectionID {
		return t
	}
	return nil
}

// holdReply keeps a CONNECT reply to be sent before the next frame.
func (t *turn) holdReply(r *heldReply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reply = r
}

// takeReply returns the reply that waits, or nil if it has been sent.
func (t *turn) takeReply() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reply == nil {
		return nil
	}
	reply := t.reply
	t.reply = nil
	return reply.frame
}

// send runs post when it is its turn, after postReply if a reply waits. postReply reports
// whether the reply is done with; otherwise it goes on waiting.
func (t *turn) send(postReply func(*heldReply) (done bool, err error), post func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reply != nil {
		done, err := postReply(t.reply)
		if done {
			t.reply = nil
		}
		if err != nil {
			return err
		}
	}
	return post()
}
