package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// A message may change after it was stored. Each change is a revision: the message changes
// where it stands, and the room's log of revisions says which one it was. What was before is
// kept nowhere. The positions in that log, 1, 2, 3, …, tell a client what it has missed.

// messageChanged tells a room what a message is from now on.
type messageChanged struct {
	Message Message `json:"message"`
	// Rev is the position of this change, as in the message.
	Rev int64 `json:"rev"`
}

// Changes asks which messages of a room have changed after a revision.
type Changes struct {
	RoomID string `json:"roomId"`
	After  int64  `json:"after"`
	// ThreadOf asks for the replies of a thread that have changed, by the position of its first
	// message. The revisions are the thread's then.
	ThreadOf *int64 `json:"threadOf,omitzero"`
	// Limit bounds the revisions that the answer covers: 50, and at most 100.
	Limit *int64 `json:"limit,omitzero"`
}

// changesResult is the result of changes.
type changesResult struct {
	// Messages are those that have changed, as they are now, each once, in the order of their
	// positions.
	Messages []Message `json:"messages"`
	// Rev is the last revision that the answer covers.
	Rev int64 `json:"rev"`
	// More reports that there are later ones.
	More bool `json:"more"`
}

// reviseAgain is when a revision that another one has overtaken is tried again.
var reviseAgain = wait.Backoff{First: 10 * time.Millisecond, Max: 200 * time.Millisecond, Times: 12, Jitter: true}

// errSame is what a change of a message answers if the message is as it should be already.
var errSame = errors.New("chat: nothing to change")

// revise changes a message and tells the room. The change gets the message as it stands. If
// that is as it should be already, the room is told again: the attempt that made it so may
// have died before it told anybody.
func (m *messages) revise(ctx context.Context, a actor, ref MessageRef, change func(*Message) error) (messageResult, error) {
	if err := m.authorize(ctx, a, ref.RoomID); err != nil {
		return messageResult{}, err
	}
	var now Revisable
	var next Message
	err := untilRevised(ctx, func() (err error) {
		if now, err = m.store.Revisable(ctx, LogID(ref.RoomID, ref.ThreadOf), ref.Seq); err != nil {
			return err
		}
		if now.Message.Seq == 0 {
			return errNoMessage
		}
		next = now.Message
		if err = change(&next); err != nil {
			return err
		}
		next.Rev = now.Head + 1
		// A change makes the message as clients see it. These are the store's.
		next.Original, next.CountedAt = now.Message.Original, now.Message.CountedAt
		if next.CountedAt > 0 && next.Text != now.Message.Text {
			if err := realtime.Spend(ctx, rewriteWork); err != nil { // of its words
				return err
			}
		}
		if !slices.Equal(next.Mentions, now.Message.Mentions) {
			if now.Message.Mentioned, err = m.forgotten(ctx, now.Message); err != nil {
				return err
			}
		}
		return m.store.Revise(ctx, next, now.Message, a.ID)
	})
	if err != nil && !errors.Is(err, errSame) {
		return messageResult{}, err
	}
	return messageResult{next}, m.tellChanged(ctx, a, next, now.Left)
}

// tellChanged tells a room what a message is from now on, without those who have left.
func (c *core) tellChanged(ctx context.Context, a actor, now Message, left []string) error {
	event := "messageChanged"
	if now.ThreadOf != 0 {
		event = "replyChanged"
	}
	return c.room(a, now.RoomID, left).Emit(ctx, event, messageChanged{now, now.Rev})
}

// untilRevised makes a change again, from what is stored by then, as long as another revision is
// faster.
func untilRevised(ctx context.Context, change func() error) error {
	var last error
	for range reviseAgain.Attempts(ctx) {
		if last = change(); !errors.Is(last, ErrRevised) {
			return last
		}
		if err := realtime.Spend(ctx, reviseWork); err != nil {
			return err
		}
	}
	return realtime.Unavailable(last)
}

// room returns a room's audience without the users who have left it lately: their sockets
// may still follow.
func (c *core) room(a actor, roomID string, left []string) realtime.Broadcast {
	to := c.server.To(audience(roomID))
	for _, user := range left {
		if user != a.ID {
			to = to.Except(devices(user))
		}
	}
	return to
}

// changes returns the messages that have changed after a revision.
func (m *messages) changes(ctx context.Context, a actor, in Changes) (changesResult, error) {
	if err := in.check(); err != nil {
		return changesResult{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return changesResult{}, err
	}
	return m.changesAfter(ctx, LogID(in.RoomID, in.ThreadOf), in.After, in.Limit)
}

// changesAfter is changes of a log. It does not authorize.
func (m *messages) changesAfter(ctx context.Context, log string, after int64, asked *int64) (changesResult, error) {
	limit := int(cmp.Or(orZero(asked), defaultPage))
	// One more than asked for shows whether there are more.
	seqs, err := m.store.Revisions(ctx, log, after, limit+1)
	if err != nil {
		return changesResult{}, err
	}
	out := changesResult{Messages: []Message{}, Rev: after, More: len(seqs) > limit}
	seqs = seqs[:min(limit, len(seqs))]
	found, err := m.store.Messages(ctx, log, slices.Compact(slices.Sorted(slices.Values(seqs))))
	if err != nil {
		return changesResult{}, err
	}
	return out, out.take(seqs, found, maxHistoryBytes)
}

// take puts the messages of the revisions into the answer, until they have so many bytes. At
// least one goes in.
func (r *changesResult) take(seqs []int64, found []Message, bytes int) error {
	left := space(bytes)
	for _, seq := range seqs {
		i := slices.IndexFunc(found, func(m Message) bool { return m.Seq == seq })
		known := slices.ContainsFunc(r.Messages, func(m Message) bool { return m.Seq == seq })
		if i >= 0 && !known {
			fits, err := left.takes(found[i])
			if err != nil {
				return err
			}
			if !fits && len(r.Messages) > 0 {
				r.More = true
				break
			}
			r.Messages = append(r.Messages, found[i])
		}
		r.Rev++
	}
	slices.SortFunc(r.Messages, func(a, b Message) int { return int(a.Seq - b.Seq) })
	return nil
}

func (in Changes) check() error {
	switch {
	case in.After < 0 || in.After > maxSeq:
		return badRequest("Use a revision of an earlier answer for after, or 0.")
	case in.Limit != nil && (*in.Limit < 1 || *in.Limit > maxPage):
		return badRequest("Use a limit from 1 to %d.", maxPage)
	}
	if err := checkThread(in.ThreadOf); err != nil {
		return err
	}
	return checkID("room", in.RoomID)
}
