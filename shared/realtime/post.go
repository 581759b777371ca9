package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/wait"
)

// poster sends frames to single connections through the gateway.
type poster struct {
	gateway Gateway
	log     logger
	// endGone ends a connection that the gateway no longer knows. It returns the error
	// given, or errUnrecorded.
	endGone func(ctx context.Context, connectionID string, gone error) error
}

// errUnrecorded: the gateway does not know a connection, and neither does the store.
var errUnrecorded = fmt.Errorf("%w, and not recorded", ErrGone)

// errRefused: the gateway was busy, and nothing of the packet has left.
var errRefused = fmt.Errorf("%w, and nothing has left", ErrBusy)

// tries are how often the first frame of a packet is tried while the gateway is busy, and how
// often each of the others.
type tries struct{ first, others wait.Backoff }

var (
	// busyBackoff is how often and how patiently a busy gateway is asked again.
	busyBackoff = wait.Backoff{First: 40 * time.Millisecond, Times: 5, Jitter: true}
	single      = wait.Backoff{Times: 1}

	patient     = tries{busyBackoff, busyBackoff}
	onceAtFirst = tries{single, busyBackoff}
	impatient   = tries{single, single}
)

// triesOf returns how often a packet is tried.
func triesOf(volatile bool) tries {
	if volatile {
		return impatient
	}
	return patient
}

// post sends a packet's frames to one connection, in order. It ends a connection that is
// gone. It closes one that may have received only a part of the packet, because to its
// client the next frame would be a parse error. The error wraps one of the Gateway's.
func (p *poster) post(ctx context.Context, id string, frames [][]byte, how tries) error {
	if err := checkSize(frames); err != nil {
		return err // before a header leaves whose attachment cannot
	}
	postFrames := func() error { return p.postFrames(ctx, id, frames, how) }
	if t := turnOf(ctx, id); t != nil {
		postReply := func(r *heldReply) (bool, error) { return p.postReply(ctx, id, r) }
		return t.send(postReply, postFrames)
	}
	return postFrames()
}

// postHeldReply posts the CONNECT reply that waits in the turn of ctx, if one does.
func (p *poster) postHeldReply(ctx context.Context) error {
	t, _ := ctx.Value(turnKey{}).(*turn)
	if t == nil {
		return nil
	}
	postReply := func(r *heldReply) (bool, error) { return p.postReply(ctx, t.connectionID, r) }
	return t.send(postReply, func() error { return nil })
}

func (p *poster) postFrames(ctx context.Context, id string, frames [][]byte, how tries) error {
	for i, frame := range frames {
		attempts := how.others
		if i == 0 {
			attempts = how.first
		}
		err := p.postFrame(ctx, id, frame, attempts)
		switch {
		case err == nil:
			continue
		case errors.Is(err, ErrGone):
			return p.endGone(ctx, id, err)
		case i == 0 && errors.Is(err, ErrBusy):
			return fmt.Errorf("%w: %w", errRefused, err)
		case i > 0, len(frames) > 1 && errors.Is(err, ErrUnanswered):
			p.close(ctx, id)
		}
		return err
	}
	return nil
}

// postReply posts a CONNECT reply that waits in a turn. While the gateway is busy the reply
// goes on waiting, to leave as the route response. If it is unknown whether it has left,
// the connection is closed: a second reply would make a second session at the client, and
// without one the client would wait for ever.
func (p *poster) postReply(ctx context.Context, id string, r *heldReply) (done bool, err error) {
	err = p.postFrame(ctx, id, r.frame, busyBackoff)
	switch {
	case err == nil:
		r.posted(ctx)
		return true, nil
	case errors.Is(err, ErrGone):
		return true, p.endGone(ctx, id, err)
	case errors.Is(err, ErrUnanswered):
		p.close(ctx, id)
		return true, err
	default:
		return false, err
	}
}

// postFrame sends one frame. If the gateway is busy it tries again. It never repeats a frame that
// may have been sent.
func (p *poster) postFrame(ctx context.Context, id string, frame []byte, attempts wait.Backoff) (err error) {
	for range attempts.Attempts(ctx) {
		err = p.gateway.Post(ctx, id, frame)
		if err == nil || !errors.Is(err, ErrBusy) {
			return err
		}
	}
	return err
}

// close closes a connection whose client can no longer follow, also when ctx is done.
func (p *poster) close(ctx context.Context, id string) {
	p.log.failure(ctx, "close", id, p.gateway.Close(context.WithoutCancel(ctx), id))
}
