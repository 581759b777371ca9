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

// interrupted is a client that does something else before a call.
type interrupted struct {
	table.Client
	// before is what to do before the next call of an operation, by its name.
	before map[string]func()
}

func (i *interrupted) run(operation string) {
	if do := i.before[operation]; do != nil {
		delete(i.before, operation)
		do()
	}
}

func (i *interrupted) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	i.run("BatchWriteItem")
	return i.Client.BatchWriteItem(ctx, in, o...)
}

func (i *interrupted) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	i.run("UpdateItem")
	return i.Client.UpdateItem(ctx, in, o...)
}

func (i *interrupted) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	i.run("DeleteItem")
	return i.Client.DeleteItem(ctx, in, o...)
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
			i.before = map[string]func(){"BatchWriteItem": func() { c.between(t, s) }}
			wantErr(t, "join", s.Join(t.Context(), socket, []string{"x", "y"}, 100), c.err)
			storetest.WantMembers(t, s, "/", "x")
			storetest.WantMembers(t, s, "/", "y", c.y...)
		})
	}
}

// A leave deletes the membership and then the name on the record. A join between the two finds
// the name there.
func TestAJoinBetweenTheTwoWritesOfALeaveLeavesNoMembershipBehind(t *testing.T) {
	i := &interrupted{Client: client}
	s := newStore(t, realtimestore.Options{Client: i})
	socket := storetest.Socket("a")
	storetest.AddSocket(t, s, "a", "x", "y")
	i.before = map[string]func(){"UpdateItem": func() {
		wantErr(t, "join", s.Join(t.Context(), socket, []string{"x"}, 100), nil)
	}}
	wantErr(t, "leave", s.Leave(t.Context(), socket, []string{"x"}), nil)
	storetest.WantMembers(t, s, "/", "x")
	storetest.WantMembers(t, s, "/", "y", "a")
}

// A join that finds its room left deletes its own membership, and not that of a later join.
func TestAJoinThatWasLeftSparesTheMembershipOfTheNext(t *testing.T) {
	i := &interrupted{Client: client}
	s := newStore(t, realtimestore.Options{Client: i})
	socket := storetest.Socket("a")
	storetest.AddSocket(t, s, "a")
	i.before = map[string]func(){"BatchWriteItem": func() {
		wantErr(t, "leave", s.Leave(t.Context(), socket, []string{"x"}), nil)
		i.before["DeleteItem"] = func() { wantErr(t, "next join", s.Join(t.Context(), socket, []string{"x"}, 100), nil) }
	}}
	wantErr(t, "join", s.Join(t.Context(), socket, []string{"x"}, 100), nil)
	storetest.WantMembers(t, s, "/", "x", "a")
}
