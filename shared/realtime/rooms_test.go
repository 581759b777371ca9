package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// joins adds an event with which a client joins the rooms that it names, and one that tells
// its rooms.
func (f *fixture) joins() {
	realtime.On(f, "join", func(ctx context.Context, s *realtime.Socket, rooms []string) (realtime.None, error) {
		return realtime.None{}, s.Join(ctx, rooms...)
	})
	realtime.On(f, "rooms", func(_ context.Context, s *realtime.Socket, _ realtime.None) (int, error) {
		return len(s.Rooms()), nil
	})
	realtime.On(f, "inRoom", func(_ context.Context, s *realtime.Socket, room string) (bool, error) {
		return s.InRoom(room), nil
	})
}

// roomNames returns names of rooms in JSON, from one number to another.
func roomNames(from, to int) string {
	var names []string
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprintf(`"room %03d"`, i))
	}
	return "[" + strings.Join(names, ",") + "]"
}

func TestTheRoomsOfASocketAndTheirNamesAreBounded(t *testing.T) {
	f := newFixture(t)
	f.joins()
	f.connect("a")
	want(t, "199", f.send("a", `421["join",`+roomNames(0, 199)+`]`), `431[]`)
	want(t, "200", f.send("a", `421["join",`+roomNames(199, 200)+`]`), `431[]`)
	tooMany := `431[{"ok":false,"error":{"code":"too_many_rooms","message":"A socket may be in at most 200 rooms."}}]`
	want(t, "201", f.send("a", `421["join",["one more"]]`), tooMany)
	want(t, "again", f.send("a", `421["join",`+roomNames(0, 200)+`]`), `431[]`)
	want(t, "rooms", f.send("a", `421["rooms"]`), `431[201]`) // and that of its id
	tooLong := `431[{"ok":false,"error":{"code":"bad_request","message":"A room name must have 1 to 128 bytes."}}]`
	want(t, "129 bytes", f.send("a", `421["join",["`+strings.Repeat("x", 129)+`"]]`), tooLong)
	var e *realtime.Error
	if err := f.SocketsJoin(t.Context(), "from outside"); !errors.As(err, &e) || e.Code != realtime.CodeTooManyRooms {
		t.Errorf("from outside: %v", err)
	}
}

func TestASocketInManyRoomsIsSeenWhole(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
	f.joins()
	left := make(chan []string, 1)
	f.OnDisconnecting(func(_ context.Context, s *realtime.Socket, _ realtime.Reason) error {
		left <- s.Rooms()
		return nil
	})
	sid := f.connect("a")[0]
	f.send("a", `421["join",`+roomNames(0, 50)+`]`)
	want(t, "in the last", f.send("a", `421["inRoom","room 049"]`), `431[true]`)
	want(t, "in another", f.send("a", `421["inRoom","room 050"]`), `431[false]`)
	found, err := f.In("room 049").FetchSockets(t.Context())
	if err != nil || len(found) != 1 || len(found[0].Rooms) != 51 {
		t.Errorf("fetched %+v, %v", found, err)
	}
	if err := f.Closed(t.Context(), "a", 1006); err != nil {
		t.Fatal(err)
	}
	rooms := <-left
	slices.Sort(rooms)
	want(t, "rooms of the disconnecting handler", len(slices.Compact(rooms)), 51)
	for _, room := range []string{"room 000", "room 049", sid, store.Everyone} {
		members, err := f.store.Members(t.Context(), "/", room)
		if err != nil || len(members) != 0 {
			t.Errorf("%q still has %v, %v", room, members, err)
		}
	}
}

// roomless is a store that cannot tell the rooms beside a record.
type roomless struct{ store.Store }

func (roomless) OtherRooms(context.Context, []store.SocketRef) (map[store.SocketRef][]string, error) {
	return nil, errors.New("no answer")
}

func TestAHandlerThatCouldNotSeeTheRoomsOfItsSocketIsAnsweredForIt(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Store = roomless{o.Store} })
	f.joins()
	f.connect("a")
	f.send("a", `421["join",`+roomNames(0, 50)+`]`)
	want(t, "answer", f.send("a", `421["inRoom","room 049"]`),
		`431[{"ok":false,"error":{"code":"unavailable","message":"Try again in a moment.","temporary":true}}]`)
}
