package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// Store is a chat.Store with shortcuts for tests: they end the test on an error.
//
//layout:large because it has a shortcut for each thing that tests do again and again
type Store struct {
	chat.Store
	t *testing.T
}

// With returns a store with shortcuts.
func With(t *testing.T, s chat.Store) *Store { return &Store{Store: s, t: t} }

// Noon is when everything happens in these tests, unless they say otherwise. It is close
// to the present, so that nothing has expired.
var Noon = time.UnixMilli(time.Now().UnixMilli()).UTC()

// Two people.
var (
	Ada = chat.User{ID: "u_ada", Name: "Ada"}
	Bob = chat.User{ID: "u_bob", Name: "Bob"}
)

// Members are users who joined at Noon.
func Members(users ...chat.User) []chat.Member {
	var all []chat.Member
	for _, u := range users {
		all = append(all, chat.Member{User: u, JoinedAt: chat.At(Noon)})
	}
	return all
}

// Message is a message sent at Noon.
func Message(roomID string, sender chat.User, seq int64, tempID string) chat.Message {
	return chat.Message{
		ID: fmt.Sprintf("%s.%d", roomID, seq), RoomID: roomID, Seq: seq, Sender: sender,
		Text: "text of " + tempID, TempID: tempID, SentAt: chat.At(Noon),
	}
}

// Entry is the entry of a message in its log.
func Entry(m chat.Message) chat.Entry { return chat.Entry{Seq: m.Seq, Message: m} }

// MustCreate creates a room of Ada's with members.
func (s *Store) MustCreate(id string, kind chat.Kind, users ...chat.User) chat.Room {
	s.t.Helper()
	r := chat.Room{ID: id, Name: "Room " + id, Kind: kind, CreatedAt: chat.At(Noon), CreatedBy: Ada}
	stored, created, err := s.CreateRoom(s.t.Context(), r, Members(users...), nil, "")
	if err != nil || !created {
		s.t.Fatalf("create room: %v, %v", created, err)
	}
	Equal(s.t, "created room", stored, r)
	return r
}

// MustTake takes a position.
func (s *Store) MustTake(roomID string, sender chat.User, tempID string, taken int64) int64 {
	s.t.Helper()
	return must(s.Take(s.t.Context(), roomID, sender.ID, tempID, Noon, taken))(s.t).Seq
}

// Send takes a position and puts a message there, as the chat does. It may be called from
// any goroutine, and ends no test.
func (s *Store) Send(ctx context.Context, roomID string, sender chat.User, tempID string) (chat.Message, bool, error) {
	var taken int64
	for {
		at, err := s.Take(ctx, roomID, sender.ID, tempID, Noon, taken)
		if err != nil {
			return chat.Message{}, false, err
		}
		m, fresh, err := s.Put(ctx, Message(roomID, sender, at.Seq, tempID))
		if !errors.Is(err, chat.ErrTaken) {
			return m, fresh, err
		}
		taken = at.Seq
	}
}

// MustSend sends a message, or finds the one that was sent with this tempID.
func (s *Store) MustSend(roomID string, sender chat.User, tempID string) chat.Message {
	s.t.Helper()
	m, _, err := s.Send(s.t.Context(), roomID, sender, tempID)
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// MustRead returns what stands at the positions from first to last.
func (s *Store) MustRead(roomID string, first, last int64) []chat.Entry {
	s.t.Helper()
	return must(s.Entries(s.t.Context(), roomID, first, last))(s.t)
}

// must ends the test on an error: must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
