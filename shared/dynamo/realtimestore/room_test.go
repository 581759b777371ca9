package realtimestore_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/realtime/store/storetest"
)

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
	socket := storetest.Socket("a")
	for what, c := range map[string]struct {
		between func(t *testing.T, s *realtimestore.Store)
		y       []string // the members of y afterwards; x has none
		err     error
	}{
		"a leave": {func(t *testing.T, s *realtimestore.Store) {
			wantErr(t, "leave", s.Leave(t.Context(), socket, []string{"x"}), nil)
		}, []string{"a"}, nil},
		"the ending": {func(t *testing.T, s *realtimestore.Store) {
			c, err := s.ClaimConnection(t.Context(), "a", storetest.Noon, "transport close")
			wantErr(t, "claim", err, nil)
			wantErr(t, "vacate", s.Vacate(t.Context(), "a", c.Sockets), nil)
			wantErr(t, "remove", s.RemoveConnection(t.Context(), "a"), nil)
		}, nil, store.ErrNoSocket},
	} {
		t.Run(what, func(t *testing.T) {
			i := &interrupted{Client: client}
			s := newStore(t, realtimestore.Options{Client: i})
			storetest.AddSocket(t, s, "a")
			i.first = func() { c.between(t, s) }
			wantErr(t, "join", s.Join(t.Context(), socket, []string{"x", "y"}, 100), c.err)
			storetest.WantMembers(t, s, "/", "x")
			storetest.WantMembers(t, s, "/", "y", c.y...)
		})
	}
}
