package storetest

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var fragmentTests = []test{
	{"FragmentsComeInOrderAndAreTakenOnce", fragmentsAreTakenOnce},
	{"AHeaderHearsOfThePacketsThatOvertookIt", headerHearsOfOvertakingPackets},
	{"AHeaderCountsUntilItsPacketIsTakenOrTooOld", headerCounts},
	{"FragmentsExpire", fragmentsExpire},
}

func (f *fixture) fragments(t *testing.T, id string) []store.Fragment {
	t.Helper()
	fragments, err := f.Fragments(t.Context(), id)
	succeed(t, err)
	return fragments
}

func fragmentsAreTakenOnce(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	fragments := []store.Fragment{
		{At: Noon, Ordinal: 5, Attachments: 1, Body: []byte(`51-["x",{"_placeholder":true,"num":0}]`)},
		{At: Noon, Ordinal: 6, Body: []byte{1, 2}},
		{At: Noon, Ordinal: 7, Body: bytes.Repeat([]byte{3}, 20<<10)},
		{At: Noon.Add(time.Millisecond), Ordinal: 2, Body: []byte{4}},
	}
	for _, i := range []int{3, 0, 2, 1} {
		_, err := f.AddFragment(t.Context(), "a", fragments[i], Noon.Add(time.Minute))
		succeed(t, err)
	}
	got := f.fragments(t, "a")
	want(t, "fragments", got, withoutBodies(fragments))
	want(t, "incomplete packets", f.touch(t, "a", Noon).Binary, 1)
	var takers atomic.Int64
	together(4, func(int) {
		mine, err := f.TakeFragments(t.Context(), "a", []store.Fragment{got[0], got[2], got[1]})
		if errors.Is(err, store.ErrClaimed) {
			return
		}
		if err != nil {
			t.Error(err)
		}
		takers.Add(1)
		want(t, "taken", mine, []store.Fragment{fragments[0], fragments[2], fragments[1]})
	})
	want(t, "takers", takers.Load(), 1)
	want(t, "left", f.fragments(t, "a"), withoutBodies(fragments[3:]))
	want(t, "incomplete packets", f.touch(t, "a", Noon).Binary, 0)
	want(t, "another connection's", len(f.fragments(t, "b")), 0)
}

// withoutBodies returns fragments as Fragments does: without large bodies.
func withoutBodies(fragments []store.Fragment) []store.Fragment {
	bare := slices.Clone(fragments)
	for i := range bare {
		if len(bare[i].Body) > store.SmallBody {
			bare[i].Body = nil
		}
	}
	return bare
}

func headerHearsOfOvertakingPackets(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for _, packet := range []time.Time{Noon.Add(time.Second), {}} {
		_, err := f.Touch(t.Context(), "a", store.Touch{Now: Noon, Window: time.Minute, Packet: packet})
		succeed(t, err)
	}
	last, err := f.AddFragment(t.Context(), "a", store.Fragment{At: Noon, Attachments: 1, Body: []byte("51-[]")}, Noon.Add(time.Minute))
	succeed(t, err)
	want(t, "last packet", last, Noon.Add(time.Second))
	_, err = f.AddFragment(t.Context(), "none", store.Fragment{At: Noon, Attachments: 1, Body: []byte("51-[]")}, Noon.Add(time.Minute))
	wantErr(t, "without a connection", err, store.ErrNoConnection)
}

func headerCounts(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	header := store.Fragment{At: Noon, Ordinal: 1, Attachments: 1, Body: []byte(`51-["x"]`)}
	for range 2 { // as the SDK does whose answer was lost
		_, err := f.AddFragment(t.Context(), "a", header, Noon.Add(time.Hour))
		succeed(t, err)
	}
	want(t, "fragments", f.fragments(t, "a"), withoutBodies([]store.Fragment{header}))
	want(t, "incomplete", f.touch(t, "a", Noon).Binary, 1)
	want(t, "incomplete, but too old", f.touch(t, "a", Noon.Add(store.FragmentLifetime)).Binary, 0)
	want(t, "incomplete, without a message", f.connection(t, "a").Binary, 1)
	mine, err := f.TakeFragments(t.Context(), "a", []store.Fragment{header})
	succeed(t, err)
	want(t, "mine", mine, []store.Fragment{header})
	want(t, "incomplete, when it is taken", f.touch(t, "a", Noon).Binary, 0)
}

func fragmentsExpire(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	_, err := f.AddFragment(t.Context(), "a", store.Fragment{At: Noon, Body: []byte{1}}, Noon.Add(time.Minute))
	succeed(t, err)
	f.advance(2 * time.Minute)
	want(t, "fragments", len(f.fragments(t, "a")), 0)
}
