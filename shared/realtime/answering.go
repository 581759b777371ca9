package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// A socket is a member of its rooms before the reply to its CONNECT leaves, so that its client
// misses nothing that is sent once it has heard the reply. Until then it is answering, and who
// sends to it waits: docs/adr/0023.

// answeringFor bounds how long a socket is answering, in case its function dies. It is longer than
// a fan-out waits by more than the clocks of functions differ.
const answeringFor = 9 * time.Second

// replyBackoff is how often and how long a fan-out looks whether replies have left. A reply that
// takes longer is overtaken.
var replyBackoff = wait.Backoff{First: 5 * time.Millisecond, Max: 50 * time.Millisecond, For: 2 * time.Second}

// reply posts the reply to the CONNECT, unless a handler has emitted and it has left before. While
// the gateway is busy it leaves as the route response.
func (c *connecting) reply(ctx context.Context) []byte {
	if c.socket.endedHere || c.socket.recovered {
		return c.turn.takeReply()
	}
	err := c.poster.postHeldReply(ctx)
	if !errors.Is(err, ErrBusy) {
		c.log.failure(ctx, "post the reply to a CONNECT", c.connection.ID, err)
	}
	return c.turn.takeReply()
}

// replied records that the reply to the CONNECT has left. It notices that the socket is still there.
func (c *connecting) replied(ctx context.Context) {
	if c.socket.state.Answering.IsZero() {
		return
	}
	err := c.options.Store.Answered(ctx, c.socket.ref())
	switch {
	case err == nil:
		c.looked.Store(true)
	case !errors.Is(err, store.ErrNoSocket):
		c.log.failure(ctx, "record the reply to a CONNECT", c.connection.ID, err)
	}
}

// splitAnswering separates the members that may be answering from the others. The socket for which
// a handler runs is none of them: its reply leaves before the packet, or has left.
func splitAnswering(ctx context.Context, d Delivery, members []store.Member, now time.Time) (answering, others []store.Member) {
	for _, m := range members {
		t := turnOf(ctx, m.ConnectionID)
		if m.Answering.After(now) && (t == nil || t.namespace != d.Namespace) {
			answering = append(answering, m)
		} else {
			others = append(others, m)
		}
	}
	return answering, others
}

// postAnswering posts to members that may be answering, to each when the reply to its CONNECT
// has left. It returns those whose connections have ended.
func (f *fanout) postAnswering(ctx context.Context, namespace string, members []store.Member, post func(context.Context, store.Member) error) (gone []store.Member) {
	for range replyBackoff.Attempts(ctx) {
		replies := f.lookAtReplies(ctx, namespace, members)
		_ = wait.ForEach(ctx, f.parallel, replies[replyLeft], post)
		gone = append(gone, replies[replyNever]...)
		if members = replies[replyWaits]; len(members) == 0 {
			return gone
		}
	}
	f.log.WarnContext(ctx, "sent before the reply to a CONNECT", "namespace", namespace, "connections", len(members))
	_ = wait.ForEach(ctx, f.parallel, members, post)
	return gone
}

// replyState is what is known of the reply to a CONNECT.
type replyState int

const (
	replyNever replyState = iota // the connection has ended
	replyWaits
	replyLeft
)

// lookAtReplies separates members by what has become of the replies to their CONNECTs. If it
// cannot be known, they wait.
func (f *fanout) lookAtReplies(ctx context.Context, namespace string, members []store.Member) map[replyState][]store.Member {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ConnectionID
	}
	connections, err := f.connections.Connections(ctx, ids)
	if err != nil {
		return map[replyState][]store.Member{replyWaits: members}
	}
	states := map[string]replyState{}
	for _, c := range connections {
		states[c.ID] = replyLeft
		if !c.Sockets[namespace].Answering.IsZero() {
			states[c.ID] = replyWaits
		}
	}
	replies := map[replyState][]store.Member{}
	for _, m := range members {
		state := states[m.ConnectionID]
		replies[state] = append(replies[state], m)
	}
	return replies
}
