package simulate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// chatStore has a gate before each method of the chat's store. Each is one call of a database,
// so none is ever cut.
type chatStore struct {
	world *world
	inner chat.Store
}

func (s *chatStore) CreateRoom(ctx context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, bool, error) {
	type created struct {
		room  chat.Room
		fresh bool
	}
	out, err := get(ctx, s.world, "CreateRoom", tempID, func() (created, error) {
		room, fresh, err := s.inner.CreateRoom(ctx, r, members, invited, tempID)
		return created{room, fresh}, err
	})
	return out.room, out.fresh, err
}

func (s *chatStore) EarlierRoom(ctx context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, error) {
	return get(ctx, s.world, "EarlierRoom", tempID, func() (chat.Room, error) { return s.inner.EarlierRoom(ctx, r, members, invited, tempID) })
}

func (s *chatStore) Room(ctx context.Context, roomID string) (chat.Room, error) {
	return get(ctx, s.world, "Room", roomID, func() (chat.Room, error) { return s.inner.Room(ctx, roomID) })
}

func (s *chatStore) Rooms(ctx context.Context, roomIDs []string) ([]chat.Room, error) {
	return get(ctx, s.world, "Rooms", strings.Join(roomIDs, " "), func() ([]chat.Room, error) { return s.inner.Rooms(ctx, roomIDs) })
}

func (s *chatStore) OpenRooms(ctx context.Context, after chat.Place, limit int) ([]chat.Room, error) {
	return get(ctx, s.world, "OpenRooms", "", func() ([]chat.Room, error) { return s.inner.OpenRooms(ctx, after, limit) })
}

func (s *chatStore) AddMember(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	return get(ctx, s.world, "AddMember", roomID+" "+m.ID, func() (bool, error) { return s.inner.AddMember(ctx, roomID, m, at) })
}

func (s *chatStore) RemoveMember(ctx context.Context, roomID string, u chat.User, at time.Time) (bool, error) {
	return get(ctx, s.world, "RemoveMember", roomID+" "+u.ID, func() (bool, error) { return s.inner.RemoveMember(ctx, roomID, u, at) })
}

func (s *chatStore) IsMember(ctx context.Context, roomID, userID string) (bool, error) {
	return get(ctx, s.world, "IsMember", roomID+" "+userID, func() (bool, error) { return s.inner.IsMember(ctx, roomID, userID) })
}

func (s *chatStore) Members(ctx context.Context, roomID string, limit int) ([]chat.Member, error) {
	return get(ctx, s.world, "chat.Members", roomID, func() ([]chat.Member, error) { return s.inner.Members(ctx, roomID, limit) })
}

func (s *chatStore) MembersAfter(ctx context.Context, roomID, userID string, limit int) ([]chat.Member, error) {
	return get(ctx, s.world, "MembersAfter", roomID, func() ([]chat.Member, error) { return s.inner.MembersAfter(ctx, roomID, userID, limit) })
}

func (s *chatStore) RoomsOf(ctx context.Context, userID string) ([]string, error) {
	return get(ctx, s.world, "RoomsOf", userID, func() ([]string, error) { return s.inner.RoomsOf(ctx, userID) })
}

func (s *chatStore) StandingOf(ctx context.Context, userID string, now time.Time) (chat.Standing, error) {
	return get(ctx, s.world, "StandingOf", userID, func() (chat.Standing, error) { return s.inner.StandingOf(ctx, userID, now) })
}

func (s *chatStore) StandingWithDrafts(ctx context.Context, userID string, now time.Time) (chat.Standing, error) {
	return get(ctx, s.world, "StandingWithDrafts", userID, func() (chat.Standing, error) { return s.inner.StandingWithDrafts(ctx, userID, now) })
}

func (s *chatStore) SaveDraft(ctx context.Context, log, userID string, d chat.Draft) (chat.Draft, error) {
	return get(ctx, s.world, "SaveDraft", log+" "+userID, func() (chat.Draft, error) { return s.inner.SaveDraft(ctx, log, userID, d) })
}

func (s *chatStore) Invited(ctx context.Context, roomID string, now time.Time) ([]string, error) {
	return get(ctx, s.world, "Invited", roomID, func() ([]string, error) { return s.inner.Invited(ctx, roomID, now) })
}

func (s *chatStore) AcceptInvitation(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	return get(ctx, s.world, "AcceptInvitation", roomID+" "+m.ID, func() (bool, error) { return s.inner.AcceptInvitation(ctx, roomID, m, at) })
}

func (s *chatStore) DeclineInvitation(ctx context.Context, roomID, userID string) error {
	return do(ctx, s.world, "DeclineInvitation", roomID+" "+userID, func() error { return s.inner.DeclineInvitation(ctx, roomID, userID) }, nil)
}

func (s *chatStore) Changes(ctx context.Context) ([]chat.Change, error) {
	return get(ctx, s.world, "Changes", "", func() ([]chat.Change, error) { return s.inner.Changes(ctx) })
}

func (s *chatStore) ChangeOf(ctx context.Context, roomID, userID string) (chat.Change, bool, error) {
	type change struct {
		chat.Change
		noted bool
	}
	out, err := get(ctx, s.world, "ChangeOf", roomID+" "+userID, func() (change, error) {
		c, noted, err := s.inner.ChangeOf(ctx, roomID, userID)
		return change{c, noted}, err
	})
	return out.Change, out.noted, err
}

func (s *chatStore) FinishChange(ctx context.Context, c chat.Change) error {
	return do(ctx, s.world, "FinishChange", c.RoomID+" "+c.User.ID, func() error { return s.inner.FinishChange(ctx, c) }, nil)
}

func (s *chatStore) ForgetChange(ctx context.Context, c chat.Change) error {
	return do(ctx, s.world, "ForgetChange", c.RoomID+" "+c.User.ID, func() error { return s.inner.ForgetChange(ctx, c) }, nil)
}

func (s *chatStore) MarkLeft(ctx context.Context, roomID, userID string, at time.Time) error {
	return do(ctx, s.world, "MarkLeft", roomID+" "+userID, func() error { return s.inner.MarkLeft(ctx, roomID, userID, at) }, nil)
}

func (s *chatStore) UnmarkLeft(ctx context.Context, roomID, userID string, at time.Time) error {
	return do(ctx, s.world, "UnmarkLeft", roomID+" "+userID, func() error { return s.inner.UnmarkLeft(ctx, roomID, userID, at) }, nil)
}

func (s *chatStore) Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (chat.Taken, error) {
	return get(ctx, s.world, "Take", roomID+" "+tempID, func() (chat.Taken, error) {
		return s.inner.Take(ctx, roomID, senderID, tempID, now, taken)
	})
}

func (s *chatStore) Put(ctx context.Context, m chat.Message) (chat.Message, bool, error) {
	type put struct {
		message chat.Message
		fresh   bool
	}
	out, err := get(ctx, s.world, "Put", fmt.Sprintf("%s %s at %d", m.RoomID, m.TempID, m.Seq), func() (put, error) {
		stored, fresh, err := s.inner.Put(ctx, m)
		return put{stored, fresh}, err
	})
	return out.message, out.fresh, err
}

func (s *chatStore) Head(ctx context.Context, roomID string) (chat.Head, error) {
	return get(ctx, s.world, "Head", roomID, func() (chat.Head, error) { return s.inner.Head(ctx, roomID) })
}

func (s *chatStore) Heads(ctx context.Context, logs []string) (map[string]chat.Head, error) {
	return get(ctx, s.world, "Heads", fmt.Sprint(logs), func() (map[string]chat.Head, error) { return s.inner.Heads(ctx, logs) })
}

func (s *chatStore) WasSent(ctx context.Context, m chat.Message) (bool, error) {
	return get(ctx, s.world, "WasSent", m.RoomID+" "+m.TempID, func() (bool, error) { return s.inner.WasSent(ctx, m) })
}

func (s *chatStore) EntriesAt(ctx context.Context, at []chat.Position) (map[chat.Position]chat.Entry, error) {
	return get(ctx, s.world, "EntriesAt", fmt.Sprint(at), func() (map[chat.Position]chat.Entry, error) { return s.inner.EntriesAt(ctx, at) })
}

func (s *chatStore) Entries(ctx context.Context, roomID string, first, last int64) ([]chat.Entry, error) {
	return get(ctx, s.world, "Entries", fmt.Sprint(roomID, first, last), func() ([]chat.Entry, error) { return s.inner.Entries(ctx, roomID, first, last) })
}

func (s *chatStore) Void(ctx context.Context, roomID string, seq int64, now time.Time) (chat.Entry, error) {
	return get(ctx, s.world, "Void", fmt.Sprint(roomID, " ", seq), func() (chat.Entry, error) { return s.inner.Void(ctx, roomID, seq, now) })
}

func (s *chatStore) Revisable(ctx context.Context, roomID string, seq int64) (chat.Revisable, error) {
	return get(ctx, s.world, "Revisable", fmt.Sprint(roomID, " ", seq), func() (chat.Revisable, error) { return s.inner.Revisable(ctx, roomID, seq) })
}

func (s *chatStore) Revise(ctx context.Context, m, was chat.Message, userID string) error {
	return do(ctx, s.world, "Revise", fmt.Sprint(m.RoomID, " ", m.Seq, " as ", m.Rev), func() error { return s.inner.Revise(ctx, m, was, userID) }, nil)
}

func (s *chatStore) Revisions(ctx context.Context, roomID string, after int64, limit int) ([]int64, error) {
	return get(ctx, s.world, "Revisions", fmt.Sprint(roomID, " ", after), func() ([]int64, error) { return s.inner.Revisions(ctx, roomID, after, limit) })
}

func (s *chatStore) Messages(ctx context.Context, roomID string, seqs []int64) ([]chat.Message, error) {
	return get(ctx, s.world, "Messages", fmt.Sprint(roomID, seqs), func() ([]chat.Message, error) { return s.inner.Messages(ctx, roomID, seqs) })
}

func (s *chatStore) Pinned(ctx context.Context, roomID string, before int64, limit int) ([]int64, error) {
	return get(ctx, s.world, "Pinned", fmt.Sprint(roomID, " ", before), func() ([]int64, error) { return s.inner.Pinned(ctx, roomID, before, limit) })
}

func (s *chatStore) React(ctx context.Context, r chat.Reacted, on bool, at time.Time) error {
	return do(ctx, s.world, "React", fmt.Sprint(r, on), func() error { return s.inner.React(ctx, r, on, at) }, nil)
}

func (s *chatStore) Reactions(ctx context.Context, log string, seq int64) ([]chat.Reacted, error) {
	return get(ctx, s.world, "Reactions", fmt.Sprint(log, " ", seq), func() ([]chat.Reacted, error) { return s.inner.Reactions(ctx, log, seq) })
}

func (s *chatStore) ReactedWith(ctx context.Context, r chat.Reacted, after string, limit int) (users []chat.User, mine bool, err error) {
	users, err = get(ctx, s.world, "ReactedWith", fmt.Sprint(r), func() (users []chat.User, err error) {
		users, mine, err = s.inner.ReactedWith(ctx, r, after, limit)
		return users, err
	})
	return users, mine, err
}

func (s *chatStore) ForgetReactions(ctx context.Context, log string, seq int64) error {
	return do(ctx, s.world, "ForgetReactions", fmt.Sprint(log, " ", seq), func() error { return s.inner.ForgetReactions(ctx, log, seq) }, nil)
}

func (s *chatStore) ReactionNotes(ctx context.Context, before time.Time, limit int) ([]chat.ReactionNote, error) {
	return get(ctx, s.world, "ReactionNotes", "", func() ([]chat.ReactionNote, error) { return s.inner.ReactionNotes(ctx, before, limit) })
}

func (s *chatStore) ForgetReactionNotes(ctx context.Context, notes []chat.ReactionNote) error {
	return do(ctx, s.world, "ForgetReactionNotes", fmt.Sprint(notes), func() error { return s.inner.ForgetReactionNotes(ctx, notes) }, nil)
}

func (s *chatStore) PutReply(ctx context.Context, reply, first, was chat.Message) (chat.Message, bool, error) {
	type put struct {
		message chat.Message
		fresh   bool
	}
	out, err := get(ctx, s.world, "PutReply", fmt.Sprintf("%s %s at %d", reply.Log(), reply.TempID, reply.Seq), func() (put, error) {
		stored, fresh, err := s.inner.PutReply(ctx, reply, first, was)
		return put{stored, fresh}, err
	})
	return out.message, out.fresh, err
}

func (s *chatStore) Follow(ctx context.Context, log, userID string, on bool, seq int64) (chat.Follow, error) {
	return get(ctx, s.world, "Follow", log+" "+userID, func() (chat.Follow, error) { return s.inner.Follow(ctx, log, userID, on, seq) })
}

func (s *chatStore) FollowOf(ctx context.Context, log, userID string) (follow chat.Follow, draft chat.Draft, err error) {
	follow, err = get(ctx, s.world, "FollowOf", log+" "+userID, func() (_ chat.Follow, err error) {
		follow, draft, err = s.inner.FollowOf(ctx, log, userID)
		return follow, err
	})
	return follow, draft, err
}

func (s *chatStore) Followed(ctx context.Context, userID, after string, limit int) ([]chat.Followed, error) {
	return get(ctx, s.world, "Followed", userID, func() ([]chat.Followed, error) { return s.inner.Followed(ctx, userID, after, limit) })
}

func (s *chatStore) SearchReplies(ctx context.Context, roomID string, first, last int64, terms []string) (found []chat.Hit, units float64, err error) {
	found, err = get(ctx, s.world, "SearchReplies", fmt.Sprint(roomID, " ", first), func() (found []chat.Hit, err error) {
		found, units, err = s.inner.SearchReplies(ctx, roomID, first, last, terms)
		return found, err
	})
	return found, units, err
}

func (s *chatStore) Search(ctx context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error) {
	seqs, err = get(ctx, s.world, "Search", fmt.Sprint(roomID, " ", first), func() (seqs []int64, err error) {
		seqs, units, err = s.inner.Search(ctx, roomID, first, last, terms)
		return seqs, err
	})
	return seqs, units, err
}

func (s *chatStore) TakeLink(ctx context.Context, roomID, url string, now, until time.Time) (known chat.KnownLink, taken bool, err error) {
	known, err = get(ctx, s.world, "TakeLink", roomID, func() (_ chat.KnownLink, err error) {
		known, taken, err = s.inner.TakeLink(ctx, roomID, url, now, until)
		return known, err
	})
	return known, taken, err
}

func (s *chatStore) KeepLink(ctx context.Context, roomID, url string, preview *chat.LinkPreview, until time.Time) error {
	return do(ctx, s.world, "KeepLink", roomID, func() error { return s.inner.KeepLink(ctx, roomID, url, preview, until) }, nil)
}

func (s *chatStore) MembersAmong(ctx context.Context, roomID string, userIDs []string) ([]string, error) {
	return get(ctx, s.world, "MembersAmong", roomID, func() ([]string, error) { return s.inner.MembersAmong(ctx, roomID, userIDs) })
}

func (s *chatStore) Mentions(ctx context.Context, userID, after string, limit int) ([]chat.Mention, error) {
	return get(ctx, s.world, "Mentions", userID, func() ([]chat.Mention, error) { return s.inner.Mentions(ctx, userID, after, limit) })
}

func (s *chatStore) MarkRead(ctx context.Context, roomID, userID string, seq int64, version *int64) (chat.Mark, error) {
	return get(ctx, s.world, "MarkRead", roomID+" "+userID, func() (chat.Mark, error) { return s.inner.MarkRead(ctx, roomID, userID, seq, version) })
}

func (s *chatStore) MarkUnread(ctx context.Context, roomID, userID string, seq int64, version *int64) (chat.Mark, error) {
	return get(ctx, s.world, "MarkUnread", roomID+" "+userID, func() (chat.Mark, error) { return s.inner.MarkUnread(ctx, roomID, userID, seq, version) })
}

func (s *chatStore) Marks(ctx context.Context, roomID string, userIDs []string) (map[string]chat.Mark, error) {
	return get(ctx, s.world, "Marks", roomID, func() (map[string]chat.Mark, error) { return s.inner.Marks(ctx, roomID, userIDs) })
}

func (s *chatStore) NoteCheck(ctx context.Context, c chat.Check) error {
	return do(ctx, s.world, "NoteCheck", c.ConnectionID, func() error { return s.inner.NoteCheck(ctx, c) }, nil)
}

func (s *chatStore) Checks(ctx context.Context, before time.Time) ([]chat.Check, error) {
	return get(ctx, s.world, "Checks", "", func() ([]chat.Check, error) { return s.inner.Checks(ctx, before) })
}

func (s *chatStore) ForgetChecks(ctx context.Context, all []chat.Check) error {
	return do(ctx, s.world, "ForgetChecks", "", func() error { return s.inner.ForgetChecks(ctx, all) }, nil)
}

func (s *chatStore) SetTold(ctx context.Context, userID string, version int64, online bool) (bool, error) {
	return get(ctx, s.world, "SetTold", userID, func() (bool, error) { return s.inner.SetTold(ctx, userID, version, online) })
}

func (s *chatStore) Online(ctx context.Context, u chat.User, socketID string, now, expires time.Time) (chat.Transition, error) {
	return get(ctx, s.world, "Online", u.ID, func() (chat.Transition, error) { return s.inner.Online(ctx, u, socketID, now, expires) })
}

func (s *chatStore) Offline(ctx context.Context, userID, socketID string, now time.Time) (chat.Transition, error) {
	return get(ctx, s.world, "Offline", userID, func() (chat.Transition, error) { return s.inner.Offline(ctx, userID, socketID, now) })
}

func (s *chatStore) Presences(ctx context.Context, userIDs []string, now time.Time) (map[string]chat.Presence, error) {
	return get(ctx, s.world, "Presences", strings.Join(userIDs, " "), func() (map[string]chat.Presence, error) { return s.inner.Presences(ctx, userIDs, now) })
}

func (s *chatStore) Type(ctx context.Context, roomID, userID string, on bool, now time.Time) (member, news bool, err error) {
	err = do(ctx, s.world, "Type", roomID+" "+userID, func() (err error) {
		member, news, err = s.inner.Type(ctx, roomID, userID, on, now)
		return err
	}, nil)
	return member, news, err
}

func (s *chatStore) Spend(ctx context.Context, userID string, spending chat.Spending) (chat.Account, error) {
	return get(ctx, s.world, "Spend", userID, func() (chat.Account, error) { return s.inner.Spend(ctx, userID, spending) })
}

func (s *chatStore) Admission(ctx context.Context, userID string) (roomIDs []string, signedOut time.Time, err error) {
	err = do(ctx, s.world, "Admission", userID, func() (err error) {
		roomIDs, signedOut, err = s.inner.Admission(ctx, userID)
		return err
	}, nil)
	return roomIDs, signedOut, err
}

func (s *chatStore) SignOut(ctx context.Context, o chat.SignOut) error {
	return do(ctx, s.world, "SignOut", o.UserID, func() error { return s.inner.SignOut(ctx, o) }, nil)
}

func (s *chatStore) SignedOut(ctx context.Context, userID string) (time.Time, error) {
	return get(ctx, s.world, "SignedOut", userID, func() (time.Time, error) { return s.inner.SignedOut(ctx, userID) })
}

func (s *chatStore) SignOuts(ctx context.Context) ([]chat.SignOut, error) {
	return get(ctx, s.world, "SignOuts", "", func() ([]chat.SignOut, error) { return s.inner.SignOuts(ctx) })
}

func (s *chatStore) ForgetSignOut(ctx context.Context, o chat.SignOut) error {
	return do(ctx, s.world, "ForgetSignOut", o.UserID, func() error { return s.inner.ForgetSignOut(ctx, o) }, nil)
}
