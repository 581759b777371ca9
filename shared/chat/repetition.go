package chat

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// maxBehind is how many positions the log may have gone on since the sender of a message has seen it. The
// look for an earlier attempt reads them all, if there can be one.
const maxBehind = 1000

// lookAgain waits for those who have taken positions and are about to fill them.
var lookAgain = wait.Backoff{First: 40 * time.Millisecond, Times: 4, Jitter: true}

// repetitions tells whether a message is one that was sent before.
type repetitions struct{ *messages }

// put puts a message at a position, unless an earlier attempt has stored it. A message that says what its
// sender had seen has no record of its own: every attempt has a position after that, and Take tells whether
// there was another one.
func (m repetitions) put(ctx context.Context, a actor, in sending, at Taken) (Message, error) {
	message := in.message(a.User, at.Seq, m.now())
	if in.After != nil {
		message.Original = message.Fingerprint()
		switch {
		case *in.After >= at.Seq:
			return Message{}, badRequest("The room has no message yet at the position of after.")
		case at.Earlier > *in.After:
			earlier, found, err := m.earlier(ctx, a, message, *in.After, at.Earlier)
			if err != nil || found {
				return earlier, err
			}
		}
	}
	stored, _, err := m.store.Put(ctx, message)
	return stored, err
}

// repeated returns a message that was refused now and is stored: since it was sent, somebody whom it mentions
// may have left, or what it answers may have been deleted. If it is not stored, the refusal stays.
func (m repetitions) repeated(ctx context.Context, a actor, in SendMessage, refusal error) (sending, error) {
	var refused *realtime.Error
	if !errors.As(refusal, &refused) || refused.Code != CodeNotFound && refused.Code != realtime.CodeTooLarge {
		return sending{}, refusal
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return sending{}, err
	}
	again := sending{SendMessage: in}
	for _, ref := range in.Attachments {
		again.kept = append(again.kept, Attachment{ID: ref.ID})
	}
	sent, err := m.wasSent(ctx, a, again)
	if err != nil {
		return sending{}, err
	}
	if !sent {
		return sending{}, refusal
	}
	return again, nil
}

// wasSent reports whether an earlier attempt has stored a message.
func (m repetitions) wasSent(ctx context.Context, a actor, in sending) (bool, error) {
	message := in.message(a.User, 0, m.now())
	if in.After == nil {
		return m.store.WasSent(ctx, message)
	}
	head, err := m.store.Head(ctx, in.RoomID)
	if err != nil {
		return false, err
	}
	_, found, err := m.earlier(ctx, a, message, *in.After, head.Seq)
	return found, err
}

// earlier looks for a message that an earlier attempt has stored, after a position and up to another one. If a
// position is taken and still empty, that attempt may be about to fill it.
func (m repetitions) earlier(ctx context.Context, a actor, sent Message, after, upTo int64) (Message, bool, error) {
	if err := m.authorize(ctx, a, sent.RoomID); err != nil {
		return Message{}, false, err
	}
	if upTo-after > maxBehind {
		return Message{}, false, errTooLate
	}
	for range lookAgain.Attempts(ctx) {
		found, pending, err := m.lookFor(ctx, sent, after, upTo)
		switch {
		case err == nil:
			return found, true, nil
		case !errors.Is(err, ErrTaken): // by others
			return Message{}, false, err
		case !pending:
			return Message{}, false, nil
		}
	}
	return Message{}, false, realtime.Unavailable(errors.New("an earlier attempt may not be over"))
}

// lookFor returns the message that was sent before, if it stands after a position and up to another one: else
// ErrTaken. pending reports that something may come there still.
func (m repetitions) lookFor(ctx context.Context, sent Message, after, upTo int64) (found Message, pending bool, err error) {
	limit := int64(maxPage)
	for after < upTo {
		p, err := m.read(ctx, sent.RoomID, History{After: &after, Limit: &limit}, maxHistoryBytes)
		if err != nil {
			return Message{}, false, err
		}
		for _, one := range p.Messages {
			if found, err := sent.SentAs(Entry{Seq: one.Seq, Message: one}); !errors.Is(err, ErrTaken) {
				return found, false, err
			}
		}
		pending = pending || len(p.Pending) > 0 && p.Pending[0] <= upTo
		after = p.To
	}
	return Message{}, pending, ErrTaken
}
