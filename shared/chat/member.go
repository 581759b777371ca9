package chat

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// RoomRef names the room of a request.
type RoomRef struct {
	RoomID string `json:"roomId"`
}

// memberView is a member with their presence.
type memberView struct {
	Member
	Online bool `json:"online"`
}

// joinResult is the result of joinRoom.
type joinResult struct {
	Room    Room         `json:"room"`
	Members []memberView `json:"members"`
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
	added, err := r.enter(ctx, a, room)
	if err != nil {
		return joinResult{}, err
	}
	if added {
		change := memberChanged{room.ID, a.User, "joined"}
		if err := r.server.To(audience(room.ID)).Emit(ctx, "memberChanged", change); err != nil {
			return joinResult{}, err
		}
	}
	out := joinResult{Room: room}
	if out.page, err = r.messages.read(ctx, room.ID, History{}, maxJoinBytes); err != nil {
		return joinResult{}, err
	}
	out.Room.Head = out.Head
	out.Members, err = r.members(ctx, room.ID)
	return out, err
}

// enter makes the actor a member, if the room's kind allows it, and puts their devices
// into the room's audience. It reports whether they are a new member.
func (r *rooms) enter(ctx context.Context, a actor, room Room) (added bool, err error) {
	member, err := r.store.IsMember(ctx, room.ID, a.ID)
	if err != nil || member && a.inRoom(room.ID) {
		return false, err
	}
	if !member {
		switch room.Kind {
		case Channel, Group:
			added, err = r.store.AddMember(ctx, room.ID, Member{User: a.User, JoinedAt: At(r.now())})
		default:
			err = errNoRoom // only its members may know that it exists
		}
		if err != nil {
			return false, err
		}
	}
	if err := r.server.In(devices(a.ID)).SocketsJoin(ctx, audience(room.ID)); err != nil {
		return false, err
	}
	// Another device of theirs may have left the room meanwhile, before these sockets
	// were in the audience.
	if member, err = r.store.IsMember(ctx, room.ID, a.ID); err != nil || member {
		return added, err
	}
	return false, errors.Join(r.server.In(devices(a.ID)).SocketsLeave(ctx, audience(room.ID)), errForbidden)
}

// members returns the members of a room with their presence.
func (r *rooms) members(ctx context.Context, roomID string) ([]memberView, error) {
	members, err := r.store.Members(ctx, roomID, maxMembers)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	presences, err := r.store.Presences(ctx, ids, r.now())
	if err != nil {
		return nil, err
	}
	views := make([]memberView, len(members))
	for i, m := range members {
		views[i] = memberView{m, presences[m.ID].Online}
	}
	return views, nil
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
	removed, err := r.store.RemoveMember(ctx, room.ID, a.ID)
	if err != nil {
		return none, err
	}
	// Even if nothing was removed: an earlier attempt may have died here.
	if err := r.server.In(devices(a.ID)).SocketsLeave(ctx, audience(room.ID)); err != nil {
		return none, err
	}
	if !removed {
		if room.Kind == Private && !former {
			return none, errNoRoom
		}
		return none, nil
	}
	change := memberChanged{room.ID, a.User, "left"}
	return none, r.server.To(audience(room.ID), devices(a.ID)).Emit(ctx, "memberChanged", change)
}
