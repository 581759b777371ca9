package realtimestore_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

func TestJoinAndLeaveMayBeRepeated(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	for range 2 {
		if err := s.Join(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, []string{"x", "y", "x"}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "x", memberIDs(t, s, "/", "x"), []string{"a"})
	for range 2 {
		if err := s.Leave(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, []string{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "x", memberIDs(t, s, "/", "x"), []string{})
	want(t, "y", memberIDs(t, s, "/", "y"), []string{"a"})
	c, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "rooms", c.Sockets["/"].Rooms, []string{"y"})
	wantErr(t, "a socket that is no more", s.Join(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "old"}, []string{"z"}), store.ErrNoSocket)
	wantErr(t, "unknown connection", s.Join(t.Context(), store.SocketRef{ConnectionID: "b", Namespace: "/", SocketID: "x"}, []string{"z"}), store.ErrNoSocket)
	if err := s.Leave(t.Context(), store.SocketRef{ConnectionID: "b", Namespace: "/", SocketID: "sid-b"}, []string{"z"}); err != nil {
		t.Errorf("leaving without a connection: %v", err)
	}
}

// interrupted is a client that does something else before a batch is written.
type interrupted struct {
	table.Client
	first func()
}

func (i *interrupted) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	if first := i.first; first != nil {
		i.first = nil
		first()
	}
	return i.Client.BatchWriteItem(ctx, in, o...)
}

// A join writes the record and then the memberships: docs/adr/0003.
func TestWhatHappensBetweenTheTwoWritesOfAJoinLeavesNoMembershipBehind(t *testing.T) {
	for what, c := range map[string]struct {
		between func(t *testing.T, s *realtimestore.Store)
		rooms   []string
		err     error
	}{
		"a leave": {func(t *testing.T, s *realtimestore.Store) {
			wantErr(t, "leave", s.Leave(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, []string{"x"}), nil)
		}, []string{"y"}, nil},
		"the ending": {func(t *testing.T, s *realtimestore.Store) {
			c, err := s.ClaimConnection(t.Context(), "a", noon, realtime.TransportClose)
			wantErr(t, "claim", err, nil)
			wantErr(t, "vacate", s.Vacate(t.Context(), "a", c.Sockets), nil)
			wantErr(t, "remove", s.RemoveConnection(t.Context(), "a"), nil)
		}, nil, store.ErrNoSocket},
	} {
		t.Run(what, func(t *testing.T) {
			i := &interrupted{Client: client}
			s := newStore(t, realtimestore.Options{Client: i})
			put(t, s, "a")
			i.first = func() { c.between(t, s) }
			wantErr(t, "join", s.Join(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, []string{"x", "y"}), c.err)
			for _, room := range []string{"x", "y"} {
				members := []string{}
				if len(c.rooms) > 0 && room == c.rooms[0] {
					members = []string{"a"}
				}
				want(t, "members of "+room, memberIDs(t, s, "/", room), members)
			}
		})
	}
}

func TestALeaveDoesNotReachTheSuccessorOfItsSocket(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a", "room")
	wantErr(t, "leave", s.Leave(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "before"}, []string{"room"}), nil)
	want(t, "members", memberIDs(t, s, "/", "room"), []string{"a"})
	c, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "rooms", c.Sockets["/"].Rooms, []string{"room"})
}
