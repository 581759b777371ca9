package memstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// day is a day of a user, and made how much they made on it.
type (
	day  struct{ userID, date string }
	made struct{ rooms, invitations int }
)

// checkLimits counts a room that is about to be made, unless that would pass a limit.
func (s *Store) checkLimits(r chat.Room, members []chat.Member, invited []string) error {
	for _, m := range members {
		if len(s.roomsOf(m.ID)) >= chat.MaxRooms {
			return chat.ErrTooManyRooms
		}
	}
	today := day{r.CreatedBy.ID, r.CreatedAt.Format(time.DateOnly)}
	sum := s.made[today]
	sum.rooms++
	sum.invitations += len(invited)
	if sum.rooms > chat.MaxRoomsMade || sum.invitations > chat.MaxInvited {
		return chat.ErrTooManyMade
	}
	s.made[today] = sum
	return nil
}

// StandingOf implements chat.Store.
func (s *Store) StandingOf(_ context.Context, userID string, now time.Time) (chat.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.standingOf(userID, now), nil
}

func (s *Store) standingOf(userID string, now time.Time) chat.Standing {
	standing := chat.Standing{Rooms: s.roomsOf(userID), Marks: map[string]chat.Mark{}}
	for _, id := range standing.Rooms {
		standing.Marks[id] = s.marks[membership{id, userID}]
	}
	for key, invitation := range s.invitations {
		if key.userID == userID && isOpen(invitation, now) {
			invitation.Room = clone(invitation.Room)
			standing.Invitations = append(standing.Invitations, invitation)
		}
	}
	slices.SortFunc(standing.Invitations, func(a, b chat.Invitation) int { return strings.Compare(a.Room.ID, b.Room.ID) })
	return standing
}

// isOpen reports whether an invitation has not expired. As with DynamoDB, seconds count.
func isOpen(i chat.Invitation, now time.Time) bool { return now.Unix() < i.ExpiresAt.Unix() }

// Invited implements chat.Store.
func (s *Store) Invited(_ context.Context, roomID string, now time.Time) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for key, invitation := range s.invitations {
		if key.roomID == roomID && isOpen(invitation, now) {
			ids = append(ids, key.userID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// AcceptInvitation implements chat.Store.
func (s *Store) AcceptInvitation(_ context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{roomID, m.ID}
	if _, exists := s.members[roomID][m.ID]; exists {
		return false, nil
	}
	if i, exists := s.invitations[key]; !exists || !isOpen(i, m.JoinedAt.Time) {
		return false, chat.ErrNotInvited
	}
	added, err := s.join(roomID, m, at)
	if err == nil {
		delete(s.invitations, key)
	}
	return added, err
}

// DeclineInvitation implements chat.Store.
func (s *Store) DeclineInvitation(_ context.Context, roomID, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.invitations, membership{roomID, userID})
	return nil
}
