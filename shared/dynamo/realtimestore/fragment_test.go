package realtimestore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/realtime/store/storetest"
)

// throttled is a client whose updates may fail.
type throttled struct {
	table.Client
	now bool
}

func (c *throttled) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if c.now {
		return nil, errors.New("throttled")
	}
	return c.Client.UpdateItem(ctx, in, o...)
}

func TestWhoTookAPacketHasItWhateverComesAfterwards(t *testing.T) {
	c := &throttled{Client: client}
	s := newStore(t, realtimestore.Options{Client: c})
	storetest.AddSocket(t, s, "a")
	header := store.Fragment{At: storetest.Noon, Ordinal: 1, Attachments: 1, Body: []byte(`51-["x"]`)}
	if _, err := s.AddFragment(t.Context(), "a", header, storetest.Noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantIncomplete := func(what string, at time.Time, want int) {
		t.Helper()
		c, err := s.Touch(t.Context(), "a", store.Touch{Now: at, Window: time.Minute})
		if err != nil || c.Binary != want {
			t.Errorf("incomplete packets %s: got %d, %v, want %d", what, c.Binary, err, want)
		}
	}
	wantIncomplete("before", storetest.Noon, 1)
	c.now = true
	mine, err := s.TakeFragments(t.Context(), "a", []store.Fragment{header})
	c.now = false
	if err != nil || len(mine) != 1 {
		t.Errorf("take: got %v, %v", mine, err)
	}
	wantIncomplete("afterwards, which could not be noted", storetest.Noon, 1)
	wantIncomplete("when it is too old", storetest.Noon.Add(store.FragmentLifetime), 0)
}
