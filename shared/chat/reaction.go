package chat

import (
	"context"
	"time"
)

// A reaction is stored by itself, so those who react at the same moment do not wait for each
// other. What clients see is a summary on the message, which is a revision. Many reactions share
// one: see [reactions.publish].

// reactions keeps what people react to messages with.
type reactions struct{ *core }

// Reaction tells who has reacted to a message with an emoji.
type Reaction struct {
	Count int `json:"count"`
	// Users are the first ten, in the order of their ids.
	Users []User `json:"users"`
}

// Reacted is a user's reaction to a message.
type Reacted struct {
	// Log and Seq say where the message stands.
	Log   string
	Seq   int64
	Emoji string
	User  User
}

// ReactionNote remembers a reaction until somebody has looked whether the message shows it.
type ReactionNote struct {
	Log    string
	Seq    int64
	UserID string
	At     time.Time
}

// React asks to react to a message with an emoji, or to end that.
type React struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	Emoji  string `json:"emoji"`
	On     bool   `json:"on"`
	// ThreadOf is that of the message, if it is a reply in a thread.
	ThreadOf *int64 `json:"threadOf,omitzero"`
}

// ReactionsQuery asks who has reacted to a message with an emoji.
type ReactionsQuery struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	Emoji  string `json:"emoji"`
	// After is the id of the last user of the page before.
	After string `json:"after,omitzero"`
	// ThreadOf is that of the message, if it is a reply in a thread.
	ThreadOf *int64 `json:"threadOf,omitzero"`
}

// reactionsResult is a page of those who have reacted.
type reactionsResult struct {
	// Users are in the order of their ids.
	Users []User `json:"users"`
	// More reports that there are further ones, after the last of these.
	More bool `json:"more"`
	// Mine reports whether the asking user is one of all.
	Mine bool `json:"mine"`
}

const (
	// maxEmojis is how many emojis a message shows. Several who react at the same moment may
	// pass it; then those with the fewest reactions are not shown.
	maxEmojis = 20
	// maxShown is how many users a message shows for each emoji.
	maxShown = 10
	// reactionsPage is how many users reactions returns.
	reactionsPage = 100
	// publishPause is the least time between two summaries of a message.
	publishPause = 500 * time.Millisecond
	// clockSkew is how far apart the clocks of two functions may be. If they are further apart, the
	// sweep finds what was left out.
	clockSkew = 100 * time.Millisecond
	// summaryReads is how many reactions are read for the price of a delivery.
	summaryReads = 100
)

func (r *reactions) react(ctx context.Context, a actor, in React) (messageResult, error) {
	ref := MessageRef{in.RoomID, in.Seq, in.ThreadOf}
	if err := ref.check(); err != nil {
		return messageResult{}, err
	}
	if err := checkEmoji(in.Emoji); err != nil {
		return messageResult{}, err
	}
	if err := r.authorize(ctx, a, in.RoomID); err != nil {
		return messageResult{}, err
	}
	log := LogID(in.RoomID, in.ThreadOf)
	now, err := r.store.Revisable(ctx, log, in.Seq)
	if err != nil {
		return messageResult{}, err
	}
	if now.Message.Seq == 0 || !now.Message.DeletedAt.IsZero() {
		return messageResult{}, errNoMessage
	}
	if _, there := now.Message.Reactions[in.Emoji]; in.On && !there && len(now.Message.Reactions) >= maxEmojis {
		return messageResult{}, errTooManyReactions
	}
	if err := r.store.React(ctx, Reacted{log, in.Seq, in.Emoji, a.User}, in.On, At(r.now()).Time); err != nil {
		return messageResult{}, err
	}
	return r.publish(ctx, a, log, now)
}

// who returns who has reacted to a message with an emoji.
func (r *reactions) who(ctx context.Context, a actor, in ReactionsQuery) (reactionsResult, error) {
	ref := MessageRef{in.RoomID, in.Seq, in.ThreadOf}
	if err := ref.check(); err != nil {
		return reactionsResult{}, err
	}
	if err := checkEmoji(in.Emoji); err != nil {
		return reactionsResult{}, err
	}
	if in.After != "" {
		if err := checkID("user", in.After); err != nil {
			return reactionsResult{}, err
		}
	}
	if err := r.authorize(ctx, a, in.RoomID); err != nil {
		return reactionsResult{}, err
	}
	users, mine, err := r.store.ReactedWith(ctx, Reacted{LogID(in.RoomID, in.ThreadOf), in.Seq, in.Emoji, a.User}, in.After, reactionsPage+1)
	if err != nil {
		return reactionsResult{}, err
	}
	return reactionsResult{orEmpty(users[:min(reactionsPage, len(users))]), len(users) > reactionsPage, mine}, nil
}
