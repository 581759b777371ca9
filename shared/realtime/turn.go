package realtime

import (
	"context"
	"sync"
)

// turn is one invocation on behalf of a connection. It keeps the frames to that
// connection in order: they leave one after the other, and a CONNECT reply that
// waits to become the route response leaves before any other frame.
type turn struct {
	connectionID string

	mu    sync.Mutex
	reply []byte
}

type turnKey struct{}

func withTurn(ctx context.Context, t *turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// turnOf returns the invocation's turn if it is this connection's, else nil.
func turnOf(ctx context.Context, connectionID string) *turn {
	if t, _ := ctx.Value(turnKey{}).(*turn); t != nil && t.connectionID == connectionID {
		return t
	}
	return nil
}

// setReply leaves a frame to be sent as the route response, or before the next
// frame if there is one.
func (t *turn) setReply(frame []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reply = frame
}

// takeReply returns the waiting frame, if it has not been sent.
func (t *turn) takeReply() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	reply := t.reply
	t.reply = nil
	return reply
}
