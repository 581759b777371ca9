package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// A member has a mark in each room: the last position that counts as read. What is unread is
// the difference to the end of the log. Reading moves the mark forward only, so marks may come
// late, twice and in any order. Sending moves it to one's own message. Only a request to mark
// as unread moves it back, and gives it the next version, by which marks of before are known.

// Mark is up to where a member has read a room.
type Mark struct {
	Seq int64 `json:"seq"`
	// Version grows whenever the member joins the room or marks messages as unread. Of two
	// marks, the one with the larger version is the later one, then that with the larger Seq.
	Version int64 `json:"version"`
}

// FirstMark is the mark of somebody who becomes a member.
func FirstMark(m Member) Mark { return Mark{m.ReadUpTo, m.JoinedAt.UnixMilli()} }

// roomMark is a mark of the actor with its room.
type roomMark struct {
	RoomID string `json:"roomId"`
	Mark
}

// memberMark is up to where somebody has read a room.
type memberMark struct {
	UserID string `json:"userId"`
	Seq    int64  `json:"seq"`
}

// marksChanged tells that somebody has read, or marked as unread, in these rooms.
type marksChanged struct {
	UserID string     `json:"userId"`
	Marks  []roomMark `json:"marks"`
}

// MarkRead asks to mark a room as read up to a position, or as unread after it.
type MarkRead struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
	// Unread asks to move the mark back too.
	Unread bool `json:"unread,omitzero"`
	// Version is that of the mark which the actor knows. If the mark has a later one by now, it
	// stays where it is.
	Version *int64 `json:"version,omitzero"`
	// ThreadOf asks to mark a thread that the actor follows, by the position of its first message.
	// Seq is a position of the thread then.
	ThreadOf *int64 `json:"threadOf,omitzero"`
}

type markResult struct {
	Mark Mark `json:"mark"`
}

// MarkAllRead asks to mark rooms as read up to positions. It names the positions, so that a
// repetition that comes late marks nothing that nobody has seen.
type MarkAllRead struct {
	Marks []MarkOf `json:"marks"`
}

// MarkOf is a position of a room, for MarkAllRead.
type MarkOf struct {
	RoomID  string `json:"roomId"`
	Seq     int64  `json:"seq"`
	Version *int64 `json:"version,omitzero"`
}

type marksResult struct {
	Marks []roomMark `json:"marks"`
}

// readers is the result of readMarks.
type readers struct {
	Marks []memberMark `json:"marks"`
}

// marksAtOnce is how many marks of one request are moved at a time.
const marksAtOnce = 16

// moveMark is MarkRead or MarkUnread of a store.
type moveMark func(ctx context.Context, log, userID string, seq int64, version *int64) (Mark, error)

// marks moves the marks of members, and shows them to others.
type marks struct{ *core }

// read moves a mark of the actor.
func (m *marks) read(ctx context.Context, a actor, in MarkRead) (markResult, error) {
	if err := (MarkOf{in.RoomID, in.Seq, in.Version}).check(); err != nil {
		return markResult{}, err
	}
	move := moveMark(m.store.MarkRead)
	if in.Unread {
		move = m.store.MarkUnread
	}
	if in.ThreadOf != nil {
		return m.readThread(ctx, a, in, move)
	}
	mark, err := move(ctx, in.RoomID, a.ID, in.Seq, in.Version)
	if errors.Is(err, ErrNotMember) && a.inRoom(in.RoomID) {
		_, followErr := m.follow(ctx, in.RoomID, a.ID)
		err = cmp.Or(followErr, err)
	}
	// Also if the mark stands there already: the attempt that moved it may have died before it
	// told anybody. What has moved on since was told by whoever moved it.
	if err != nil || mark.Seq != in.Seq {
		return markResult{mark}, err
	}
	return markResult{mark}, m.tell(ctx, a, []roomMark{{in.RoomID, mark}}, !in.Unread)
}

// readAll moves several marks of the actor forward. Rooms that they are not in are left out.
func (m *marks) readAll(ctx context.Context, a actor, in MarkAllRead) (marksResult, error) {
	if err := in.check(); err != nil {
		return marksResult{}, err
	}
	if err := realtime.Spend(ctx, markWork*len(in.Marks)); err != nil {
		return marksResult{}, err
	}
	out := marksResult{[]roomMark{}}
	var news []roomMark
	var mu sync.Mutex
	err := wait.ForEach(ctx, marksAtOnce, in.Marks, func(ctx context.Context, to MarkOf) error {
		mark, err := m.store.MarkRead(ctx, to.RoomID, a.ID, to.Seq, to.Version)
		if errors.Is(err, ErrNotMember) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			out.Marks = append(out.Marks, roomMark{to.RoomID, mark})
		}
		if err == nil && mark.Seq == to.Seq {
			news = append(news, roomMark{to.RoomID, mark})
		}
		return err
	})
	slices.SortFunc(out.Marks, func(a, b roomMark) int { return cmp.Compare(a.RoomID, b.RoomID) })
	return out, errors.Join(err, m.tell(ctx, a, news, true))
}

// tell tells the actor's other devices of marks, in one event. In direct rooms it tells the other
// person too, if they are to know. In larger rooms others ask: each message there is
// read by everyone, and telling everyone of it would cost the square of their number.
func (m *marks) tell(ctx context.Context, a actor, news []roomMark, others bool) error {
	var own []roomMark
	var errs []error
	for _, mark := range news {
		if !others || !isDirect(mark.RoomID) {
			own = append(own, mark)
			continue
		}
		errs = append(errs, m.except(a, audience(mark.RoomID)).Emit(ctx, "read", marksChanged{a.ID, []roomMark{mark}}))
	}
	if len(own) > 0 {
		errs = append(errs, m.except(a, devices(a.ID)).Emit(ctx, "read", marksChanged{a.ID, own}))
	}
	return errors.Join(errs...)
}

// except addresses the sockets of a realtime room without the one that asked: its answer tells it.
func (c *core) except(a actor, room string) realtime.Broadcast {
	if a.socket == nil {
		return c.server.To(room)
	}
	return a.socket.To(room)
}

// readers returns up to where the members of a small room have read it.
func (m *marks) readers(ctx context.Context, a actor, in RoomRef) (readers, error) {
	if err := checkID("room", in.RoomID); err != nil {
		return readers{}, err
	}
	if err := m.authorize(ctx, a, in.RoomID); err != nil {
		return readers{}, err
	}
	members, err := m.store.Members(ctx, in.RoomID, maxReaders+1)
	if err != nil {
		return readers{}, err
	}
	if len(members) > maxReaders {
		return readers{}, realtime.Errorf(realtime.CodeTooLarge, "Only rooms of at most %d members tell who has read what.", maxReaders)
	}
	if err := spendReads(ctx, 2*len(members)); err != nil {
		return readers{}, err
	}
	ids := make([]string, len(members))
	for i, member := range members {
		ids[i] = member.ID
	}
	found, err := m.store.Marks(ctx, in.RoomID, ids)
	if err != nil {
		return readers{}, err
	}
	out := readers{[]memberMark{}}
	for _, id := range ids {
		if mark, marked := found[id]; marked {
			out.Marks = append(out.Marks, memberMark{id, mark.Seq})
		}
	}
	return out, nil
}

func (in MarkAllRead) check() error {
	if len(in.Marks) > MaxRooms {
		return realtime.Errorf(realtime.CodeTooLarge, "Name at most %d rooms in marks.", MaxRooms)
	}
	seen := map[string]bool{}
	for _, mark := range in.Marks {
		if err := mark.check(); err != nil {
			return err
		}
		if seen[mark.RoomID] {
			return badRequest("Name each room once in marks.")
		}
		seen[mark.RoomID] = true
	}
	return nil
}

func (in MarkOf) check() error {
	switch {
	case in.Seq < 0 || in.Seq > maxSeq:
		return badRequest("Use the position of the last message that is read for seq, or 0.")
	case in.Version != nil && *in.Version < 0:
		return badRequest("Use a version from 0.")
	}
	return checkID("room", in.RoomID)
}
