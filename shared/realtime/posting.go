package realtime

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// posting is one delivery while it is posted.
type posting struct {
	*fanout
	delivery Delivery
	record   *record

	mu sync.Mutex
	// gone are the members whose connections have ended, and missed those that could not be
	// reached, because of cause or similar.
	gone, missed []store.Member
	cause        error
	// refused are the members to try again.
	refused []store.Member
}

// newPosting begins to post a delivery.
func (f *fanout) newPosting(ctx context.Context, d Delivery) *posting {
	return &posting{fanout: f, delivery: d, record: f.recovery.record(ctx, d)}
}

// round posts the packet to members, several at a time. Those whose CONNECT is not answered come
// last. It ends connections that are gone.
func (p *posting) round(ctx context.Context, members []store.Member, post func(context.Context, store.Member) error) {
	answering, others := splitAnswering(ctx, p.delivery, members, p.now())
	var waiting sync.WaitGroup
	if len(answering) > 0 {
		// Two functions that owe replies and wait for one another would wait in vain.
		if err := p.postHeldReply(ctx); err != nil {
			p.log.WarnContext(ctx, "reply to a CONNECT not posted", "error", err)
		}
		waiting.Go(func() {
			for _, m := range p.postAnswering(ctx, p.delivery.Namespace, answering, post) {
				p.ended(ctx, m, p.record.posting(), p.endGone(ctx, m.ConnectionID, ErrGone))
			}
		})
	}
	_ = wait.ForEach(ctx, p.parallel, others, post)
	waiting.Wait()
}

// patiently posts to a member, and tries again a few times if the gateway is busy.
func (p *posting) patiently(ctx context.Context, m store.Member) error {
	began := p.record.posting()
	p.ended(ctx, m, began, p.post(ctx, m.ConnectionID, p.delivery.Frames, triesOf(p.delivery.Volatile)))
	return nil
}

// ended notes the outcome of posting to a member.
func (p *posting) ended(ctx context.Context, m store.Member, began int64, err error) {
	p.record.posted(m, began, err)
	if errors.Is(err, errUnrecorded) {
		p.removeMember(ctx, p.delivery.Namespace, m)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case errors.Is(err, ErrGone):
		p.gone = append(p.gone, m)
	case err != nil && !p.delivery.Volatile:
		p.missed, p.cause = append(p.missed, m), err
	}
}

// finish counts and logs members that could not be reached. It fails if what they missed could not
// be recorded.
func (p *posting) finish(ctx context.Context) error {
	if len(p.missed) > 0 {
		p.log.observer.GivenUp(ctx, len(p.missed))
	}
	if len(p.missed) > 0 && p.isFirstToTell(ctx) {
		level := slog.LevelError
		if errors.Is(p.cause, ErrBusy) || errors.Is(p.cause, ErrUnanswered) { // which happens
			level = slog.LevelWarn
		}
		p.log.Log(ctx, level, "packet not delivered", "namespace", p.delivery.Namespace, "rooms", roomsOf(p.missed),
			"connections", len(p.missed), "of", len(p.delivery.Members), "packet", p.delivery.Packet, "error", p.cause)
	}
	return p.record.store(ctx)
}

// toldFor is how long it is known that the log tells of a packet.
const toldFor = time.Hour

// isFirstToTell reports whether no other part of the packet has told that somebody was not reached:
// the log has one line for a packet. The metric counts all of them.
func (p *posting) isFirstToTell(ctx context.Context) bool {
	if p.delivery.Packet == "" {
		return true
	}
	key, now := "given up "+p.delivery.Packet, p.now()
	attempt, err := p.once.Begin(ctx, key, now, now.Add(toldFor))
	if errors.Is(err, store.ErrClaimed) || err == nil && attempt.Claim == "" {
		return false
	}
	if err == nil {
		p.log.failure(ctx, "note that it is told", "", p.once.Finish(ctx, key, attempt.Claim, nil, now.Add(toldFor)))
	}
	return true
}
