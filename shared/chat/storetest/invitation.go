package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var invitationTests = []test{
	{"who accepts an invitation is a member, once", testAccept},
	{"who declines an invitation can no longer accept it", testDecline},
	{"an invitation expires", testInvitationExpires},
	{"nobody accepts what they have no invitation to", testNotInvited},
	{"an invitation is accepted or declined, not both", testAcceptAndDecline},
	{"the room that was made before is found without making one", testEarlierRoom},
	{"a room may be asked for again after its invitations were accepted", testCreateAgainAfterAccepting},
}

// mustInvite creates a private room of Ada's with an invitation for Bob, and returns it.
func (s *Store) mustInvite(id string) chat.Invitation {
	s.t.Helper()
	r := chat.Room{ID: id, Name: "Room " + id, Kind: chat.Private, CreatedAt: chat.At(Noon), CreatedBy: Ada}
	if _, created, err := s.CreateRoom(s.t.Context(), r, Members(Ada), []string{Bob.ID}, "create "+id); err != nil || !created {
		s.t.Fatalf("create room: %v, %v", created, err)
	}
	return chat.InvitationTo(r)
}

// wantStanding compares the rooms and invitations of Bob, and who is invited to room "r".
func (s *Store) wantStanding(what string, rooms []string, invitations ...chat.Invitation) {
	s.t.Helper()
	s.wantStandingAt(what, Noon, rooms, invitations...)
}

func (s *Store) wantStandingAt(what string, now time.Time, rooms []string, invitations ...chat.Invitation) {
	s.t.Helper()
	standing := must(s.StandingOf(s.t.Context(), Bob.ID, now))(s.t)
	standing.Marks = nil // which have their own tests
	Equal(s.t, what, standing, chat.Standing{Rooms: rooms, Invitations: invitations})
	var invited []string
	for _, i := range invitations {
		if i.Room.ID == "r" {
			invited = []string{Bob.ID}
		}
	}
	Equal(s.t, "invited, "+what, must(s.Invited(s.t.Context(), "r", now))(s.t), invited)
}

// accept lets Bob accept the invitation to room "r" after a time.
func (s *Store) accept(after time.Duration) (bool, error) {
	m := chat.Member{User: Bob, JoinedAt: chat.At(Noon.Add(after))}
	return s.AcceptInvitation(s.t.Context(), "r", m, Noon.Add(after))
}

func testAccept(t *testing.T, s *Store) {
	s.MustCreate("q", chat.Group, Bob)
	other, invitation := s.mustInvite("other"), s.mustInvite("r")
	s.wantStanding("invited", []string{"q"}, other, invitation)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "r", Bob.ID))(t), false)
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t), Members(Ada))
	Equal(t, "rooms", must(s.RoomsOf(t.Context(), Bob.ID))(t), []string{"q"})
	Equal(t, "accepted", must(s.accept(time.Second))(t), true)
	s.wantStanding("accepted", []string{"q", "r"}, other)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "r", Bob.ID))(t), true)
	c, noted, err := s.ChangeOf(t.Context(), "r", Bob.ID)
	Equal(t, "the change is noted", must(noted, err)(t), true)
	Equal(t, "change", c, chat.Change{RoomID: "r", User: Bob, At: Noon.Add(time.Second)})
	Equal(t, "accepted again", must(s.accept(2*time.Second))(t), false)
	must(s.RemoveMember(t.Context(), "r", Bob, Noon.Add(3*time.Second)))(t)
	_, err = s.accept(4 * time.Second)
	ErrorIs(t, "after leaving", err, chat.ErrNotInvited)
}

func testDecline(t *testing.T, s *Store) {
	s.mustInvite("r")
	for range 2 {
		must(true, s.DeclineInvitation(t.Context(), "r", Bob.ID))(t)
		s.wantStanding("declined", nil)
	}
	_, err := s.accept(time.Second)
	ErrorIs(t, "accept", err, chat.ErrNotInvited)
	must(true, s.DeclineInvitation(t.Context(), "unknown", Bob.ID))(t)
}

func testInvitationExpires(t *testing.T, s *Store) {
	invitation := s.mustInvite("r")
	left := invitation.ExpiresAt.Sub(Noon)
	s.wantStandingAt("before", Noon.Add(left-time.Second), nil, invitation)
	s.wantStandingAt("after", Noon.Add(left), nil)
	_, err := s.accept(left)
	ErrorIs(t, "accept", err, chat.ErrNotInvited)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "r", Bob.ID))(t), false)
	Equal(t, "accept before", must(s.accept(left-time.Second))(t), true)
}

func testNotInvited(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Private, Ada)
	for _, room := range []string{"r", "unknown"} {
		_, err := s.AcceptInvitation(t.Context(), room, Members(Bob)[0], Noon)
		ErrorIs(t, room, err, chat.ErrNotInvited)
		_, noted, err := s.ChangeOf(t.Context(), room, Bob.ID)
		Equal(t, "a change of "+room, must(noted, err)(t), false)
	}
	s.wantStanding("not invited", nil)
	Equal(t, "a member accepts", must(s.AcceptInvitation(t.Context(), "r", Members(Ada)[0], Noon))(t), false)
}

func testAcceptAndDecline(t *testing.T, s *Store) {
	s.mustInvite("r")
	var wg sync.WaitGroup
	const n = 4
	var added [n]bool
	var errs [2 * n]error
	for i := range n {
		wg.Go(func() { added[i], errs[i] = s.accept(time.Second) })
		wg.Go(func() { errs[n+i] = s.DeclineInvitation(t.Context(), "r", Bob.ID) })
	}
	wg.Wait()
	times := 0
	for i := range n {
		must(true, errs[n+i])(t)
		if added[i] {
			times++
		}
	}
	member := must(s.IsMember(t.Context(), "r", Bob.ID))(t)
	Equal(t, "accepted once, or not at all", times == 1, member)
	for i := range n {
		if member {
			must(true, errs[i])(t)
		} else {
			ErrorIs(t, fmt.Sprint("accept ", i), errs[i], chat.ErrNotInvited)
		}
	}
	var rooms []string
	if member {
		rooms = []string{"r"}
	}
	s.wantStanding("afterwards", rooms)
}

func testCreateAgainAfterAccepting(t *testing.T, s *Store) {
	invitation := s.mustInvite("r")
	must(s.accept(time.Second))(t)
	again := invitation.Room
	again.ID = "q"
	stored, created, err := s.CreateRoom(t.Context(), again, Members(Ada, Bob), nil, "create r")
	Equal(t, "created", must(created, err)(t), false)
	Equal(t, "stored", stored, invitation.Room)
	s.wantStanding("afterwards", []string{"r"})
}

func testEarlierRoom(t *testing.T, s *Store) {
	made := s.mustInvite("r").Room
	earlier := func(r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, error) {
		return s.EarlierRoom(t.Context(), r, members, invited, tempID)
	}
	again := made
	again.ID = "q"
	Equal(t, "by its tempID", must(earlier(again, Members(Ada, Bob), nil, "create r"))(t), made)
	for _, tempID := range []string{"", "another"} {
		Equal(t, "by its id", must(earlier(made, Members(Ada), []string{Bob.ID}, tempID))(t), made)
		_, err := earlier(again, Members(Ada), []string{Bob.ID}, tempID)
		ErrorIs(t, "another room", err, chat.ErrNoRoom)
	}
	_, err := earlier(again, Members(Ada), nil, "create r")
	ErrorIs(t, "another content", err, chat.ErrConflict)
	again.CreatedBy = Bob
	_, err = earlier(again, Members(Bob), nil, "create r")
	ErrorIs(t, "another creator", err, chat.ErrNoRoom)
}
