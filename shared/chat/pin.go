package chat

import (
	"context"
	"slices"
)

// Pin says who has pinned a message, and when.
type Pin struct {
	By User `json:"by"`
	At Time `json:"at"`
}

// PinMessage asks to pin a message, or to end that.
type PinMessage struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	On     bool   `json:"on"`
}

// Pins asks for the pinned messages of a room.
type Pins struct {
	RoomID string `json:"roomId"`
	// Before is a position: of those below it.
	Before *int64 `json:"before,omitzero"`
}

// pinsResult is a page of pinned messages.
type pinsResult struct {
	// Messages have the last one in the room first.
	Messages []Message `json:"messages"`
	// More reports that there are further ones, before the last of these.
	More bool `json:"more"`
}

// maxPins is how many messages of a room may be pinned. Several who pin at the same moment may
// pass it.
const maxPins = 50

// pin pins a message, which every member may do, or ends that.
func (m *messages) pin(ctx context.Context, a actor, in PinMessage) (messageResult, error) {
	ref := MessageRef{RoomID: in.RoomID, Seq: in.Seq}
	if err := ref.check(); err != nil {
		return messageResult{}, err
	}
	return m.revise(ctx, a, ref, func(now *Message) error {
		switch {
		case !now.DeletedAt.IsZero():
			return errNoMessage
		case in.On == (now.Pinned != nil):
			return errSame
		case !in.On:
			now.Pinned = nil
			return nil
		}
		pinned, err := m.store.Pinned(ctx, in.RoomID, maxSeq, maxPins)
		if err != nil {
			return err
		}
		if len(pinned) == maxPins {
			return errTooManyPins
		}
		now.Pinned = &Pin{By: a.User, At: At(m.now())}
		return nil
	})
}

// pins returns the pinned messages of a room.
func (m *messages) pins(ctx context.Context, a actor, in Pins) (pinsResult, error) {
	if in.Before != nil && (*in.Before < 1 || *in.Before > maxSeq) {
		return pinsResult{}, badRequest("Use the position of a message for before, from 1.")
	}
	if err := checkID("room", in.RoomID); err != nil {
		return pinsResult{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return pinsResult{}, err
	}
	before := int64(maxSeq)
	if in.Before != nil {
		before = *in.Before
	}
	// One more than may be there shows whether there are more.
	seqs, err := m.store.Pinned(ctx, in.RoomID, before, maxPins+1)
	if err != nil {
		return pinsResult{}, err
	}
	found, err := m.store.Messages(ctx, in.RoomID, seqs)
	if err != nil {
		return pinsResult{}, err
	}
	found = slices.DeleteFunc(found, func(m Message) bool { return m.Pinned == nil }) // unpinned meanwhile
	shown, more, err := newestThatFit(found, maxPins, maxHistoryBytes)
	return pinsResult{orEmpty(shown), more}, err
}
