package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

const (
	// maxTries is how often a delivery begins whose function dies.
	maxTries = 3
	// leftOver is added to the part of a delivery for what is left of it.
	leftOver = 100_000
)

// refusedBackoff is how a lane tries again what the gateway has refused, before what comes
// next gets its turn.
var refusedBackoff = wait.Backoff{First: 100 * time.Millisecond, Max: time.Second, For: 3 * time.Second, Jitter: true}

var errDied = fmt.Errorf("a function has died %d times", maxTries)

// Deliver posts a delivery that was handed over, at the pace of its lane. It must be called for one
// delivery of a lane after the other, in the order of the HandOvers. It ends connections that are
// gone. What the gateway refuses it tries again for some seconds, and then hands over once more,
// behind what waits in the lane, until the deadline of Pace. What is given up is counted by the
// Observer, and logged once for a packet.
//
// After an error the delivery is to be repeated: then some of its receivers may hear it twice.
func (s *Server) Deliver(ctx context.Context, d Delivery) error {
	if d.Begun.IsZero() {
		d.Begun = s.options.Now()
	}
	return s.fanout.deliverPaced(ctx, d)
}

func (f *fanout) deliverPaced(ctx context.Context, d Delivery) error {
	p := f.newPosting(ctx, d)
	refused := d.Members
	if d.Tries > maxTries {
		p.giveUp(ctx, refused, errDied)
		refused = nil
	}
	for len(refused) > 0 {
		refused = p.persist(ctx, refused)
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(refused) == 0 {
			break
		}
		if !f.now().Before(d.Begun.Add(f.pace.Deadline)) {
			p.giveUp(ctx, refused, ErrBusy)
			break
		}
		if p.handOn(ctx, refused) {
			break
		}
	}
	return errors.Join(p.finish(ctx), ctx.Err())
}

// persist posts to members, tries again what the gateway refuses, and returns who is left.
func (p *posting) persist(ctx context.Context, members []store.Member) (refused []store.Member) {
	for range refusedBackoff.Attempts(ctx) {
		p.round(ctx, members, p.inTurn)
		if members, p.refused = p.refused, nil; len(members) == 0 {
			break
		}
	}
	return members
}

// inTurn posts to a member when its lane allows. If the gateway is busy, the member is among those
// to try again.
func (p *posting) inTurn(ctx context.Context, m store.Member) error {
	lane := p.lanes[p.delivery.Lane%len(p.lanes)]
	if err := lane.WaitN(ctx, min(len(p.delivery.Frames), lane.Burst())); err != nil {
		return err
	}
	how := onceAtFirst
	if p.delivery.Volatile {
		how = impatient
	}
	began := p.record.posting()
	err := p.post(ctx, m.ConnectionID, p.delivery.Frames, how)
	if errors.Is(err, errRefused) && !p.delivery.Volatile {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refused = append(p.refused, m)
		return nil
	}
	p.ended(ctx, m, began, err)
	return nil
}

// handOn hands what is left of a delivery over once more. It reports whether that worked.
func (p *posting) handOn(ctx context.Context, members []store.Member) bool {
	if p.handover == nil {
		return false
	}
	rest := p.delivery
	rest.Members, rest.Part = members, rest.Part+leftOver
	if err := p.handover.HandOver(ctx, rest); err != nil {
		p.log.WarnContext(ctx, "rest of a fan-out not handed over", "namespace", rest.Namespace, "connections", len(members), "error", err)
		return false
	}
	if p.record != nil {
		p.record.delivery.Parts = 1
	}
	return true
}

// giveUp notes that members are not reached.
func (p *posting) giveUp(ctx context.Context, members []store.Member, cause error) {
	for _, m := range members {
		p.ended(ctx, m, p.record.posting(), cause)
	}
}
