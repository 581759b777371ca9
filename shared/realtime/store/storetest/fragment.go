package storetest

import (
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
		{At: Noon, Ordinal: 5, Header: `51-["x",{"_placeholder":true,"num":0}]`},
		{At: Noon, Ordinal: 6, Attachment: []byte{1, 2}},
		{At: Noon.Add(time.Millisecond), Ordinal: 2, Attachment: []byte{3}},
	}
	for _, i := range []int{2, 0, 1} {
		_, err := f.AddFragment(t.Context(), "a", fragments[i], Noon.Add(time.Minute))
		succeed(t, err)
	}
	got := f.fragments(t, "a")
	want(t, "fragments", got, fragments)
	want(t, "incomplete packets", f.touch(t, "a", Noon).Binary, 1)
	var takers atomic.Int64
	together(4, func(int) {
		mine, err := f.TakeFragments(t.Context(), "a", got[:2])
		if err != nil {
			t.Error(err)
		}
		if mine {
			takers.Add(1)
		}
	})
	want(t, "takers", takers.Load(), 1)
	want(t, "left", f.fragments(t, "a"), fragments[2:])
	want(t, "incomplete packets", f.touch(t, "a", Noon).Binary, 0)
	want(t, "another connection's", len(f.fragments(t, "b")), 0)
}

func headerHearsOfOvertakingPackets(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for _, packet := range []time.Time{Noon.Add(time.Second), {}} {
		_, err := f.Touch(t.Context(), "a", store.Touch{Now: Noon, Window: time.Minute, Packet: packet})
		succeed(t, err)
	}
	last, err := f.AddFragment(t.Context(), "a", store.Fragment{At: Noon, Header: "51-[]"}, Noon.Add(time.Minute))
	succeed(t, err)
	want(t, "last packet", last, Noon.Add(time.Second))
	_, err = f.AddFragment(t.Context(), "none", store.Fragment{At: Noon, Header: "51-[]"}, Noon.Add(time.Minute))
	wantErr(t, "without a connection", err, store.ErrNoConnection)
}

func headerCounts(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	header := store.Fragment{At: Noon, Ordinal: 1, Header: `51-["x"]`}
	for range 2 { // as the SDK does whose answer was lost
		_, err := f.AddFragment(t.Context(), "a", header, Noon.Add(time.Hour))
		succeed(t, err)
	}
	want(t, "fragments", f.fragments(t, "a"), []store.Fragment{header})
	want(t, "incomplete", f.touch(t, "a", Noon).Binary, 1)
	want(t, "incomplete, but too old", f.touch(t, "a", Noon.Add(store.FragmentLifetime)).Binary, 0)
	mine, err := f.TakeFragments(t.Context(), "a", []store.Fragment{header})
	succeed(t, err)
	want(t, "mine", mine, true)
	want(t, "incomplete, when it is taken", f.touch(t, "a", Noon).Binary, 0)
}

func fragmentsExpire(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	_, err := f.AddFragment(t.Context(), "a", store.Fragment{At: Noon, Attachment: []byte{1}}, Noon.Add(time.Minute))
	succeed(t, err)
	f.advance(2 * time.Minute)
	want(t, "fragments", len(f.fragments(t, "a")), 0)
}
