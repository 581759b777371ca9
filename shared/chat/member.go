package chat

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// RoomRef names the room of a request.
type RoomRef struct {
	RoomID string `json:"roomId"`
}

// memberView is a member with their presence.
type memberView struct {
	Member
	Presence
}

// joinResult is the result of joinRoom.
type joinResult struct {
	Room    Room         `json:"room"`
	Members []memberView `json:"members"`
	// MoreMembers: the request members returns those after the last of Members.
	MoreMembers bool `json:"moreMembers,omitempty"`
	page
}

// memberChanged tells a room that a member joined or left.
type memberChanged struct {
	RoomID string `json:"roomId"`
	User   User   `json:"user"`
	Change string `json:"change"`
}

// join makes the actor a member and returns the room, its members and its newest page.
func (r *rooms) join(ctx context.Context, a actor, in RoomRef) (joinResult, error) {
	if err := checkID("room", in.RoomID); err != nil {
		return joinResult{}, err
	}
	room, err := r.store.Room(ctx, in.RoomID)
	if err != nil {
		return joinResult{}, err
	}
	add := r.store.AddMember
	if room.Kind == Private || room.Kind == Direct {
		add = r.store.AcceptInvitation
	}
	if err := r.enter(ctx, a, room, add); err != nil {
		return joinResult{}, err
	}
	out := joinResult{Room: room}
	if out.page, err = r.messages.read(ctx, room.ID, History{}, maxJoinBytes); err != nil {
		return joinResult{}, err
	}
	out.Room.Head = out.Head
	members, err := r.membersAfter(ctx, room.ID, "")
	out.Members, out.MoreMembers = members.Members, members.More
	return out, err
}

// MembersQuery asks for the members of a room.
type MembersQuery struct {
	RoomID string `json:"roomId"`
	// After is the id of the last member of the page before.
	After string `json:"after,omitzero"`
}

func (q MembersQuery) check() error {
	if q.After != "" {
		if err := checkID("user", q.After); err != nil {
			return err
		}
	}
	return checkID("room", q.RoomID)
}

// membersResult is a page of members, in the order of their ids.
type membersResult struct {
	Members []memberView `json:"members"`
	// More reports that there are later ones.
	More bool `json:"more"`
}

// members returns a page of the members of a room that the actor is in.
func (r *rooms) members(ctx context.Context, a actor, in MembersQuery) (membersResult, error) {
	if err := in.check(); err != nil {
		return membersResult{}, err
	}
	if err := r.authorize(ctx, a, in.RoomID); err != nil {
		return membersResult{}, err
	}
	return r.membersAfter(ctx, in.RoomID, in.After)
}

// adder is the method of the store that makes somebody a member.
type adder func(ctx context.Context, roomID string, m Member, at time.Time) (bool, error)

// enter makes the actor a member and lets their devices hear the room. It also finishes what
// an earlier attempt has left unfinished.
func (r *rooms) enter(ctx context.Context, a actor, room Room, add adder) error {
	member, err := r.store.IsMember(ctx, room.ID, a.ID)
	if err != nil {
		return err
	}
	change := Change{RoomID: room.ID, User: a.User, At: r.askedAt(a)}
	added := false
	if !member {
		if err := realtime.Spend(ctx, changeWork); err != nil {
			return err
		}
		newcomer := Member{User: a.User, JoinedAt: At(r.now())}
		if newcomer.ReadUpTo, err = r.readUpTo(ctx, room); err != nil {
			return err
		}
		if added, err = add(ctx, room.ID, newcomer, change.At); err != nil {
			return err
		}
	}
	noted := true
	if !added {
		if change, noted, err = r.store.ChangeOf(ctx, room.ID, a.ID); err != nil {
			return err
		}
	}
	switch {
	case noted && !change.Finished:
		member, err = r.finish(ctx, change)
	case a.socket != nil && !a.inRoom(room.ID):
		member, err = r.follow(ctx, room.ID, a.ID)
	}
	if err == nil && !member {
		err = errForbidden // another device of theirs has left the room meanwhile
	}
	return err
}

// readUpTo returns up to where a room counts as read by somebody who joins it: what was said
// before was not said to them, except in a direct room.
func (r *rooms) readUpTo(ctx context.Context, room Room) (int64, error) {
	if room.Kind == Direct {
		return 0, nil
	}
	head, err := r.store.Head(ctx, room.ID)
	return head.Seq, err
}

// membersAfter returns the page of a room's members after a user, with their presence.
func (r *rooms) membersAfter(ctx context.Context, roomID, userID string) (membersResult, error) {
	members, err := r.store.MembersAfter(ctx, roomID, userID, maxMembers+1)
	if err != nil {
		return membersResult{}, err
	}
	more := len(members) > maxMembers
	members = members[:min(maxMembers, len(members))]
	if err := spendReads(ctx, len(members)); err != nil {
		return membersResult{}, err
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	presences, err := r.presences(ctx, ids)
	if err != nil {
		return membersResult{}, err
	}
	views := make([]memberView, len(members))
	for i, m := range members {
		views[i] = memberView{m, presences[m.ID]}
	}
	return membersResult{views, more}, nil
}

// leave ends the actor's membership.
func (r *rooms) leave(ctx context.Context, a actor, in RoomRef) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	room, err := r.store.Room(ctx, in.RoomID)
	if err != nil {
		return none, err
	}
	if room.Kind == Direct {
		member, err := r.store.IsMember(ctx, room.ID, a.ID)
		if err == nil && !member {
			err = errNoRoom
		}
		if err != nil {
			return none, err
		}
		return none, realtime.Errorf(CodeForbidden, "You cannot leave a direct room.")
	}
	former := a.inRoom(room.ID)
	change, noted := Change{RoomID: room.ID, User: a.User, At: r.askedAt(a)}, true
	removed, err := r.store.RemoveMember(ctx, room.ID, a.User, change.At)
	if err == nil && !removed {
		change, noted, err = r.store.ChangeOf(ctx, room.ID, a.ID)
	}
	switch {
	case err != nil:
		return none, err
	case noted && !change.Finished:
		_, err = r.finish(ctx, change)
	case former:
		_, err = r.follow(ctx, room.ID, a.ID)
	case room.Kind == Private:
		err = errNoRoom // only its members may know that it exists
	}
	return none, err
}
