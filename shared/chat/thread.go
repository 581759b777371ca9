package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/shared/realtime"
)

// A thread is a log of its own below a message of a room. Each reply is stored in one transaction
// with a revision of that first message, which counts the replies. So the count is the last position
// of the thread, its log has no holes, and who hears of the reply hears of the count.

// Thread is about the replies below a message.
type Thread struct {
	// Count is how many there are, with those that were deleted: it is the position of the last
	// one.
	Count int64 `json:"count"`
	// LastAt is when the last one was sent.
	LastAt Time `json:"lastAt"`
}

// LogID returns the id of a log: of a room or, with the position of a thread's first message, of
// the thread. No room has the id of a thread.
func LogID(roomID string, threadOf *int64) string {
	if threadOf == nil {
		return roomID
	}
	return fmt.Sprintf("%s.%d", roomID, *threadOf)
}

// SplitLogID returns the room of a log and, if it is that of a thread, the position of its first
// message.
func SplitLogID(log string) (roomID string, threadOf int64) {
	roomID, position, _ := strings.Cut(log, ".")
	threadOf, _ = strconv.ParseInt(position, 10, 64)
	return roomID, threadOf
}

// Log returns the id of the log in which the message stands.
func (m Message) Log() string {
	if m.ThreadOf == 0 {
		return m.RoomID
	}
	return LogID(m.RoomID, &m.ThreadOf)
}

// Follow is how a user stands to a thread.
type Follow struct {
	// On: the user follows it.
	On bool `json:"on"`
	// Mark is up to where they have read it, if they ever followed it.
	Mark Mark `json:"mark"`
}

// Followed is a thread that a user follows.
type Followed struct {
	First Message
	Mark  Mark
}

// replyStored tells a room of a reply in a thread, and what its first message is from then on.
type replyStored struct {
	Message Message `json:"message"`
	First   Message `json:"first"`
}

// followChanged tells a user's devices how they stand to a thread.
type followChanged struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	Follow
}

// ReadThread asks for a part of a thread's log, as History does for a room's.
type ReadThread struct {
	RoomID string `json:"roomId"`
	// Seq is the position of the thread's first message.
	Seq    int64  `json:"seq"`
	Before *int64 `json:"before,omitzero"`
	After  *int64 `json:"after,omitzero"`
	Limit  *int64 `json:"limit,omitzero"`
}

// threadPage is a part of a thread's log.
type threadPage struct {
	// First is the message below which the thread stands.
	First Message `json:"first"`
	// Follow is how the actor stands to it.
	Follow Follow `json:"follow"`
	// Draft is what the actor has typed there and not sent.
	Draft *Draft `json:"draft,omitempty"`
	page
}

// FollowThread asks to follow a thread or to stop it.
type FollowThread struct {
	RoomID string `json:"roomId"`
	// Seq is the position of the thread's first message.
	Seq int64 `json:"seq"`
	On  bool  `json:"on"`
}

type followResult struct {
	Follow Follow `json:"follow"`
}

// FollowedThreads asks for a page of the threads that the actor follows.
type FollowedThreads struct {
	// Cursor is the "next" of the page before; empty for the first.
	Cursor string `json:"cursor,omitzero"`
}

// followedPage is a page of the threads that a user follows, in the order of rooms and positions.
type followedPage struct {
	Threads []followedThread `json:"threads"`
	// Next is the cursor of the next page; empty on the last. A page may be empty and not the last.
	Next string `json:"next,omitempty"`
}

// followedThread is one of them.
type followedThread struct {
	First Message `json:"first"`
	Mark  Mark    `json:"mark"`
	// Unread is how many replies come after the mark.
	Unread int64 `json:"unread"`
}

// maxFollowed is how many threads a page of followedThreads looks at.
const maxFollowed = 50

var followedPattern = regexp.MustCompile(`^$|^[A-Za-z0-9_-]{1,128}\.[0-9]{1,15}$`)

// checkThread checks the position of a thread's first message, where there is one.
func checkThread(threadOf *int64) error {
	if threadOf != nil && (*threadOf < 1 || *threadOf > maxSeq) {
		return badRequest("Use the position of a message for threadOf, from 1.")
	}
	return nil
}

// checkFirst checks the position of a thread's first message.
func checkFirst(seq int64) error {
	if seq < 1 || seq > maxSeq {
		return badRequest("Use the position of a message for seq, from 1.")
	}
	return nil
}

// reply puts a reply into its thread, and tells the room of it and of its first message.
func (m *messages) reply(ctx context.Context, a actor, in sending) (Message, error) {
	var stored, first Message
	var to realtime.Audience
	err := untilRevised(ctx, func() error {
		now, err := m.store.Revisable(ctx, in.RoomID, *in.ThreadOf)
		if err != nil {
			return err
		}
		if !now.Message.mayHaveThread() {
			return errNoThread
		}
		// The first message is written and sent again with each reply: a short one at no further price.
		if err := realtime.Spend(ctx, len(now.Message.Text)/1024*rewriteWork); err != nil {
			return err
		}
		first = now.Message
		reply := in.message(a.User, first.Thread.Count+1, m.now())
		first.Thread, first.Rev = Thread{reply.Seq, reply.SentAt}, now.Head+1
		reply.CountedAt = first.Rev
		var fresh bool
		to, err = audienceMeanwhile(ctx, m.room(a, in.RoomID, now.Left), func() (err error) {
			stored, fresh, err = m.store.PutReply(ctx, reply, first, now.Message)
			return err
		})
		if err != nil || fresh {
			return err
		}
		// It was stored before. The attempt that stored it may have died before it told the room,
		// and the first message may have changed since it was read here.
		now, err = m.store.Revisable(ctx, in.RoomID, *in.ThreadOf)
		first = now.Message
		return err
	})
	if err != nil {
		return Message{}, err
	}
	return stored, to.Emit(ctx, "newReply", replyStored{stored, first})
}

// mayHaveThread reports whether there may be replies below a message. A thread that was begun goes on
// when its first message is deleted.
func (m Message) mayHaveThread() bool {
	return m.Seq != 0 && (m.DeletedAt.IsZero() || m.Thread.Count > 0)
}

// thread returns a part of a thread to a member of its room.
func (m *messages) thread(ctx context.Context, a actor, in ReadThread) (threadPage, error) {
	part := History{RoomID: in.RoomID, Before: in.Before, After: in.After, Limit: in.Limit}
	if err := errors.Join(checkFirst(in.Seq), part.check()); err != nil {
		return threadPage{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return threadPage{}, err
	}
	log := LogID(in.RoomID, &in.Seq)
	follow, draft, err := m.store.FollowOf(ctx, log, a.ID)
	if err != nil {
		return threadPage{}, err
	}
	first, err := m.firstOf(ctx, in.RoomID, in.Seq)
	if err != nil {
		return threadPage{}, err
	}
	head, err := m.store.Head(ctx, log)
	if err != nil {
		return threadPage{}, err
	}
	head.Seq, head.At = first.Thread.Count, first.Thread.LastAt.Time
	out := threadPage{First: first, Follow: follow, Draft: draft.shown()}
	encoded, err := json.Marshal(out)
	if err != nil {
		return threadPage{}, err
	}
	out.page, err = m.readUpTo(ctx, log, head, part, maxHistoryBytes-len(encoded))
	return out, err
}

// firstOf returns the first message of a thread, which need not have a reply yet.
func (c *core) firstOf(ctx context.Context, roomID string, seq int64) (Message, error) {
	found, err := c.store.Messages(ctx, roomID, []int64{seq})
	if err != nil {
		return Message{}, err
	}
	if len(found) == 0 || !found[0].mayHaveThread() {
		return Message{}, errNoMessage
	}
	return found[0], nil
}

// followThread lets the actor follow a thread, or stop it.
func (m *marks) followThread(ctx context.Context, a actor, in FollowThread) (followResult, error) {
	if err := errors.Join(checkFirst(in.Seq), checkID("room", in.RoomID)); err != nil {
		return followResult{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return followResult{}, err
	}
	first, err := m.firstOf(ctx, in.RoomID, in.Seq)
	if err != nil {
		return followResult{}, err
	}
	follow, err := m.store.Follow(ctx, LogID(in.RoomID, &in.Seq), a.ID, in.On, first.Thread.Count)
	if err != nil {
		return followResult{}, err
	}
	return followResult{follow}, m.tellFollow(ctx, a, in.RoomID, in.Seq, follow)
}

// readThread moves the actor's mark in a thread that they follow.
func (m *marks) readThread(ctx context.Context, a actor, in MarkRead, move moveMark) (markResult, error) {
	if err := checkThread(in.ThreadOf); err != nil {
		return markResult{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return markResult{}, err
	}
	mark, err := move(ctx, LogID(in.RoomID, in.ThreadOf), a.ID, in.Seq, in.Version)
	if errors.Is(err, ErrNotMember) {
		return markResult{}, errNotFollowing
	}
	if err != nil || mark.Seq != in.Seq {
		return markResult{mark}, err
	}
	return markResult{mark}, m.tellFollow(ctx, a, in.RoomID, *in.ThreadOf, Follow{true, mark})
}

// tellFollow tells the actor's other devices how they stand to a thread.
func (m *marks) tellFollow(ctx context.Context, a actor, roomID string, seq int64, follow Follow) error {
	return m.except(a, devices(a.ID)).Emit(ctx, "followChanged", followChanged{roomID, seq, follow})
}

// followed returns a page of the threads that the actor follows in their rooms.
func (m *marks) followed(ctx context.Context, a actor, in FollowedThreads) (followedPage, error) {
	if !followedPattern.MatchString(in.Cursor) {
		return followedPage{}, badRequest("Use next of an earlier answer for cursor.")
	}
	rooms, err := m.store.RoomsOf(ctx, a.ID)
	if err != nil {
		return followedPage{}, err
	}
	all, err := m.store.Followed(ctx, a.ID, in.Cursor, maxFollowed)
	if err != nil {
		return followedPage{}, err
	}
	if err := spendReads(ctx, 2*len(all)); err != nil {
		return followedPage{}, err
	}
	out, left, last := followedPage{Threads: []followedThread{}}, space(maxListBytes), in.Cursor
	for _, f := range all {
		if slices.Contains(rooms, f.First.RoomID) {
			if fits, err := left.takes(f.First); err != nil || !fits {
				out.Next = last
				return out, err
			}
			out.Threads = append(out.Threads, followedThread{f.First, f.Mark, max(f.First.Thread.Count-f.Mark.Seq, 0)})
		}
		last = f.First.ID
	}
	if len(all) == maxFollowed {
		out.Next = last
	}
	return out, nil
}
