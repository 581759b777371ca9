package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// History asks for a part of a room's log: the newest messages, those before a
// position, those after one, or those from a moment on.
type History struct {
	RoomID string `json:"roomId"`
	Before *int64 `json:"before,omitzero"`
	After  *int64 `json:"after,omitzero"`
	// Since is a moment by RFC 3339: the page begins with the first message that was sent then or later.
	Since string `json:"since,omitzero"`
	// Limit bounds the positions of the page: 50, and at most 100. A page of long messages
	// has fewer.
	Limit *int64 `json:"limit,omitzero"`
}

// page is a part of a room's log.
type page struct {
	// Messages in the order of their positions.
	Messages []Message `json:"messages"`
	// From and To are the first and last position that the page covers. A position
	// between them that is neither in Messages nor in Pending has no message and
	// never will.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Head is the last position of the log.
	Head int64 `json:"head"`
	// Rev is the last revision of the room. The page has it and all before it.
	Rev int64 `json:"rev,omitempty"`
	// More reports that the log goes on in the direction of the request.
	More bool `json:"more"`
	// Pending are positions that a sender has taken and not filled yet: ask again in a
	// moment.
	Pending []int64 `json:"pending,omitempty"`
}

// holeAge is how long a position may stay empty before a reader closes it. A writer who
// is only slow takes another then.
const holeAge = 10 * time.Second

// history returns a page to a member.
func (m *messages) history(ctx context.Context, a actor, in History) (page, error) {
	if err := in.check(); err != nil {
		return page{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return page{}, err
	}
	head, err := m.store.Head(ctx, in.RoomID)
	if err != nil {
		return page{}, err
	}
	if in.Since != "" {
		before, err := m.lastBefore(ctx, in.RoomID, head.Seq, in.Since)
		if err != nil {
			return page{}, err
		}
		in.After = &before
	}
	return m.readUpTo(ctx, in.RoomID, head, in, maxHistoryBytes)
}

func (in History) check() error {
	switch {
	case in.Before != nil && in.After != nil, in.Since != "" && (in.Before != nil || in.After != nil):
		return badRequest("Use one of before, after and since.")
	case in.Before != nil && *in.Before < 1, in.After != nil && *in.After < 0:
		return badRequest("Use a position from 1 for before, or from 0 for after.")
	case in.Limit != nil && (*in.Limit < 1 || *in.Limit > maxPage):
		return badRequest("Use a limit from 1 to %d.", maxPage)
	}
	if in.Since != "" {
		if _, err := parseMoment(in.Since); err != nil {
			return err
		}
	}
	return checkID("room", in.RoomID)
}

// read returns a page whose messages have at most so many bytes. It does not authorize.
func (m *messages) read(ctx context.Context, roomID string, in History, bytes int) (page, error) {
	head, err := m.store.Head(ctx, roomID)
	if err != nil {
		return page{}, err
	}
	return m.readUpTo(ctx, roomID, head, in, bytes)
}

// readUpTo is read for a log with this head.
func (m *messages) readUpTo(ctx context.Context, log string, head Head, in History, bytes int) (page, error) {
	p := in.part(head)
	if p.From > p.To {
		return p, nil
	}
	entries, err := m.store.Entries(ctx, log, p.From, p.To)
	if err != nil {
		return page{}, err
	}
	if err := m.fill(ctx, log, &p, entries, head); err != nil {
		return page{}, err
	}
	return p, p.cut(bytes, in.After != nil)
}

// part returns the page that is asked for of a log with this head, without its messages.
func (in History) part(head Head) page {
	p := page{Head: head.Seq, Rev: head.Rev, Messages: []Message{}}
	limit := cmp.Or(orZero(in.Limit), defaultPage)
	switch {
	case in.After != nil:
		after := min(*in.After, head.Seq)
		p.From, p.To = after+1, min(after+limit, head.Seq)
		p.More = p.To < head.Seq
	default:
		p.To = head.Seq
		if in.Before != nil {
			p.To = min(*in.Before-1, head.Seq)
		}
		p.From = max(p.To-limit+1, 1)
		p.More = p.From > 1
	}
	if p.From > p.To {
		p.To, p.More = p.From-1, false
	}
	return p
}

// cut shortens the page until its messages have at most so many bytes. It cuts at the end
// where the next page begins. At least one message remains.
func (p *page) cut(bytes int, forwards bool) error {
	all, kept, left := p.Messages, 0, space(bytes)
	for ; kept < len(all); kept++ {
		next := all[len(all)-1-kept]
		if forwards {
			next = all[kept]
		}
		fits, err := left.takes(next)
		if err != nil {
			return err
		}
		if !fits && kept > 0 {
			break
		}
	}
	if kept == len(all) {
		return nil
	}
	p.More = true
	if forwards {
		p.Messages, p.To = all[:kept], all[kept].Seq-1
	} else {
		cut := len(all) - kept
		p.Messages, p.From = all[cut:], all[cut-1].Seq+1
	}
	p.Pending = slices.DeleteFunc(p.Pending, func(seq int64) bool { return seq < p.From || seq > p.To })
	return nil
}

// newestThatFit returns the newest of the messages, the last first: at most so many, with at most
// so many bytes together. At least one is returned. more reports that some are left out.
func newestThatFit(messages []Message, count, bytes int) (newest []Message, more bool, err error) {
	slices.SortFunc(messages, func(a, b Message) int { return cmp.Compare(b.Seq, a.Seq) })
	left := space(bytes)
	for i, m := range messages {
		fits, err := left.takes(m)
		if err != nil {
			return nil, false, err
		}
		if i > 0 && (!fits || i == count) {
			return messages[:i], true, nil
		}
	}
	return messages, false, nil
}

// fill puts the entries into the page and closes old holes. A hole is old if a later
// position was handed out long ago.
func (m *messages) fill(ctx context.Context, log string, p *page, entries []Entry, head Head) error {
	now := m.now()
	old := now.Sub(head.At) > holeAge
	found := make(map[int64]Entry, len(entries))
	for _, e := range entries {
		found[e.Seq] = e
	}
	// Backwards, because a later position shows how old a hole is.
	var messages []Message
	for seq := p.To; seq >= p.From; seq-- {
		e, ok := found[seq]
		if !ok && !old {
			p.Pending = append(p.Pending, seq)
			continue
		}
		if !ok {
			var err error
			if e, err = m.store.Void(ctx, log, seq, now); err != nil {
				return err
			}
		}
		if e.Void {
			continue
		}
		messages = append(messages, e.Message)
		old = old || now.Sub(e.Message.SentAt.Time) > holeAge
	}
	slices.Reverse(messages)
	slices.Reverse(p.Pending)
	p.Messages = orEmpty(messages)
	return nil
}

func badRequest(format string, args ...any) error {
	return realtime.Errorf(realtime.CodeBadRequest, format, args...)
}
