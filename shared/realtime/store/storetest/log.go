package storetest

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var logTests = []test{
	{"ARoomsLogIsReadAfterAnOffset", logIsReadAfterAnOffset},
	{"ALogIsInOrderOfOffsets", logIsInOrder},
	{"PacketsExpire", packetsExpire},
}

func logIsReadAfterAnOffset(t *testing.T, f *fixture) {
	packets := []store.LoggedPacket{
		{Offset: "1", Frames: [][]byte{[]byte("one")}},
		{Offset: "2", Frames: [][]byte{[]byte("two"), []byte("bAQ==")}, Except: []string{"x"}},
		{Offset: "3", Frames: [][]byte{[]byte("three")}},
	}
	for _, p := range packets {
		succeed(t, f.AppendPacket(t.Context(), "/", []string{"room", store.Everyone}, p, Noon.Add(time.Minute)))
	}
	for room, after := range map[string]int{"room": 1, store.Everyone: 2} {
		got, err := f.Packets(t.Context(), "/", room, packets[after-1].Offset, 10)
		succeed(t, err)
		want(t, "after", got, packets[after:])
	}
	first, err := f.Packets(t.Context(), "/", "room", "0", 2)
	succeed(t, err)
	want(t, "the first two", first, packets[:2])
	got, err := f.Packets(t.Context(), "/other", "room", "0", 10)
	if err != nil || len(got) != 0 {
		t.Errorf("another namespace: %v, %v", got, err)
	}
}

func logIsInOrder(t *testing.T, f *fixture) {
	for _, offset := range []string{"2", "3", "1", "2"} {
		p := store.LoggedPacket{Offset: offset, Frames: [][]byte{[]byte(offset)}}
		succeed(t, f.AppendPacket(t.Context(), "/", []string{"room"}, p, Noon.Add(time.Minute)))
	}
	got, err := f.Packets(t.Context(), "/", "room", "", 10)
	succeed(t, err)
	var offsets []string
	for _, p := range got {
		offsets = append(offsets, p.Offset)
	}
	want(t, "offsets", offsets, []string{"1", "2", "3"})
}

func packetsExpire(t *testing.T, f *fixture) {
	for i, offset := range []string{"1", "2"} {
		p := store.LoggedPacket{Offset: offset, Frames: [][]byte{[]byte(offset)}}
		succeed(t, f.AppendPacket(t.Context(), "/", []string{"room"}, p, Noon.Add(time.Duration(1+2*i)*time.Minute)))
	}
	f.advance(2 * time.Minute)
	got, err := f.Packets(t.Context(), "/", "room", "", 10)
	succeed(t, err)
	want(t, "packets", len(got), 1)
	want(t, "packet", got[0].Offset, "2")
}
