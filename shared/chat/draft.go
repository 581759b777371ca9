package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// A draft is what somebody has typed and not sent. There is one for each of their rooms and threads,
// the same on all their devices. The last one that was asked for stays, whichever comes to be stored
// first: a draft without text, which is none, is kept for a while to tell that it came later.

// DraftKept is how long a draft stays after it was last saved.
const DraftKept = 30 * 24 * time.Hour

// Draft is what a user has typed and not sent.
type Draft struct {
	// Text is empty if there is no draft any more.
	Text string `json:"text"`
	// ReplyTo is the position of the message to which it replies, if it does.
	ReplyTo int64 `json:"replyTo,omitempty"`
	// SavedAt is when it was asked for. Of two drafts, the later one counts.
	SavedAt Time `json:"savedAt"`
}

// SaveDraft asks to keep what the actor has typed into a room.
type SaveDraft struct {
	RoomID string `json:"roomId"`
	// Text is empty to delete the draft.
	Text string `json:"text"`
	// ThreadOf is the position of a thread's first message, for a draft of a reply there.
	ThreadOf *int64 `json:"threadOf,omitzero"`
	// ReplyTo is the position of the message to which it replies, in the room or the thread.
	ReplyTo *int64 `json:"replyTo,omitzero"`
}

type draftResult struct {
	Draft Draft `json:"draft"`
}

// draftChanged tells a user's devices of a draft.
type draftChanged struct {
	RoomID   string `json:"roomId"`
	ThreadOf int64  `json:"threadOf,omitempty"`
	Draft    Draft  `json:"draft"`
}

// drafts keeps what people have typed.
type drafts struct{ *core }

// save stores the actor's draft, and tells their other devices. If one was asked for later, that one stays.
func (d *drafts) save(ctx context.Context, a actor, in SaveDraft) (draftResult, error) {
	if err := in.check(); err != nil {
		return draftResult{}, err
	}
	if err := d.authorize(ctx, a, in.RoomID); err != nil {
		return draftResult{}, err
	}
	if err := realtime.Spend(ctx, len(in.Text)/1024); err != nil {
		return draftResult{}, err
	}
	draft := in.draft(d.askedAt(a))
	stands, err := d.store.SaveDraft(ctx, LogID(in.RoomID, in.ThreadOf), a.ID, draft)
	if err != nil || stands != draft {
		return draftResult{stands}, err
	}
	told := draftChanged{in.RoomID, orZero(in.ThreadOf), draft}
	return draftResult{draft}, d.except(a, devices(a.ID)).Emit(ctx, "draft", told)
}

// draft returns the draft that is asked for at a time. One that nobody would see is none.
func (in SaveDraft) draft(at time.Time) Draft {
	draft := Draft{SavedAt: At(at)}
	if strings.ContainsFunc(in.Text, isVisible) {
		draft.Text, draft.ReplyTo = in.Text, orZero(in.ReplyTo)
	}
	return draft
}

// shown returns a draft for an answer, or nil if there is none.
func (d Draft) shown() *Draft {
	if d.Text == "" {
		return nil
	}
	return &d
}

// readUnits is what it takes to read drafts, in units of 4 KB.
func readUnits(drafts map[string]Draft) int {
	bytes := 0
	for _, d := range drafts {
		bytes += len(d.Text)
	}
	return bytes / (4 << 10)
}

func (in SaveDraft) check() error {
	if !isPlace(in.ReplyTo) {
		return badRequest("Use the position of a message for replyTo, from 1.")
	}
	return errors.Join(checkID("room", in.RoomID), checkThread(in.ThreadOf), checkTyped(in.Text))
}
