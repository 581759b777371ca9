package realtime

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

const (
	// maxMissed bounds the packets that are replayed: each takes a post, one after the other.
	maxMissed = 1000
	// maxUnderWay is how many other packets may be emitted while one is posted.
	maxUnderWay = 1000
)

var errTooMuchMissed = fmt.Errorf("a client missed more than %d packets", maxMissed)

// settleBackoff is how long a recovery waits for fan-outs that are under way to tell whom they
// have reached.
var settleBackoff = wait.Backoff{First: 25 * time.Millisecond, Times: 6}

// missed returns the packets that a socket missed in all its rooms, in order. A client that
// missed too much loses its session, and comes back with a new one.
func (r *recoverer) missed(ctx context.Context, socket store.SocketRef, state store.SocketState) ([]store.LoggedPacket, error) {
	s := search{recoverer: r, socket: socket, stop: state.Resumed, rooms: append([]string{store.Everyone, state.ID}, state.Rooms...)}
	missed, err := s.run(ctx)
	if errors.Is(err, errTooMuchMissed) {
		return nil, errors.Join(err, r.store.ForgetSession(ctx, state.PID, socket.ConnectionID))
	}
	if err != nil {
		return nil, fmt.Errorf("load missed packets: %w", err)
	}
	return missed, nil
}

// renamed gives the last packet of a replay an offset of now. If the client hears nothing after
// it, what came live during the replay has arrived too.
func (r *recoverer) renamed(ctx context.Context, p store.LoggedPacket) (store.LoggedPacket, error) {
	clock, err := r.store.Clock(ctx)
	if err != nil {
		return p, err
	}
	head, ok := bytes.CutSuffix(p.Frames[0], []byte(`"`+p.Offset+`"]`))
	if !ok {
		return p, nil
	}
	p.Frames = slices.Clone(p.Frames)
	p.Frames[0] = append(slices.Clip(head), `"`+newOffset(clock)+`"]`...)
	return p, nil
}

// search looks for what a client missed.
type search struct {
	*recoverer
	// socket is on its new connection.
	socket store.SocketRef
	stop   store.Stop
	rooms  []string
	// last is the packet that the client received last, if the log has it.
	last  *store.LoggedPacket
	order postOrder
}

// run reads the logs until all that was under way at the first reading is settled, or must be
// taken for missed.
func (s search) run(ctx context.Context) ([]store.LoggedPacket, error) {
	var candidates map[string]bool
	var missed []store.LoggedPacket
	for attempt := range settleBackoff.Attempts(ctx) {
		packets, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		if attempt == 1 {
			// What comes later finds the socket among the members.
			candidates = make(map[string]bool, len(packets))
			for offset := range packets {
				candidates[offset] = true
			}
		}
		maps.DeleteFunc(packets, func(offset string, _ *store.LoggedPacket) bool { return !candidates[offset] })
		s.last, s.order = packets[s.stop.Offset], orderOf(packets)
		var settled bool
		if missed, settled = s.sift(packets); settled {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(missed) > maxMissed {
		return nil, errTooMuchMissed
	}
	slices.SortFunc(missed, func(a, b store.LoggedPacket) int { return cmp.Compare(a.Offset, b.Offset) })
	return missed, nil
}

// sift returns the packets that were missed, among them those of which it is unknown. settled
// reports whether there are none of these.
func (s search) sift(packets map[string]*store.LoggedPacket) (missed []store.LoggedPacket, settled bool) {
	settled = true
	for _, p := range packets {
		switch s.fate(p) {
		case fateMissed:
			missed = append(missed, *p)
		case fateUnknown:
			missed, settled = append(missed, *p), false
		}
	}
	return missed, settled
}

// read returns the packets of all rooms that the client may have missed, by their offsets.
func (s search) read(ctx context.Context) (map[string]*store.LoggedPacket, error) {
	after := offsetAt(max(clockOf(s.stop.Offset), s.stop.Since) - maxUnderWay)
	logs := make([][]store.LoggedPacket, len(s.rooms))
	indexes := make([]int, len(s.rooms))
	for i := range indexes {
		indexes[i] = i
	}
	err := wait.ForEach(ctx, s.parallel, indexes, func(ctx context.Context, i int) error {
		var err error
		logs[i], err = s.store.Packets(ctx, s.socket.Namespace, s.rooms[i], after, maxMissed+maxUnderWay+1)
		if err == nil && len(logs[i]) > maxMissed+maxUnderWay {
			err = errTooMuchMissed
		}
		return err
	})
	packets := map[string]*store.LoggedPacket{}
	for _, p := range slices.Concat(logs...) {
		known := packets[p.Offset]
		if known == nil {
			packets[p.Offset] = &p
			continue
		}
		known.MissedAt = max(known.MissedAt, p.MissedAt)
		if len(p.Reached) > len(known.Reached) {
			known.Reached = p.Reached
		}
	}
	return packets, err
}

// fate is what became of a packet for a client.
type fate int

const (
	fateArrived fate = iota // or it was not for this client
	fateMissed
	fateUnknown
)

// fate tells what became of a packet. docs/adr/0020 says why.
func (s search) fate(p *store.LoggedPacket) fate {
	excluded := slices.ContainsFunc(p.Except, func(room string) bool { return slices.Contains(s.rooms[1:], room) })
	if excluded || p.Offset == s.stop.Offset || reachedBy(p, s.socket.ConnectionID) != nil {
		return fateArrived
	}
	if p.MissedAt > s.stop.Since {
		return fateMissed
	}
	if reached := reachedBy(p, s.stop.ConnectionID); reached != nil {
		if s.cameBeforeLast(reached) {
			return fateArrived
		}
		if s.last != nil {
			if _, settled := settledAt(s.last); !settled {
				return fateUnknown
			}
		}
		return fateMissed
	}
	switch clock, settled := settledAt(p); {
	case settled && clock <= s.stop.Until:
		return fateArrived // it was looked for among the members, and was none
	case settled:
		return fateMissed
	case clockOf(p.Offset) < s.stop.Since:
		return fateArrived // when the connection began
	default:
		return fateUnknown
	}
}

// cameBeforeLast reports whether the gateway took a packet for the client's connection before the
// one that the client received last, so that it has arrived.
func (s search) cameBeforeLast(r *store.Reached) bool {
	if r.Clock <= clockOf(s.stop.Offset) {
		return true
	}
	if s.last == nil {
		return false
	}
	last := reachedBy(s.last, s.stop.ConnectionID)
	return last != nil && s.order.isBefore(r, last, s.stop.ConnectionID)
}

// reachedBy returns the part of a packet's receivers that has a connection, if it was reached.
func reachedBy(p *store.LoggedPacket, connectionID string) *store.Reached {
	for i := range p.Reached {
		if _, ok := p.Reached[i].Posted[connectionID]; ok {
			return &p.Reached[i]
		}
	}
	return nil
}

// settledAt returns the log's clock when the last part of a packet's receivers had been posted
// to, if that is known.
func settledAt(p *store.LoggedPacket) (clock int64, settled bool) {
	parts, first := 1, false
	for _, r := range p.Reached {
		clock = max(clock, r.Clock)
		parts += r.Parts
		first = first || r.Part == 0
	}
	return clock, first && len(p.Reached) == parts
}
