package chat

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/realtime"
)

// Kind says who may enter a room.
type Kind string

const (
	// Channel is listed, and open to everyone.
	Channel Kind = "channel"
	// Group is not listed. Its id cannot be guessed and is the invitation.
	Group Kind = "group"
	// Private is for the members that it was created with.
	Private Kind = "private"
	// Direct is for two people, who have one such room.
	Direct Kind = "direct"
)

// Room is a room as clients see it.
type Room struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Kind      Kind   `json:"kind"`
	CreatedAt Time   `json:"createdAt"`
	CreatedBy User   `json:"createdBy"`
	// Members are the two people of a Direct room. For other rooms, joinRoom lists them.
	Members []User `json:"members,omitempty"`
	// Head is the last position of the room's log.
	Head int64 `json:"head"`
}

// Member is a user in a room.
type Member struct {
	User
	JoinedAt Time `json:"joinedAt"`
}

// CreateRoom asks for a room. Repetitions with the same TempID make one room.
type CreateRoom struct {
	// Name may be empty for a Direct room.
	Name    string   `json:"name,omitzero"`
	Kind    Kind     `json:"kind,omitzero"`
	Members []string `json:"members,omitzero"`
	TempID  string   `json:"tempId,omitzero"`
}

// rooms creates rooms, lists them, and lets members in and out.
type rooms struct {
	*core
	messages *messages
}

// roomResult is the result of createRoom.
type roomResult struct {
	Room Room `json:"room"`
}

// create makes a room and tells its members, or everyone if it is a channel.
func (r *rooms) create(ctx context.Context, a actor, in CreateRoom) (roomResult, error) {
	if err := in.check(); err != nil {
		return roomResult{}, err
	}
	now := At(r.now())
	room := Room{ID: in.id(a.ID), Name: in.Name, Kind: in.Kind, CreatedAt: now, CreatedBy: a.User}
	users, err := r.invited(ctx, a.User, in.Members)
	if err != nil {
		return roomResult{}, err
	}
	if room.Kind == Direct {
		if len(users) != 2 {
			return roomResult{}, badRequest("A direct room needs one other person.")
		}
		room.Members = users
		slices.SortFunc(room.Members, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	}
	members := make([]Member, len(users))
	for i, u := range users {
		members[i] = Member{User: u, JoinedAt: now}
	}
	room, created, err := r.store.CreateRoom(ctx, room, members, in.TempID)
	if err != nil {
		return roomResult{}, err
	}
	made := Change{RoomID: room.ID, At: now.Time}
	if !created {
		var noted bool
		made, noted, err = r.store.ChangeOf(ctx, room.ID, "")
		if err != nil || !noted || made.Finished {
			return roomResult{room}, err
		}
		// Some may have left since, and others joined.
		if members, err = r.store.Members(ctx, room.ID, maxMembers); err != nil {
			return roomResult{}, err
		}
	}
	return roomResult{room}, r.announce(ctx, made, room, members)
}

// announce puts the members' devices into the audience of a room that was made, and tells them
// about it. If everyone has left the room meanwhile, nobody is told.
func (r *rooms) announce(ctx context.Context, made Change, room Room, members []Member) error {
	if len(members) == 0 {
		return r.store.FinishChange(ctx, made)
	}
	var rooms []string
	for _, m := range members {
		rooms = append(rooms, devices(m.ID))
	}
	to := r.server.In(rooms...)
	if err := to.SocketsJoin(ctx, audience(room.ID)); err != nil {
		return err
	}
	if room.Kind == Channel {
		to = r.server.Except() // everyone
	}
	if err := to.Emit(ctx, "roomChanged", roomResult{room}); err != nil {
		return err
	}
	return r.store.FinishChange(ctx, made)
}

// invited returns the creator and the users with these ids, each once.
func (r *rooms) invited(ctx context.Context, creator User, ids []string) ([]User, error) {
	users := []User{creator}
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == creator.ID })
	if len(ids) == 0 {
		return users, nil
	}
	known, err := r.store.Presences(ctx, ids, r.now())
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		p, ok := known[id]
		if !ok {
			return nil, errNoUser
		}
		users = append(users, User{ID: id, Name: p.Name})
	}
	return users, nil
}

func (in *CreateRoom) check() error {
	in.Name = strings.TrimSpace(in.Name)
	switch in.Kind {
	case "", "public": // two names for the default
		in.Kind = Channel
	case Channel, Group, Private, Direct:
	default:
		return badRequest("Choose the kind channel, group, private or direct.")
	}
	if in.Kind != Direct || in.Name != "" {
		if err := checkName("room", in.Name, maxRoomName); err != nil {
			return err
		}
	}
	if in.Kind != Private && in.Kind != Direct && len(in.Members) > 0 {
		return badRequest("Leave out members, or choose the kind private or direct.")
	}
	if len(in.Members) > maxInvited {
		return realtime.Errorf(realtime.CodeTooLarge, "Name at most %d members.", maxInvited)
	}
	for _, id := range in.Members {
		if err := checkID("user", id); err != nil {
			return err
		}
	}
	if in.TempID != "" {
		return checkTempID(in.TempID)
	}
	return nil
}

// id returns the room's id. For two people it is always the same. Otherwise it is random,
// because a group's id is the invitation to it.
func (in CreateRoom) id(creator string) string {
	if in.Kind == Direct {
		pair := slices.Compact(slices.Sorted(slices.Values(append([]string{creator}, in.Members...))))
		return "d_" + digest(pair...)
	}
	return "r_" + strings.ToLower(rand.Text())
}
