package storetest

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var signOutTests = []test{
	{"a sign-out is known wherever it is asked for", testSignOut},
	{"an earlier sign-out does not undo a later one", testEarlierSignOut},
	{"a note is forgotten unless a later one has come", testForgottenSignOut},
}

// second is when a sign-out of these tests is.
var second = Noon.Truncate(time.Second)

// signOut signs Ada out until some time after second.
func signOut(s *Store, after time.Duration, kept string) chat.SignOut {
	s.t.Helper()
	o := chat.SignOut{UserID: Ada.ID, Until: second.Add(after), Kept: kept}
	ErrorIs(s.t, "sign out", s.SignOut(s.t.Context(), o), nil)
	return o
}

// signedOut returns until when a user is signed out, and fails the test if not all say the same.
func signedOut(s *Store, u chat.User, rooms ...string) time.Time {
	s.t.Helper()
	until := must(s.SignedOut(s.t.Context(), u.ID))(s.t)
	ids, atAdmission, err := s.Admission(s.t.Context(), u.ID)
	ErrorIs(s.t, "admission", err, nil)
	Equal(s.t, "rooms", ids, rooms)
	account := must(s.Spend(s.t.Context(), u.ID, chat.Spending{Deliveries: 1, Now: Noon, Budget: budget}))(s.t)
	again := must(s.Spend(s.t.Context(), u.ID, chat.Spending{Deliveries: 200, Now: Noon, Budget: budget}))(s.t)
	refused := must(s.Spend(s.t.Context(), u.ID, chat.Spending{Deliveries: 1, Now: Noon, Budget: budget}))(s.t)
	for what, other := range map[string]time.Time{
		"at admission": atAdmission, "with a spending": account.SignedOut, "with another": again.SignedOut, "with one that is refused": refused.SignedOut,
	} {
		if !other.Equal(until) {
			s.t.Errorf("signed out %s: %v, and otherwise %v", what, other, until)
		}
	}
	return until.UTC()
}

func testSignOut(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	Equal(t, "before", signedOut(s, Ada, "r"), time.Time{})
	o := signOut(s, 0, "socket")
	Equal(t, "afterwards", signedOut(s, Ada, "r"), second)
	Equal(t, "Bob", signedOut(s, Bob, "r"), time.Time{})
	Equal(t, "rooms", must(s.RoomsOf(t.Context(), Ada.ID))(t), []string{"r"})
	wantNoted(s, o)
	signOut(s, 0, "socket") // again
	wantNoted(s, o)
}

func testEarlierSignOut(t *testing.T, s *Store) {
	later := signOut(s, time.Minute, "")
	signOut(s, 0, "socket")
	Equal(t, "signed out", signedOut(s, Ada), second.Add(time.Minute))
	wantNoted(s, later)
}

func testForgottenSignOut(t *testing.T, s *Store) {
	first := signOut(s, 0, "")
	last := signOut(s, time.Second, "")
	ErrorIs(t, "forget the first", s.ForgetSignOut(t.Context(), first), nil)
	wantNoted(s, last)
	for range 2 {
		ErrorIs(t, "forget the last", s.ForgetSignOut(t.Context(), last), nil)
		wantNoted(s)
	}
	Equal(t, "signed out", signedOut(s, Ada), second.Add(time.Second))
}

// wantNoted fails the test unless these sign-outs are noted.
func wantNoted(s *Store, wanted ...chat.SignOut) {
	s.t.Helper()
	noted := must(s.SignOuts(s.t.Context()))(s.t)
	for i := range noted {
		noted[i].Until = noted[i].Until.UTC()
	}
	Equal(s.t, "noted", noted, wanted)
}
