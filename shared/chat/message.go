package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/strict"
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
	// ReplyTo is the position of an earlier message of the same log.
	ReplyTo int64 `json:"replyTo,omitempty"`
	// ThreadOf is the position in the room of the message below which this one stands, in a thread.
	// Seq and Rev are the thread's then.
	ThreadOf int64 `json:"threadOf,omitempty"`
	// Thread is about the replies below this message, if there are any.
	Thread Thread `json:"thread,omitzero"`
	// Reactions are by emoji. ReactedAt is when they changed last.
	Reactions map[string]Reaction `json:"reactions,omitempty"`
	ReactedAt Time                `json:"reactedAt,omitzero"`
	// Mentions are the ids of the members whom it mentions, or "@room", in order.
	Mentions []string `json:"mentions,omitempty"`
	// Mentioned are those of them in whose lists a store puts it. A store does not return them.
	Mentioned []string `json:"-"`
	// Attachments are its files.
	Attachments []Attachment `json:"attachments,omitempty"`
	// CountedAt is, of a reply in a thread, the revision of the room that counts it: a search finds it there.
	// Replies from before those were searched have none.
	CountedAt int64 `json:"-"`
	// Pinned is set while the message is pinned.
	Pinned *Pin `json:"pinned,omitempty"`
	// LinkPreview is what a link in the text leads to, if its author has asked to show that.
	LinkPreview *LinkPreview `json:"linkPreview,omitempty"`
	// Data is what a client keeps with the message: an object, which the chat does not read.
	Data strict.Object `json:"data,omitzero"`
	// Version is how often the text was edited, the last time at EditedAt.
	Version  int64 `json:"version,omitempty"`
	EditedAt Time  `json:"editedAt,omitzero"`
	// DeletedAt: there is no text any more.
	DeletedAt Time `json:"deletedAt,omitzero"`
	// Original is the Fingerprint with which it was sent, if its repetitions are told by its position, and not
	// by a record. A store keeps it, through revisions too.
	Original string `json:"-"`
	// Rev is the last revision that changed the message. Of two states of a message, the one
	// with the larger Rev is the later one.
	Rev int64 `json:"rev,omitempty"`
}

// SendMessage asks to store a message and send it to a room. A repetition with the same
// TempID has the same result.
type SendMessage struct {
	RoomID string `json:"roomId"`
	Text   string `json:"text"`
	TempID string `json:"tempId"`
	// After is the last position of the room's log that the sender has seen; a repetition has the same. With
	// it, a repetition is told by the log alone, for ever, and the message costs two units less. Replies
	// in threads have none.
	After    *int64 `json:"after,omitzero"`
	ReplyTo  *int64 `json:"replyTo,omitzero"`
	ThreadOf *int64 `json:"threadOf,omitzero"`
	// Mentions are ids of members of the room, or "@room" for all of them.
	Mentions []string `json:"mentions,omitzero"`
	// Attachments are uploads of the sender's. With one, the text may be empty.
	Attachments []AttachmentRef `json:"attachments,omitzero"`
	// Data has at most 4,096 bytes as compact JSON, and at most 16 levels.
	Data strict.Object `json:"data,omitzero"`
}

// sending is a message that is to be stored.
type sending struct {
	SendMessage
	// mentioned are the members whom it mentions, and kept are its attachments.
	mentioned []string
	kept      []Attachment
}

// messages writes and reads the logs of rooms.
type messages struct {
	*core
	attachments *attachments
}

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
	if !a.inRoom(in.RoomID) || len(in.Attachments) > 0 { // otherwise Put will tell
		if err := m.authorize(ctx, a, in.RoomID); err != nil {
			return messageResult{}, err
		}
	}
	ready, err := m.prepare(ctx, a, in)
	if err != nil {
		ready, err = repetitions{m}.repeated(ctx, a, in, err)
		if err != nil {
			return messageResult{}, err
		}
	}
	say := m.say
	if in.ThreadOf != nil {
		say = m.reply
	}
	stored, err := say(ctx, a, ready)
	if errors.Is(err, ErrNotMember) && a.inRoom(in.RoomID) {
		_, followErr := m.follow(ctx, in.RoomID, a.ID)
		err = cmp.Or(followErr, err)
	}
	if err != nil {
		return messageResult{stored}, err
	}
	return messageResult{stored}, m.tellMentioned(ctx, stored, ready.mentioned)
}

// prepare checks what a message refers to, and finds what is stored of that.
func (m *messages) prepare(ctx context.Context, a actor, in SendMessage) (sending, error) {
	if err := m.checkReplyTo(ctx, in); err != nil {
		return sending{}, err
	}
	mentioned, err := m.addressees(ctx, a, in.RoomID, in.Mentions)
	if err != nil {
		return sending{}, err
	}
	kept, err := m.attachments.keep(ctx, a, in.RoomID, in.Attachments)
	return sending{in, mentioned, kept}, err
}

// say puts a message into its room's log and sends it to the room.
func (m *messages) say(ctx context.Context, a actor, in sending) (Message, error) {
	stored, to, err := m.append(ctx, a, in)
	if err != nil {
		return Message{}, err
	}
	// Also if the message was stored before: the attempt that stored it may have died before
	// it sent it to the room. Receivers know a message by its position.
	return stored, to.Emit(ctx, "newMessage", stored)
}

// message returns the message that a request asks for, at a position of its log.
func (in sending) message(sender User, seq int64, sentAt time.Time) Message {
	m := Message{
		RoomID:      in.RoomID,
		Seq:         seq,
		Sender:      sender,
		Text:        in.Text,
		TempID:      in.TempID,
		SentAt:      At(sentAt),
		ReplyTo:     orZero(in.ReplyTo),
		ThreadOf:    orZero(in.ThreadOf),
		Attachments: in.kept,
		Data:        in.Data,

		Mentions:  distinct(in.Mentions),
		Mentioned: in.mentioned,
	}
	m.ID = fmt.Sprintf("%s.%d", m.Log(), seq)
	return m
}

// append puts a message at the end of its room's log and looks up the audience meanwhile. A
// repetition finds its message there.
func (m *messages) append(ctx context.Context, a actor, in sending) (stored Message, to realtime.Audience, err error) {
	var taken int64
	for range sendAttempts {
		at, err := m.store.Take(ctx, in.RoomID, a.ID, in.TempID, m.now(), taken)
		if err != nil {
			return stored, to, err
		}
		to, err = audienceMeanwhile(ctx, m.room(a, in.RoomID, at.Left), func() error {
			stored, err = repetitions{m}.put(ctx, a, in, at)
			return err
		})
		if errors.Is(err, ErrTaken) {
			taken = at.Seq
			continue
		}
		return stored, to, err
	}
	return stored, to, realtime.Unavailable(ErrTaken)
}

// audienceMeanwhile looks up an audience while a message is stored for it. What is stored has to
// reach it, so a lookup that failed is repeated then.
func audienceMeanwhile(ctx context.Context, room realtime.Broadcast, put func() error) (to realtime.Audience, err error) {
	lookup := make(chan error, 1)
	go func() {
		var err error
		to, err = room.Audience(ctx)
		lookup <- err
	}()
	err = put()
	if lookupErr := <-lookup; err == nil && lookupErr != nil {
		to, err = room.Audience(ctx)
	}
	return to, err
}

func (in SendMessage) check() error {
	if err := checkID("room", in.RoomID); err != nil {
		return err
	}
	if err := checkAttachments(in.Attachments); err != nil {
		return err
	}
	if err := checkText(in.Text); err != nil && (in.Text != "" || len(in.Attachments) == 0) {
		return err
	}
	if in.ReplyTo != nil && *in.ReplyTo < 1 {
		return badRequest("Use the position of a message for replyTo, from 1.")
	}
	if in.After != nil && (*in.After < 0 || *in.After > maxSeq || in.ThreadOf != nil) {
		return badRequest("Use the last position of the room that you have seen for after, from 0, and none in a thread.")
	}
	if err := errors.Join(checkThread(in.ThreadOf), checkMentions(in.Mentions), checkData(in.Data)); err != nil {
		return err
	}
	return checkTempID(in.TempID)
}

// checkReplyTo returns an error unless there is a message at the position that a request names.
func (c *core) checkReplyTo(ctx context.Context, in SendMessage) error {
	if in.ReplyTo == nil {
		return nil
	}
	found, err := c.store.Entries(ctx, LogID(in.RoomID, in.ThreadOf), *in.ReplyTo, *in.ReplyTo)
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Void || !found[0].Message.DeletedAt.IsZero() {
		return realtime.Errorf(CodeNotFound, "There is no message at the position of replyTo.")
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
