package realtimestore_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/realtime/store/storetest"
)

// repeating is a client that loses the first answer to each write, as a network may, and makes
// the same request again, as the SDK does.
type repeating struct{ table.Client }

func (r repeating) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	_, _ = r.Client.UpdateItem(ctx, in, o...)
	return r.Client.UpdateItem(ctx, in, o...)
}

func (r repeating) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	_, _ = r.Client.DeleteItem(ctx, in, o...)
	return r.Client.DeleteItem(ctx, in, o...)
}

func TestAWriteWhoseAnswerWasLostIsMadeAgainWithoutHarm(t *testing.T) {
	noon, socket := storetest.Noon, storetest.Socket("a")
	for what, run := range map[string]func(t *testing.T, s *realtimestore.Store){
		"the claim of a connection": func(t *testing.T, s *realtimestore.Store) {
			c, err := s.ClaimConnection(t.Context(), "a", noon, "transport close")
			wantErr(t, "claim", err, nil)
			if len(c.Sockets) != 1 || c.Reason != "transport close" {
				t.Errorf("claimed: %+v", c)
			}
			_, err = s.ClaimConnection(t.Context(), "a", noon, "transport close")
			wantErr(t, "another claim", err, store.ErrClaimed)
			wantErr(t, "removal", s.RemoveConnection(t.Context(), "a"), nil)
		},
		"the claim of a socket": func(t *testing.T, s *realtimestore.Store) {
			_, err := s.ClaimSocket(t.Context(), socket, noon, "transport close")
			wantErr(t, "claim", err, nil)
			_, err = s.ClaimSocket(t.Context(), socket, noon, "transport close")
			wantErr(t, "another claim", err, store.ErrClaimed)
			_, err = s.RemoveSocket(t.Context(), "a", "/", noon)
			wantErr(t, "removal", err, nil)
		},
		"the last socket of a connection that ends": func(t *testing.T, s *realtimestore.Store) {
			_, err := s.ClaimConnection(t.Context(), "a", noon, "transport close")
			wantErr(t, "claim", err, nil)
			last, err := s.RemoveSocket(t.Context(), "a", "/", noon)
			wantErr(t, "removal", err, nil)
			if !last {
				t.Error("it is not the last")
			}
		},
		"what is done once": func(t *testing.T, s *realtimestore.Store) {
			expires := noon.Add(time.Hour)
			attempt, err := s.Begin(t.Context(), "key", noon, expires)
			wantErr(t, "begin", err, nil)
			_, err = s.Begin(t.Context(), "key", noon, expires)
			wantErr(t, "another one begins", err, store.ErrClaimed)
			wantErr(t, "finish", s.Finish(t.Context(), "key", attempt.Claim, json.RawMessage(`1`), expires), nil)
			attempt, err = s.Begin(t.Context(), "key", noon, expires)
			if err != nil || string(attempt.Result) != "1" {
				t.Errorf("afterwards: %+v, %v", attempt, err)
			}
			attempt, err = s.Begin(t.Context(), "other", noon, expires)
			wantErr(t, "begin", err, nil)
			wantErr(t, "abandon", s.Abandon(t.Context(), "other", attempt.Claim), nil)
		},
		"a new socket": func(t *testing.T, s *realtimestore.Store) {
			c := storetest.AddSocket(t, s, "b", "room")
			err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: "another"})
			wantErr(t, "another socket", err, store.ErrSocketExists)
			storetest.WantMembers(t, s, "/", "room", "b")
		},
		"a join and a leave": func(t *testing.T, s *realtimestore.Store) {
			wantErr(t, "join", s.Join(t.Context(), socket, []string{"x", "y"}, 2), nil)
			storetest.WantMembers(t, s, "/", "x", "a")
			wantErr(t, "leave", s.Leave(t.Context(), socket, []string{"x"}), nil)
			storetest.WantMembers(t, s, "/", "x")
			storetest.WantMembers(t, s, "/", "y", "a")
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStore(t, realtimestore.Options{Client: repeating{client}})
			storetest.AddSocket(t, s, "a")
			run(t, s)
		})
	}
}

// partial is a client whose batches of writes leave all but the first item unprocessed.
type partial struct{ table.Client }

func (p partial) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	first, rest := map[string][]types.WriteRequest{}, map[string][]types.WriteRequest{}
	for name, requests := range in.RequestItems {
		first[name] = requests[:1]
		if len(requests) > 1 {
			rest[name] = requests[1:]
		}
	}
	out, err := p.Client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: first}, o...)
	if err == nil {
		out.UnprocessedItems = rest
	}
	return out, err
}

func TestWhatABatchLeavesUnprocessedIsWrittenAfterwards(t *testing.T) {
	s := newStore(t, realtimestore.Options{Client: partial{client}})
	socket := storetest.Socket("a")
	storetest.AddSocket(t, s, "a", "first", "second")
	wantErr(t, "join", s.Join(t.Context(), socket, []string{"third", "fourth"}, 10), nil)
	for _, room := range []string{"first", "second", "third", "fourth", socket.SocketID, store.Everyone} {
		storetest.WantMembers(t, s, "/", room, "a")
	}
	c, err := s.ClaimConnection(t.Context(), "a", storetest.Noon, "transport close")
	wantErr(t, "claim", err, nil)
	wantErr(t, "vacate", s.Vacate(t.Context(), "a", c.Sockets), nil)
	for _, room := range []string{"first", "second", "third", "fourth", socket.SocketID, store.Everyone} {
		storetest.WantMembers(t, s, "/", room)
	}
}
