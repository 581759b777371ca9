package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/realtime"
)

// Message is a message as clients see it, and as it is stored.
type Message struct {
	ID     string `json:"id"`
	RoomID string `json:"roomId"`
	// Seq is the message's position in the room's log: 1, 2, 3, ….
	Seq    int64  `json:"seq"`
	Sender User   `json:"sender"`
	Text   string `json:"text"`
	// TempID is the sender's own name for the message.
	TempID string `json:"tempId,omitempty"`
	SentAt Time   `json:"sentAt"`
	// ReplyTo and ThreadOf are positions of earlier messages.
	ReplyTo  int64 `json:"replyTo,omitempty"`
	ThreadOf int64 `json:"threadOf,omitempty"`
}

// SendMessage asks for a message to be stored and sent to a room. A request that is
// repeated with the same TempID has the same result.
type SendMessage struct {
	RoomID   string `json:"roomId"`
	Text     string `json:"text"`
	TempID   string `json:"tempId"`
	ReplyTo  int64  `json:"replyTo"`
	ThreadOf int64  `json:"threadOf"`
}

type messageResult struct {
	Message Message `json:"message"`
}

// sendAttempts bounds how often a message whose position was taken tries the next.
const sendAttempts = 5

// healAfter is how old a message is when a repetition sends it to the room again: its
// first sender has then either done so or died.
const healAfter = time.Second

func (c *Chat) sendMessage(ctx context.Context, a actor, in SendMessage) (messageResult, error) {
	if err := in.check(); err != nil {
		return messageResult{}, err
	}
	if err := c.authorize(ctx, a, in.RoomID); err != nil {
		return messageResult{}, err
	}
	stored, fresh, to, err := c.append(ctx, a, in)
	if err != nil {
		return messageResult{}, err
	}
	if fresh || c.now().Sub(stored.SentAt.Time) > healAfter {
		err = to.Emit(ctx, "newMessage", stored)
	}
	return messageResult{stored}, err
}

// append puts a message at the end of its room's log, and finds out meanwhile whom to
// send it to.
func (c *Chat) append(ctx context.Context, a actor, in SendMessage) (stored Message, fresh bool, to realtime.Audience, err error) {
	var taken int64
	for range sendAttempts {
		seq, err := c.store.Take(ctx, in.RoomID, a.ID, in.TempID, c.now(), taken)
		if err != nil {
			return stored, false, to, err
		}
		lookup := make(chan error, 1)
		go func() {
			var err error
			to, err = c.server.To(audience(in.RoomID)).Audience(ctx)
			lookup <- err
		}()
		stored, fresh, err = c.store.Put(ctx, Message{
			ID:       fmt.Sprintf("%s.%d", in.RoomID, seq),
			RoomID:   in.RoomID,
			Seq:      seq,
			Sender:   a.User,
			Text:     in.Text,
			TempID:   in.TempID,
			SentAt:   At(c.now()),
			ReplyTo:  in.ReplyTo,
			ThreadOf: in.ThreadOf,
		})
		lookupErr := <-lookup
		if errors.Is(err, ErrTaken) {
			taken = seq
			continue
		}
		if err == nil && lookupErr != nil {
			// It is stored, so it must be heard of.
			to, err = c.server.To(audience(in.RoomID)).Audience(ctx)
		}
		return stored, fresh, to, err
	}
	return stored, false, to, realtime.Unavailable(ErrTaken)
}

func (in SendMessage) check() error {
	if err := checkID("room", in.RoomID); err != nil {
		return err
	}
	if strings.TrimSpace(in.Text) == "" {
		return badRequest("A message has a text.")
	}
	if len(in.Text) > maxTextBytes || utf8.RuneCountInString(in.Text) > maxText {
		return realtime.Errorf(realtime.CodeTooLarge, "A message has at most %d characters.", maxText)
	}
	if in.ReplyTo < 0 || in.ThreadOf < 0 {
		return badRequest("A position is a positive number.")
	}
	return checkTempID(in.TempID)
}
