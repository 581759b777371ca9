package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/shared/realtime"
)

// Message is a message in the form that clients get and the store keeps.
type Message struct {
	ID     string `json:"id"`
	RoomID string `json:"roomId"`
	// Seq is the message's position in the room's log: 1, 2, 3, ….
	Seq    int64  `json:"seq"`
	Sender User   `json:"sender"`
	Text   string `json:"text"`
	// TempID is the sender's own id of the message.
	TempID string `json:"tempId,omitempty"`
	SentAt Time   `json:"sentAt"`
	// ReplyTo and ThreadOf are positions of earlier messages.
	ReplyTo  int64 `json:"replyTo,omitempty"`
	ThreadOf int64 `json:"threadOf,omitempty"`
	// Version is how often the text was edited, the last time at EditedAt.
	Version  int64 `json:"version,omitempty"`
	EditedAt Time  `json:"editedAt,omitzero"`
	// DeletedAt: there is no text any more.
	DeletedAt Time `json:"deletedAt,omitzero"`
	// Rev is the last revision that changed the message. Of two states of a message, the one
	// with the larger Rev is the later one.
	Rev int64 `json:"rev,omitempty"`
}

// SendMessage asks to store a message and send it to a room. A repetition with the same
// TempID has the same result.
type SendMessage struct {
	RoomID   string `json:"roomId"`
	Text     string `json:"text"`
	TempID   string `json:"tempId"`
	ReplyTo  *int64 `json:"replyTo,omitzero"`
	ThreadOf *int64 `json:"threadOf,omitzero"`
}

// messages writes and reads the logs of rooms.
type messages struct{ *core }

type messageResult struct {
	Message Message `json:"message"`
}

// sendAttempts bounds how many positions a message tries: a reader may close each before
// the message is put there.
const sendAttempts = 5

func (m *messages) send(ctx context.Context, a actor, in SendMessage) (messageResult, error) {
	if err := in.check(); err != nil {
		return messageResult{}, err
	}
	if !a.inRoom(in.RoomID) { // otherwise Put will tell
		if err := m.authorize(ctx, a, in.RoomID); err != nil {
			return messageResult{}, err
		}
	}
	if err := m.checkPositions(ctx, in); err != nil {
		return messageResult{}, err
	}
	stored, to, err := m.append(ctx, a, in)
	if errors.Is(err, ErrNotMember) && a.inRoom(in.RoomID) {
		_, followErr := m.follow(ctx, in.RoomID, a.ID)
		err = cmp.Or(followErr, err)
	}
	if err != nil {
		return messageResult{}, err
	}
	// Also if the message was stored before: the attempt that stored it may have died before
	// it sent it to the room. Receivers know a message by its position.
	return messageResult{stored}, to.Emit(ctx, "newMessage", stored)
}

// append puts a message at the end of its room's log and looks up the audience meanwhile. A
// repetition finds its message there.
func (m *messages) append(ctx context.Context, a actor, in SendMessage) (stored Message, to realtime.Audience, err error) {
	var taken int64
	for range sendAttempts {
		seq, left, err := m.store.Take(ctx, in.RoomID, a.ID, in.TempID, m.now(), taken)
		if err != nil {
			return stored, to, err
		}
		room := m.room(a, in.RoomID, left)
		lookup := make(chan error, 1)
		go func() {
			var err error
			to, err = room.Audience(ctx)
			lookup <- err
		}()
		stored, _, err = m.store.Put(ctx, Message{
			ID:       fmt.Sprintf("%s.%d", in.RoomID, seq),
			RoomID:   in.RoomID,
			Seq:      seq,
			Sender:   a.User,
			Text:     in.Text,
			TempID:   in.TempID,
			SentAt:   At(m.now()),
			ReplyTo:  orZero(in.ReplyTo),
			ThreadOf: orZero(in.ThreadOf),
		})
		lookupErr := <-lookup
		if errors.Is(err, ErrTaken) {
			taken = seq
			continue
		}
		if err == nil && lookupErr != nil {
			// The message is stored, so the room has to get it.
			to, err = room.Audience(ctx)
		}
		return stored, to, err
	}
	return stored, to, realtime.Unavailable(ErrTaken)
}

func (in SendMessage) check() error {
	if err := checkID("room", in.RoomID); err != nil {
		return err
	}
	if err := checkText(in.Text); err != nil {
		return err
	}
	if in.ReplyTo != nil && *in.ReplyTo < 1 || in.ThreadOf != nil && *in.ThreadOf < 1 {
		return badRequest("Use the position of a message for replyTo and threadOf, from 1.")
	}
	return checkTempID(in.TempID)
}

// checkPositions returns an error unless there are messages at the positions that a request
// names.
func (m *messages) checkPositions(ctx context.Context, in SendMessage) error {
	for field, seq := range map[string]*int64{"replyTo": in.ReplyTo, "threadOf": in.ThreadOf} {
		if seq == nil {
			continue
		}
		found, err := m.store.Entries(ctx, in.RoomID, *seq, *seq)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Void || !found[0].Message.DeletedAt.IsZero() {
			return realtime.Errorf(CodeNotFound, "There is no message at the position of %s.", field)
		}
	}
	return nil
}

// orZero returns what n points to.
func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
