package chat

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// RoomRef asks for something about a room.
type RoomRef struct {
	RoomID string `json:"roomId"`
}

// memberView is a member as clients see them.
type memberView struct {
	Member
	Online bool `json:"online"`
}

// joined is the result of joinRoom.
type joined struct {
	Room    Room         `json:"room"`
	Members []memberView `json:"members"`
	page
}

// memberChanged tells a room who came or went.
type memberChanged struct {
	RoomID string `json:"roomId"`
	User   User   `json:"user"`
	Change string `json:"change"`
}

func (c *Chat) joinRoom(ctx context.Context, a actor, in RoomRef) (joined, error) {
	if err := checkID("room", in.RoomID); err != nil {
		return joined{}, err
	}
	room, err := c.store.Room(ctx, in.RoomID)
	if err != nil {
		return joined{}, err
	}
	added, err := c.enter(ctx, a, room)
	if err != nil {
		return joined{}, err
	}
	if added {
		change := memberChanged{room.ID, a.User, "joined"}
		if err := c.server.To(audience(room.ID)).Emit(ctx, "memberChanged", change); err != nil {
			return joined{}, err
		}
	}
	out := joined{Room: room}
	if out.page, err = c.read(ctx, room.ID, History{}, maxJoinBytes); err != nil {
		return joined{}, err
	}
	out.Room.Head = out.Head
	out.Members, err = c.members(ctx, room.ID)
	return out, err
}

// enter makes the actor a member, if the room lets them, and puts their devices into
// the room's audience. It reports whether they are new.
func (c *Chat) enter(ctx context.Context, a actor, room Room) (added bool, err error) {
	member, err := c.store.IsMember(ctx, room.ID, a.ID)
	if err != nil || member && a.inRoom(room.ID) {
		return false, err
	}
	if !member {
		switch room.Kind {
		case Channel, Group:
			added, err = c.store.AddMember(ctx, room.ID, Member{User: a.User, JoinedAt: At(c.now())})
		case Direct:
			err = errNoRoom // who talks with whom is nobody else's business
		default:
			err = errForbidden
		}
		if err != nil {
			return false, err
		}
	}
	if err := c.server.In(devices(a.ID)).SocketsJoin(ctx, audience(room.ID)); err != nil {
		return false, err
	}
	// Another device of theirs may have left the room meanwhile, too early to take out
	// the sockets that came in just now.
	if member, err = c.store.IsMember(ctx, room.ID, a.ID); err != nil || member {
		return added, err
	}
	return false, errors.Join(c.server.In(devices(a.ID)).SocketsLeave(ctx, audience(room.ID)), errForbidden)
}

// members returns the members of a room with their presence.
func (c *Chat) members(ctx context.Context, roomID string) ([]memberView, error) {
	members, err := c.store.Members(ctx, roomID, maxMembers)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	presences, err := c.store.Presences(ctx, ids, c.now())
	if err != nil {
		return nil, err
	}
	views := make([]memberView, len(members))
	for i, m := range members {
		views[i] = memberView{m, presences[m.ID].Online}
	}
	return views, nil
}

func (c *Chat) leaveRoom(ctx context.Context, a actor, in RoomRef) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	room, err := c.store.Room(ctx, in.RoomID)
	if err != nil {
		return none, err
	}
	if room.Kind == Direct {
		member, err := c.store.IsMember(ctx, room.ID, a.ID)
		if err == nil && !member {
			err = errNoRoom
		}
		if err != nil {
			return none, err
		}
		return none, realtime.Errorf(CodeForbidden, "A direct room cannot be left.")
	}
	removed, err := c.store.RemoveMember(ctx, room.ID, a.ID)
	if err != nil {
		return none, err
	}
	// Also when nothing was removed: an earlier attempt may have ended here.
	if err := c.server.In(devices(a.ID)).SocketsLeave(ctx, audience(room.ID)); err != nil || !removed {
		return none, err
	}
	change := memberChanged{room.ID, a.User, "left"}
	return none, c.server.To(audience(room.ID), devices(a.ID)).Emit(ctx, "memberChanged", change)
}

// authorize reports an error unless the actor is a member of a room.
func (c *Chat) authorize(ctx context.Context, a actor, roomID string) error {
	if a.inRoom(roomID) {
		return nil
	}
	member, err := c.store.IsMember(ctx, roomID, a.ID)
	if err != nil {
		return err
	}
	if !member {
		return errForbidden
	}
	return nil
}
