package memstore

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// created is an idempotency record of a room.
type created struct{ roomID, fingerprint string }

// CreateRoom implements chat.Store.
func (s *Store) CreateRoom(_ context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fingerprint := r.Fingerprint(members, invited)
	earlier, err := s.earlierRoom(r, fingerprint, tempID)
	exists := err == nil
	if errors.Is(err, chat.ErrNoRoom) {
		err = s.checkLimits(r, members, invited)
	}
	if err != nil {
		return chat.Room{}, false, err
	}
	if tempID != "" {
		s.created[tempKey{r.CreatedBy.ID, tempID}] = created{cmp.Or(earlier.ID, r.ID), fingerprint}
	}
	if exists {
		return earlier, false, nil
	}
	s.rooms[r.ID] = clone(r)
	for _, m := range members {
		s.addMember(r.ID, m)
	}
	for _, id := range invited {
		s.invitations[membership{r.ID, id}] = chat.InvitationTo(clone(r))
	}
	s.changes[membership{r.ID, ""}] = chat.Change{RoomID: r.ID, At: chat.At(r.CreatedAt.Time).Time}
	return clone(r), true, nil
}

// EarlierRoom implements chat.Store.
func (s *Store) EarlierRoom(_ context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.earlierRoom(r, r.Fingerprint(members, invited), tempID)
}

func (s *Store) earlierRoom(r chat.Room, fingerprint, tempID string) (chat.Room, error) {
	once, repeated := s.created[tempKey{r.CreatedBy.ID, tempID}]
	if repeated && once.fingerprint != fingerprint {
		return chat.Room{}, chat.ErrConflict
	}
	earlier, exists := s.rooms[cmp.Or(once.roomID, r.ID)]
	if !exists {
		return chat.Room{}, chat.ErrNoRoom
	}
	return clone(earlier), nil
}

// clone returns a room that shares nothing with the other.
func clone(r chat.Room) chat.Room {
	r.Members = slices.Clone(r.Members)
	return r
}

// Room implements chat.Store.
func (s *Store) Room(_ context.Context, roomID string) (chat.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, exists := s.rooms[roomID]
	if !exists {
		return chat.Room{}, chat.ErrNoRoom
	}
	return clone(r), nil
}

// Rooms implements chat.Store.
func (s *Store) Rooms(_ context.Context, roomIDs []string) ([]chat.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rooms []chat.Room
	for _, id := range roomIDs {
		if r, exists := s.rooms[id]; exists {
			r = clone(r)
			r.Head = s.log(id).head.Seq
			rooms = append(rooms, r)
		}
	}
	return rooms, nil
}

// OpenRooms implements chat.Store.
func (s *Store) OpenRooms(_ context.Context, after chat.Place, limit int) ([]chat.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []chat.Room
	for _, r := range s.rooms {
		if r.Kind == chat.Channel && after.Precedes(r) {
			open = append(open, clone(r).WithoutData())
		}
	}
	slices.SortFunc(open, chat.NewestFirst)
	return open[:min(limit, len(open))], nil
}

// AddMember implements chat.Store.
func (s *Store) AddMember(_ context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.join(roomID, m, at)
}

func (s *Store) join(roomID string, m chat.Member, at time.Time) (bool, error) {
	if _, exists := s.members[roomID][m.ID]; exists {
		return false, nil
	}
	if c, noted := s.changes[membership{roomID, m.ID}]; noted && !c.At.Before(chat.At(at).Time) {
		return false, chat.ErrOvertaken
	}
	if len(s.roomsOf(m.ID)) >= chat.MaxRooms {
		return false, chat.ErrTooManyRooms
	}
	if err := s.noteChange(roomID, m.User, at); err != nil {
		return false, err
	}
	s.addMember(roomID, m)
	return true, nil
}

func (s *Store) addMember(roomID string, m chat.Member) {
	if s.members[roomID] == nil {
		s.members[roomID] = map[string]chat.Member{}
	}
	m.JoinedAt = chat.At(m.JoinedAt.Time)
	s.marks[membership{roomID, m.ID}] = chat.FirstMark(m)
	m.ReadUpTo = 0
	s.members[roomID][m.ID] = m
}

// RemoveMember implements chat.Store.
func (s *Store) RemoveMember(_ context.Context, roomID string, u chat.User, at time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, exists := s.members[roomID][u.ID]
	before, noted := s.changes[membership{roomID, u.ID}]
	if err := s.noteChange(roomID, u, at); err != nil {
		return false, err
	}
	if !exists && (!noted || before.Finished) {
		s.finishChange(chat.Change{RoomID: roomID, User: u, At: at})
	}
	delete(s.members[roomID], u.ID)
	delete(s.marks, membership{roomID, u.ID})
	return exists, nil
}

// IsMember implements chat.Store.
func (s *Store) IsMember(_ context.Context, roomID, userID string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, exists := s.members[roomID][userID]
	return exists, nil
}

// Members implements chat.Store.
func (s *Store) Members(ctx context.Context, roomID string, limit int) ([]chat.Member, error) {
	return s.MembersAfter(ctx, roomID, "", limit)
}

// MembersAfter implements chat.Store.
func (s *Store) MembersAfter(_ context.Context, roomID, userID string, limit int) ([]chat.Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	members := slices.SortedFunc(maps.Values(s.members[roomID]), func(a, b chat.Member) int { return strings.Compare(a.ID, b.ID) })
	members = slices.DeleteFunc(members, func(m chat.Member) bool { return m.ID <= userID })
	return members[:min(limit, len(members))], nil
}

// RoomsOf implements chat.Store.
func (s *Store) RoomsOf(_ context.Context, userID string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roomsOf(userID), nil
}

func (s *Store) roomsOf(userID string) []string {
	var ids []string
	for id, members := range s.members {
		if _, exists := members[userID]; exists {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
