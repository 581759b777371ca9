package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/confab-chat/confab/shared/strict"
)

// EditMessage asks to replace the text of one's own message.
type EditMessage struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	Text   string `json:"text"`
	// Version is that of the message which the text was made from. If the message has another
	// by now, the edit is refused.
	Version *int64 `json:"version,omitzero"`
	// ThreadOf is that of the message, if it is a reply in a thread.
	ThreadOf *int64 `json:"threadOf,omitzero"`
	// Mentions take the place of the message's. Without them, those stay.
	Mentions []string `json:"mentions,omitzero"`
	// Data takes the place of the message's. Without it, that stays.
	Data strict.Object `json:"data,omitzero"`
}

// MessageRef names the message of a request.
type MessageRef struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	// ThreadOf is that of the message, if it is a reply in a thread.
	ThreadOf *int64 `json:"threadOf,omitzero"`
}

func (m *messages) edit(ctx context.Context, a actor, in EditMessage) (messageResult, error) {
	ref := MessageRef{in.RoomID, in.Seq, in.ThreadOf}
	if err := ref.check(); err != nil {
		return messageResult{}, err
	}
	if err := errors.Join(checkText(in.Text), checkMentions(in.Mentions), checkData(in.Data)); err != nil {
		return messageResult{}, err
	}
	if in.Version != nil && *in.Version < 0 {
		return messageResult{}, badRequest("Use a version from 0.")
	}
	mentioned, err := m.addressees(ctx, a, in.RoomID, in.Mentions)
	if err != nil {
		return messageResult{}, err
	}
	news := mentioned
	out, err := m.revise(ctx, a, ref, func(now *Message) error {
		before := *now
		if err := in.change(now, a.ID, At(m.now())); err != nil {
			return err
		}
		now.Mentioned, news = mentioned, slices.DeleteFunc(slices.Clone(mentioned), before.mentions)
		return nil
	})
	if err != nil {
		return messageResult{}, err
	}
	return out, m.tellMentioned(ctx, out.Message, news)
}

// change makes the edit, which a user has asked for.
func (in EditMessage) change(now *Message, userID string, at Time) error {
	mentions, data := now.Mentions, cmp.Or(in.Data, now.Data)
	if in.Mentions != nil {
		mentions = distinct(in.Mentions)
	}
	same := now.Text == in.Text && now.Data == data && slices.Equal(now.Mentions, mentions)
	switch {
	case !now.DeletedAt.IsZero():
		return errNoMessage
	case now.Sender.ID != userID:
		return errNotAuthor
	case same && (in.Version == nil || *in.Version == now.Version || *in.Version == now.Version-1):
		return errSame // also if the answer to this edit was lost
	case in.Version != nil && *in.Version != now.Version:
		return errVersion
	}
	now.Text, now.Data, now.Mentions, now.EditedAt = in.Text, data, mentions, at
	now.Version++
	if now.LinkPreview != nil && !hasLink(now.Text, now.LinkPreview.URL) {
		now.LinkPreview = nil
	}
	return nil
}

// remove deletes a message's content. Its author may, and the creator of its room.
func (m *messages) remove(ctx context.Context, a actor, in MessageRef) (messageResult, error) {
	if err := in.check(); err != nil {
		return messageResult{}, err
	}
	removed, err := m.revise(ctx, a, in, func(now *Message) error {
		if now.Sender.ID != a.ID {
			room, err := m.store.Room(ctx, in.RoomID)
			if err != nil {
				return err
			}
			if room.CreatedBy.ID != a.ID {
				return errNotAuthor
			}
		}
		if !now.DeletedAt.IsZero() {
			return errSame
		}
		if err := m.attachments.remove(ctx, *now); err != nil {
			return err
		}
		*now = Message{
			ID: now.ID, RoomID: now.RoomID, Seq: now.Seq, Sender: now.Sender, SentAt: now.SentAt, TempID: now.TempID,
			ThreadOf: now.ThreadOf, Thread: now.Thread, Version: now.Version, DeletedAt: At(m.now()),
		}
		return nil
	})
	if err != nil {
		return messageResult{}, err
	}
	return removed, m.store.ForgetReactions(ctx, LogID(in.RoomID, in.ThreadOf), in.Seq)
}

func (in MessageRef) check() error {
	if in.Seq < 1 {
		return badRequest("Use the position of a message for seq, from 1.")
	}
	if err := checkThread(in.ThreadOf); err != nil {
		return err
	}
	return checkID("room", in.RoomID)
}
