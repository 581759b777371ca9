package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var logTests = []test{
	{"ARoomsLogIsReadAfterAnOffset", logIsReadAfterAnOffset},
	{"ALogIsInOrderOfOffsets", logIsInOrder},
	{"PacketsExpire", packetsExpire},
	{"TheLogsClockOnlyGrows", clockOnlyGrows},
	{"WhoWasReachedStandsBesideThePacket", reachedStandsBeside},
	{"WhatASocketMissedStandsBehindTheOthers", missedStandsBehind},
}

func clockOnlyGrows(t *testing.T, f *fixture) {
	before, err := f.Clock(t.Context())
	succeed(t, err)
	var mu sync.Mutex
	ticks := map[int64]bool{}
	together(4, func(int) {
		for range 5 {
			tick, err := f.Tick(t.Context())
			if err != nil || tick <= before {
				t.Errorf("%d after %d, %v", tick, before, err)
			}
			mu.Lock()
			ticks[tick] = true
			mu.Unlock()
		}
	})
	want(t, "ticks", len(ticks), 20)
	after, err := f.Clock(t.Context())
	succeed(t, err)
	want(t, "after", after, before+20)
	f.advance(48 * time.Hour)
	later, err := f.Clock(t.Context())
	succeed(t, err)
	if later < after {
		t.Errorf("it went back from %d to %d", after, later)
	}
}

func reachedStandsBeside(t *testing.T, f *fixture) {
	rooms := []string{"a", "b"}
	first := store.LoggedPacket{Offset: "1", Frames: [][]byte{[]byte("one")}}
	second := store.LoggedPacket{Offset: "2", Frames: [][]byte{[]byte("two")}}
	for _, p := range []store.LoggedPacket{first, second} {
		succeed(t, f.AppendPacket(t.Context(), "/", rooms, p, Noon.Add(time.Minute)))
	}
	handedOver := store.Reached{Part: 1, Since: 4, Clock: 6, Process: "q", Read: store.Interval{Began: 1, Ended: 2}, Posted: map[string]store.Interval{"y": {Began: 2, Ended: 3}},
		Ticked: store.Interval{Began: 5, Ended: 7}}
	own := store.Reached{Parts: 1, Since: 3, Clock: 5, Process: "p", Posted: map[string]store.Interval{"w": {Began: 8, Ended: 9}, "x": {Began: 9, Ended: 10}}}
	nobody := store.Reached{Since: 3, Clock: 5, Process: "p", Ticked: store.Interval{Began: 1e15, Ended: 1e15 + 1}}
	for range 2 {
		succeed(t, f.NoteReached(t.Context(), "/", rooms, "1", handedOver, Noon.Add(time.Minute)))
		succeed(t, f.NoteReached(t.Context(), "/", rooms, "1", own, Noon.Add(time.Minute)))
	}
	succeed(t, f.NoteReached(t.Context(), "/", rooms[:1], "2", nobody, Noon.Add(time.Minute)))
	first.Reached = []store.Reached{own, handedOver}
	got, err := f.Packets(t.Context(), "/", "b", "", 10)
	succeed(t, err)
	want(t, "b", got, []store.LoggedPacket{first, second})
	second.Reached = []store.Reached{nobody}
	got, err = f.Packets(t.Context(), "/", "a", "", 10)
	succeed(t, err)
	want(t, "a", got, []store.LoggedPacket{first, second})
	got, err = f.Packets(t.Context(), "/", "a", "1", 10)
	succeed(t, err)
	want(t, "after the first", got, []store.LoggedPacket{second})
	got, err = f.Packets(t.Context(), "/", "a", "", 1)
	succeed(t, err)
	want(t, "only the first", got, []store.LoggedPacket{first})
}

func missedStandsBehind(t *testing.T, f *fixture) {
	packets := []store.LoggedPacket{
		{Offset: "0000000000000009AAAAAAAA", Frames: [][]byte{[]byte("nine")}},
		{Offset: "0000000000000001AAAAAAAA", MissedAt: 2, Frames: [][]byte{[]byte("one")}},
		{Offset: "0000000000000000AAAAAAAA", MissedAt: 10, Frames: [][]byte{[]byte("zero")}},
	}
	for _, p := range packets {
		succeed(t, f.AppendPacket(t.Context(), "/", []string{"sid"}, p, Noon.Add(time.Minute)))
	}
	got, err := f.Packets(t.Context(), "/", "sid", "0000000000000005", 10)
	succeed(t, err)
	want(t, "after a clock", got, packets)
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
