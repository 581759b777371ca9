package realtimestore_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

func TestFragmentsComeInOrderAndAreTakenOnce(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	expires := noon.Add(time.Minute)
	fragments := []store.Fragment{
		{At: noon, Ordinal: 5, Header: `51-["x",{"_placeholder":true,"num":0}]`},
		{At: noon, Ordinal: 6, Attachment: []byte{1, 2}},
		{At: noon.Add(time.Millisecond), Ordinal: 2, Attachment: []byte{3}},
	}
	for _, i := range []int{2, 0, 1} {
		if _, err := s.AddFragment(t.Context(), "a", fragments[i], expires); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Fragments(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "fragments", got, fragments)
	c, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "binary under way", c.Binary, 1)
	var takers atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			mine, err := s.TakeFragments(t.Context(), "a", got[:2])
			if err != nil {
				t.Error(err)
			}
			if mine {
				takers.Add(1)
			}
		})
	}
	wg.Wait()
	want(t, "takers", takers.Load(), 1)
	left, err := s.Fragments(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "left", left, fragments[2:])
	c, err = s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "binary under way", c.Binary, 0)
}

func TestAHeaderHearsOfThePacketsThatOvertookIt(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	for _, packet := range []time.Time{noon.Add(time.Second), {}} {
		if _, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute, Packet: packet}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := s.AddFragment(t.Context(), "a", store.Fragment{At: noon, Header: "51-[]"}, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "last packet", last, noon.Add(time.Second))
}

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
	put(t, s, "a")
	header := store.Fragment{At: noon, Ordinal: 1, Header: `51-["x"]`}
	for range 2 { // as the SDK does whose answer was lost
		if _, err := s.AddFragment(t.Context(), "a", header, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	underWay := func(at time.Time) int {
		t.Helper()
		c, err := s.Touch(t.Context(), "a", store.Touch{Now: at, Window: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		return c.Binary
	}
	want(t, "under way", underWay(noon), 1)
	c.now = true
	mine, err := s.TakeFragments(t.Context(), "a", []store.Fragment{header})
	c.now = false
	wantErr(t, "take", err, nil)
	want(t, "mine", mine, true)
	want(t, "under way, because it could not be noted", underWay(noon), 1)
	want(t, "under way, when it is too old", underWay(noon.Add(store.FragmentLifetime)), 0)
}
