package chatstore_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/chat/storetest"
	"github.com/confab-chat/confab/shared/realtime"
)

// lost is a call that was carried out, but whose answer was lost.
var lost = fault{after: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}

// canceled is a transaction that failed for these reasons.
func canceled(codes ...string) fault {
	var reasons []types.CancellationReason
	for _, c := range codes {
		reasons = append(reasons, types.CancellationReason{Code: aws.String(c)})
	}
	return fault{before: &types.TransactionCanceledException{CancellationReasons: reasons}}
}

var (
	throttled = fault{before: &types.ProvisionedThroughputExceededException{}}
	conflict  = canceled("None", "TransactionConflict", "None")
)

func wantTemporary(t *testing.T, what string, err error) {
	t.Helper()
	if safe := realtime.Safe(err); err == nil || safe.Code != realtime.CodeUnavailable || !safe.Temporary {
		t.Errorf("%s: got %v, want a temporary %s", what, err, realtime.CodeUnavailable)
	}
}

func TestARetryAfterALostAnswerFindsWhatWasCommitted(t *testing.T) {
	for _, operation := range []string{"UpdateItem", "TransactWriteItems"} {
		t.Run(operation, func(t *testing.T) {
			f := newFixture(t)
			f.MustCreate("r", chat.Group, storetest.Ada)
			f.client.disturb(operation, lost)
			_, _, err := f.Send(t.Context(), "r", storetest.Ada, "t")
			wantTemporary(t, "the first attempt", err)
			m, fresh, err := f.Send(t.Context(), "r", storetest.Ada, "t")
			if err != nil {
				t.Fatal(err)
			}
			storetest.Equal(t, "message", m, storetest.Message("r", storetest.Ada, 1, "t"))
			storetest.Equal(t, "fresh", fresh, operation == "UpdateItem")
			storetest.Equal(t, "log", f.MustRead("r", 1, 9), []chat.Entry{storetest.Entry(m)})
			storetest.Equal(t, "the next message", f.MustSend("r", storetest.Ada, "next").Seq, 2)
		})
	}
}

func TestMembershipAndRoomsSurviveLostAnswers(t *testing.T) {
	f := newFixture(t)
	r := chat.Room{ID: "r", Name: "Room", Kind: chat.Group, CreatedAt: chat.At(storetest.Noon), CreatedBy: storetest.Ada}
	f.client.disturb("TransactWriteItems", lost)
	_, _, err := f.CreateRoom(t.Context(), r, storetest.Members(storetest.Ada), nil, "t")
	wantTemporary(t, "create", err)
	again := r
	again.ID = "q"
	stored, created, err := f.CreateRoom(t.Context(), again, storetest.Members(storetest.Ada), nil, "t")
	if err != nil || created {
		t.Fatal(created, err)
	}
	storetest.Equal(t, "room", stored, r)

	f.client.disturb("TransactWriteItems", lost)
	_, err = f.AddMember(t.Context(), "r", storetest.Members(storetest.Bob)[0], storetest.Noon)
	wantTemporary(t, "join", err)
	added, err := f.AddMember(t.Context(), "r", storetest.Members(storetest.Bob)[0], storetest.Noon)
	if err != nil || added {
		t.Error("joined again", added, err)
	}
	f.client.disturb("TransactWriteItems", lost)
	_, err = f.RemoveMember(t.Context(), "r", storetest.Bob, storetest.Noon)
	wantTemporary(t, "leave", err)
	removed, err := f.RemoveMember(t.Context(), "r", storetest.Bob, storetest.Noon)
	if err != nil || removed {
		t.Error("left again", removed, err)
	}
}

func TestTemporaryFailuresAreTriedAgain(t *testing.T) {
	f := newFixture(t)
	f.MustCreate("r", chat.Group, storetest.Ada)
	f.client.disturb("TransactWriteItems", conflict, canceled("ThrottlingError", "None", "None"), conflict)
	m, fresh, err := f.Send(t.Context(), "r", storetest.Ada, "t")
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	storetest.Equal(t, "log", f.MustRead("r", 1, 9), []chat.Entry{storetest.Entry(m)})
	storetest.Equal(t, "faults left", f.client.left(), 0)
}

func TestLastingFailuresAreReportedAsTemporary(t *testing.T) {
	f := newFixture(t)
	f.MustCreate("r", chat.Group, storetest.Ada)
	f.client.disturb("TransactWriteItems", slices.Repeat([]fault{conflict}, 6)...)
	_, _, err := f.Send(t.Context(), "r", storetest.Ada, "t")
	wantTemporary(t, "conflicts", err)
	f.client.disturb("UpdateItem", throttled)
	_, _, err = f.Send(t.Context(), "r", storetest.Ada, "t")
	wantTemporary(t, "throttled counter", err)
	f.client.disturb("Query", throttled)
	_, err = f.Entries(t.Context(), "r", 1, 9)
	wantTemporary(t, "throttled log", err)
	storetest.Equal(t, "faults left", f.client.left(), 0)
	storetest.Equal(t, "position after all", f.MustSend("r", storetest.Ada, "t").Seq, 1)
}

func TestRetriesEndWithTheContext(t *testing.T) {
	f := newFixture(t)
	f.MustCreate("r", chat.Group, storetest.Ada)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.client.disturb("TransactWriteItems", conflict, conflict)
	_, _, err := f.Put(ctx, storetest.Message("r", storetest.Ada, 1, "t"))
	storetest.ErrorIs(t, "put", err, context.Canceled)
	storetest.Equal(t, "faults left", f.client.left(), 1)
}

func TestAnErrorNamesItsOperationOnce(t *testing.T) {
	f := newFixture(t)
	f.client.disturb("UpdateItem", throttled)
	_, err := f.Take(t.Context(), "r", storetest.Ada.ID, "t", storetest.Noon, 0)
	want := "take a position: " + throttled.before.Error()
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if cause := realtime.Safe(err).Cause; cause != err {
		t.Errorf("the log gets %v", cause)
	}
}
