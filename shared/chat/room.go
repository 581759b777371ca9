package chat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/realtime"
)

// Kind says who may enter a room.
type Kind string

const (
	// Channel is listed, and open to everyone.
	Channel Kind = "channel"
	// Group is not listed; its id, which cannot be guessed, is the invitation.
	Group Kind = "group"
	// Private is for the members that it was created with.
	Private Kind = "private"
	// Direct is for two people; there is one for each two.
	Direct Kind = "direct"
)

// Room is a room as clients see it.
type Room struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Kind      Kind   `json:"kind"`
	CreatedAt Time   `json:"createdAt"`
	CreatedBy User   `json:"createdBy"`
	// Members are the two people of a Direct room; of others, joinRoom tells.
	Members []User `json:"members,omitempty"`
	// Head is the last position of the room's log.
	Head int64 `json:"head"`
}

// Member is a user in a room.
type Member struct {
	User
	JoinedAt Time `json:"joinedAt"`
}

// CreateRoom asks for a room. With a TempID the room is made once, however often the
// request is repeated.
type CreateRoom struct {
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	Members []string `json:"members"`
	TempID  string   `json:"tempId"`
}

// roomResult is the result of what ends in a room.
type roomResult struct {
	Room Room `json:"room"`
}

func (c *Chat) createRoom(ctx context.Context, a actor, in CreateRoom) (roomResult, error) {
	if err := in.check(); err != nil {
		return roomResult{}, err
	}
	now := At(c.now())
	room := Room{ID: in.id(a.ID), Name: in.Name, Kind: in.Kind, CreatedAt: now, CreatedBy: a.User}
	users, err := c.invited(ctx, a.User, in.Members)
	if err != nil {
		return roomResult{}, err
	}
	if room.Kind == Direct {
		if len(users) != 2 {
			return roomResult{}, badRequest("A direct room is for you and one other person.")
		}
		room.Members = users
		slices.SortFunc(room.Members, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	}
	members := make([]Member, len(users))
	for i, u := range users {
		members[i] = Member{User: u, JoinedAt: now}
	}
	room, created, err := c.store.CreateRoom(ctx, room, members, in.TempID)
	if err != nil {
		return roomResult{}, err
	}
	if !created {
		// Whoever the request names now, the room has the members that it has.
		if members, err = c.store.Members(ctx, room.ID, maxMembers); err != nil {
			return roomResult{}, err
		}
	}
	var rooms []string
	for _, m := range members {
		rooms = append(rooms, devices(m.ID))
	}
	if len(rooms) == 0 {
		return roomResult{room}, nil // everybody has left it
	}
	if err := c.server.In(rooms...).SocketsJoin(ctx, audience(room.ID)); err != nil {
		return roomResult{}, err
	}
	to := c.server.In(rooms...)
	if room.Kind == Channel {
		to = c.server.Except() // everyone
	}
	return roomResult{room}, to.Emit(ctx, "roomChanged", roomResult{room})
}

// invited returns the creator and those they name, each once.
func (c *Chat) invited(ctx context.Context, creator User, ids []string) ([]User, error) {
	users := []User{creator}
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == creator.ID })
	if len(ids) == 0 {
		return users, nil
	}
	known, err := c.store.Presences(ctx, ids, c.now())
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
	case "", "public":
		in.Kind = Channel
	case Channel, Group, Private, Direct:
	default:
		return badRequest("A room is a channel, a group, private or direct.")
	}
	if in.Kind != Direct || in.Name != "" {
		if err := checkName("room", in.Name, maxRoomName); err != nil {
			return err
		}
	}
	if in.Kind != Private && in.Kind != Direct && len(in.Members) > 0 {
		return badRequest("Only private and direct rooms are created with members.")
	}
	if len(in.Members) > maxInvited {
		return realtime.Errorf(realtime.CodeTooLarge, "A room is created with at most %d members.", maxInvited)
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

// id returns the room's id: for two people the same one always, and else one that
// nobody can guess, because a group's id is the invitation to it.
func (in CreateRoom) id(creator string) string {
	if in.Kind == Direct {
		pair := slices.Compact(slices.Sorted(slices.Values(append([]string{creator}, in.Members...))))
		return "d_" + digest(pair...)
	}
	return "r_" + strings.ToLower(rand.Text())
}

// digest is an id of 128 bits made of others.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
