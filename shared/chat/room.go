package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/strict"
)

// Kind says who may enter a room.
type Kind string

const (
	// Channel is listed, and open to everyone.
	Channel Kind = "channel"
	// Group is not listed. Its id cannot be guessed and is the invitation.
	Group Kind = "group"
	// Private is for the people that it was created with.
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
	// Data is what a client keeps with the room: an object, which the chat does not read. Lists of
	// channels and invitations leave it out.
	Data strict.Object `json:"data,omitzero"`
}

// WithoutData returns the room for lists of rooms that the reader is not in: those are long, and
// each reader pays for all.
func (r Room) WithoutData() Room {
	r.Data = ""
	return r
}

// Member is a user in a room.
type Member struct {
	User
	JoinedAt Time `json:"joinedAt"`
	// ReadUpTo is the position up to which the room counts as read when they become a member.
	// A store does not return it: Marks tells what has become of it.
	ReadUpTo int64 `json:"-"`
}

// CreateRoom asks for a room. Repetitions with the same TempID make one room.
type CreateRoom struct {
	// Name has at most 80 characters, without the white space around it. It may be empty for a
	// Direct room.
	Name    string   `json:"name,omitzero"`
	Kind    Kind     `json:"kind,omitzero"`
	Members []string `json:"members,omitzero"`
	TempID  string   `json:"tempId,omitzero"`
	// Data has at most 4,096 bytes as compact JSON, and at most 16 levels.
	Data strict.Object `json:"data,omitzero"`
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

// create makes a room and tells its members, or everyone if it is a channel. Who shares no room
// with the actor is invited.
func (r *rooms) create(ctx context.Context, a actor, in CreateRoom) (roomResult, error) {
	if err := in.check(); err != nil {
		return roomResult{}, err
	}
	now := At(r.now())
	room := Room{ID: in.id(a.ID), Name: in.Name, Kind: in.Kind, CreatedAt: now, CreatedBy: a.User, Data: in.Data}
	if err := realtime.Spend(ctx, memberWork*len(in.Members)); err != nil {
		return roomResult{}, err
	}
	others, err := r.named(ctx, a.User, in.Members)
	if err != nil {
		return roomResult{}, err
	}
	if room.Kind == Direct {
		if len(others) != 1 {
			return roomResult{}, badRequest("A direct room needs one other person.")
		}
		room.Members = []User{a.User, others[0]}
		slices.SortFunc(room.Members, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	}
	members, invited, full, err := r.divide(ctx, a.User, others)
	if err != nil {
		return roomResult{}, err
	}
	created := false
	if full {
		// This may be a repetition, which made the last invitation that there was place for.
		room, err = r.store.EarlierRoom(ctx, room, members, invited, in.TempID)
		if errors.Is(err, ErrNoRoom) {
			err = errTooManyInvitations
		}
	} else {
		room, created, err = r.store.CreateRoom(ctx, room, members, invited, in.TempID)
	}
	switch {
	case errors.Is(err, ErrTooManyRooms):
		return roomResult{}, r.whoIsFull(ctx, a.User)
	case err != nil:
		return roomResult{}, err
	case created:
		return roomResult{room}, r.announce(ctx, Change{RoomID: room.ID, At: now.Time}, room, members, invited)
	}
	return roomResult{room}, r.createAgain(ctx, a, room)
}

// whoIsFull returns why a room was not made, when its creator or a member would be in too many.
func (r *rooms) whoIsFull(ctx context.Context, creator User) error {
	mine, err := r.store.RoomsOf(ctx, creator.ID)
	switch {
	case err != nil:
		return err
	case len(mine) >= MaxRooms:
		return ErrTooManyRooms
	default:
		// One of the others is added to many rooms at this moment, and is invited next time.
		return realtime.Unavailable(ErrTooManyRooms)
	}
}

// createAgain finishes what an earlier request for a room has left unfinished. To a direct room,
// which the other person has made, it adds the actor.
func (r *rooms) createAgain(ctx context.Context, a actor, room Room) error {
	made, noted, err := r.store.ChangeOf(ctx, room.ID, "")
	if err != nil {
		return err
	}
	if noted && !made.Finished {
		if err := r.finishRoom(ctx, made); err != nil {
			return err
		}
	}
	if room.Kind != Direct {
		return nil
	}
	return r.enter(ctx, a, room, r.addToDirect)
}

// addToDirect makes one of its two people a member of a direct room, whether the invitation
// still stands or not: they asked for the room themselves.
func (r *rooms) addToDirect(ctx context.Context, roomID string, m Member, at time.Time) (bool, error) {
	added, err := r.store.AcceptInvitation(ctx, roomID, m, at)
	if errors.Is(err, ErrNotInvited) {
		return r.store.AddMember(ctx, roomID, m, at)
	}
	return added, err
}

// announce lets the members of a room that was made hear it, and tells them and those who are
// invited about it. Some may have left meanwhile, and some declined.
func (r *rooms) announce(ctx context.Context, made Change, room Room, members []Member, invited []string) error {
	if err := r.gather(ctx, room, members); err != nil {
		return err
	}
	if err := r.invite(ctx, room, invited); err != nil {
		return err
	}
	return r.store.FinishChange(ctx, made)
}

// gather puts the devices of a new room's members into its audience and tells them about it.
// If everyone has left, nobody is told.
func (r *rooms) gather(ctx context.Context, room Room, members []Member) error {
	if len(members) == 0 {
		return nil
	}
	var rooms []string
	for _, m := range members {
		rooms = append(rooms, devices(m.ID))
	}
	to := r.server.In(rooms...)
	if err := ignoreFull(to.SocketsJoin(ctx, audience(room.ID))); err != nil {
		return err
	}
	if room.Kind == Channel {
		to = r.server.Except() // everyone
	}
	return to.Emit(ctx, "roomChanged", roomResult{room})
}

// named returns the users with these ids except the creator, each once.
func (r *rooms) named(ctx context.Context, creator User, ids []string) ([]User, error) {
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == creator.ID })
	if len(ids) == 0 {
		return nil, nil
	}
	known, err := r.store.Presences(ctx, ids, r.now())
	if err != nil {
		return nil, err
	}
	var users []User
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
	if err := checkData(in.Data); err != nil {
		return err
	}
	if in.Kind != Private && in.Kind != Direct && len(in.Members) > 0 {
		return badRequest("Leave out members, or choose the kind private or direct.")
	}
	if len(in.Members) > maxNamed {
		return realtime.Errorf(realtime.CodeTooLarge, "Name at most %d members.", maxNamed)
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

// directPrefix begins the ids of direct rooms, and of no others.
const directPrefix = "d_"

func isDirect(roomID string) bool { return strings.HasPrefix(roomID, directPrefix) }

// id returns the room's id. For two people it is always the same. Otherwise it is random,
// because a group's id is the invitation to it.
func (in CreateRoom) id(creator string) string {
	if in.Kind == Direct {
		pair := slices.Compact(slices.Sorted(slices.Values(append([]string{creator}, in.Members...))))
		return directPrefix + digest(pair...)
	}
	return "r_" + strings.ToLower(rand.Text())
}
