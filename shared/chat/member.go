package chat

import (
	"context"
	"time"

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
	added := false
	switch room.Kind {
	case Channel, Group:
		added, err = c.store.AddMember(ctx, room.ID, Member{User: a.User, JoinedAt: c.now().UTC().Truncate(time.Millisecond)})
	default:
		err = c.authorize(ctx, a, room.ID)
	}
	if err != nil {
		return joined{}, err
	}
	if added || !a.inRoom(room.ID) {
		if err := c.server.In(devices(a.ID)).SocketsJoin(ctx, audience(room.ID)); err != nil {
			return joined{}, err
		}
	}
	if added {
		change := memberChanged{room.ID, a.User, "joined"}
		if err := c.server.To(audience(room.ID)).Emit(ctx, "memberChanged", change); err != nil {
			return joined{}, err
		}
	}
	out := joined{Room: room}
	if out.page, err = c.read(ctx, room.ID, History{}); err != nil {
		return joined{}, err
	}
	out.Room.Head = out.Head
	out.Members, err = c.members(ctx, room.ID)
	return out, err
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
