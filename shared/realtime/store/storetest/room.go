package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

var roomTests = []test{
	{"ASocketIsInTheRoomOfItsIDInItsRoomsAndInEveryone", socketIsInItsRooms},
	{"NamesOfNamespacesAndRoomsCannotBeMistakenForEachOther", namesAreNotMistaken},
	{"JoinAndLeaveMayBeRepeated", joinAndLeaveMayBeRepeated},
	{"ALeaveDoesNotReachTheSuccessorOfItsSocket", leaveSparesTheSuccessor},
	{"WhoIsInARoomIsOnItsRecordHoweverManyJoinAtOnce", joinsAtOnce},
	{"JoinsAndLeavesAtOnceAgreeWithTheRecord", joinsAndLeavesAtOnce},
	{"AJoinDuringAnEndingLeavesNothingBehind", joinDuringAnEnding},
	{"ASocketMayBeInMoreRoomsThanItsRecordHasPlaceFor", socketInManyRooms},
	{"TheRoomsOfASocketAreBounded", roomsAreBounded},
	{"MembersAreComplete", membersAreComplete},
}

func socketIsInItsRooms(t *testing.T, f *fixture) {
	AddSocket(t, f, "a", "room")
	for _, room := range []string{"sid-a", "room", store.Everyone} {
		members, err := f.Members(t.Context(), "/", room)
		succeed(t, err)
		want(t, "members of "+room, members, []store.Member{{ConnectionID: "a", SocketID: "sid-a", Room: room}})
	}
	WantMembers(t, f, "/other", "room")
}

func namesAreNotMistaken(t *testing.T, f *fixture) {
	pairs := [][2]string{{"/x", "#y"}, {"/x#", "y"}, {"/x%23", "y"}, {"/x", "%23y"}, {"/x", "y#0"}, {"/x#y", "0"}}
	for i, p := range pairs {
		c := f.put(t, fmt.Sprint(i))
		succeed(t, f.AddSocket(t.Context(), c, p[0], store.SocketState{ID: fmt.Sprint("sid", i), Rooms: []string{p[1]}}))
	}
	for i, p := range pairs {
		WantMembers(t, f, p[0], p[1], fmt.Sprint(i))
	}
}

func joinAndLeaveMayBeRepeated(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for range 2 {
		succeed(t, f.Join(t.Context(), Socket("a"), []string{"x", "y", "x"}, 100))
	}
	WantMembers(t, f, "/", "x", "a")
	for range 2 {
		succeed(t, f.Leave(t.Context(), Socket("a"), []string{"x"}))
	}
	WantMembers(t, f, "/", "x")
	WantMembers(t, f, "/", "y", "a")
	want(t, "rooms", f.touch(t, "a", Noon).Sockets["/"].Rooms, []string{"y"})
	predecessor := Socket("a")
	predecessor.SocketID = "old"
	wantErr(t, "a socket that has ended", f.Join(t.Context(), predecessor, []string{"z"}, 100), store.ErrNoSocket)
	wantErr(t, "unknown connection", f.Join(t.Context(), Socket("b"), []string{"z"}, 100), store.ErrNoSocket)
	wantErr(t, "leaving without a connection", f.Leave(t.Context(), Socket("b"), []string{"z"}), nil)
	WantMembers(t, f, "/", "z")
	succeed(t, f.Leave(t.Context(), Socket("a"), []string{"y"}))
	want(t, "no rooms", f.connection(t, "a").Sockets["/"].Rooms, []string(nil))
}

func leaveSparesTheSuccessor(t *testing.T, f *fixture) {
	AddSocket(t, f, "a", "room")
	predecessor := Socket("a")
	predecessor.SocketID = "before"
	wantErr(t, "leave", f.Leave(t.Context(), predecessor, []string{"room"}), nil)
	WantMembers(t, f, "/", "room", "a")
	want(t, "rooms", f.touch(t, "a", Noon).Sockets["/"].Rooms, []string{"room"})
}

func joinsAtOnce(t *testing.T, f *fixture) {
	AddSocket(t, f, "a", "left")
	var joined []string
	for i := range 6 {
		joined = append(joined, fmt.Sprint("room ", i))
	}
	together(len(joined)+1, func(i int) {
		if i == len(joined) {
			wantErr(t, "leave", f.Leave(t.Context(), Socket("a"), []string{"left"}), nil)
			return
		}
		wantErr(t, "join", f.Join(t.Context(), Socket("a"), []string{joined[i], "all"}, 100), nil)
	})
	rooms := slices.Sorted(slices.Values(f.connection(t, "a").Sockets["/"].Rooms))
	want(t, "rooms", rooms, append([]string{"all"}, joined...))
	for _, room := range rooms {
		WantMembers(t, f, "/", room, "a")
	}
	WantMembers(t, f, "/", "left")
}

func joinsAndLeavesAtOnce(t *testing.T, f *fixture) {
	for round := range 10 {
		id := fmt.Sprint(round)
		AddSocket(t, f, id, "room")
		together(4, func(i int) {
			if i%2 == 0 {
				wantErr(t, "leave", f.Leave(t.Context(), Socket(id), []string{"room"}), nil)
			} else {
				wantErr(t, "join", f.Join(t.Context(), Socket(id), []string{"room"}, 100), nil)
			}
		})
		members, err := f.Members(t.Context(), "/", "room")
		succeed(t, err)
		isMember := slices.ContainsFunc(members, func(m store.Member) bool { return m.ConnectionID == id })
		want(t, "is a member, as its record says", isMember, slices.Contains(f.rooms(t, id), "room"))
	}
}

func joinDuringAnEnding(t *testing.T, f *fixture) {
	for round := range 5 {
		id := fmt.Sprint(round)
		AddSocket(t, f, id)
		together(2, func(i int) {
			if i == 0 {
				if err := f.Join(t.Context(), Socket(id), []string{"room"}, 100); err != nil {
					wantErr(t, "join", err, store.ErrNoSocket)
				}
				return
			}
			c, err := f.ClaimConnection(t.Context(), id, Noon, "transport close")
			wantErr(t, "claim", err, nil)
			wantErr(t, "vacate", f.Vacate(t.Context(), id, c.Sockets), nil)
			wantErr(t, "remove", f.RemoveConnection(t.Context(), id), nil)
		})
		for _, room := range []string{"room", Socket(id).SocketID, store.Everyone} {
			WantMembers(t, f, "/", room)
		}
	}
}

// rooms returns all rooms of the socket of a connection, sorted.
func (f *fixture) rooms(t *testing.T, id string) []string {
	t.Helper()
	state := f.touch(t, id, Noon).Sockets["/"]
	rooms := slices.Clone(state.Rooms)
	if state.MoreRooms {
		others, err := f.OtherRooms(t.Context(), []store.SocketRef{Socket(id)})
		succeed(t, err)
		rooms = append(rooms, others[Socket(id)]...)
	}
	return slices.Compact(slices.Sorted(slices.Values(rooms)))
}

func socketInManyRooms(t *testing.T, f *fixture) {
	var names []string
	for i := range 3 * store.RecordRooms {
		names = append(names, fmt.Sprintf("room %02d", i))
	}
	long := strings.Repeat("x", 128)
	AddSocket(t, f, "joined")
	AddSocket(t, f, "admitted", append([]string{long}, names...)...)
	for _, name := range names {
		succeed(t, f.Join(t.Context(), Socket("joined"), []string{name}, 100))
	}
	succeed(t, f.Join(t.Context(), Socket("joined"), append([]string{long}, names[:5]...), 100))
	for _, id := range []string{"joined", "admitted"} {
		want(t, "rooms", f.rooms(t, id), append(slices.Clone(names), long))
		if on := f.connection(t, id).Sockets["/"].Rooms; len(on) > store.RecordRooms {
			t.Errorf("%d rooms are on the record", len(on))
		}
	}
	for _, name := range append([]string{long}, names...) {
		WantMembers(t, f, "/", name, "admitted", "joined")
	}

	gone := []string{names[0], names[29], names[15], "unknown"}
	for range 2 {
		succeed(t, f.Leave(t.Context(), Socket("joined"), gone))
	}
	kept := slices.DeleteFunc(append(slices.Clone(names), long), func(name string) bool { return slices.Contains(gone, name) })
	want(t, "rooms", f.rooms(t, "joined"), kept)
	WantMembers(t, f, "/", names[29], "admitted")

	predecessor := Socket("joined")
	predecessor.SocketID = "before"
	wantErr(t, "join", f.Join(t.Context(), predecessor, []string{"z"}, 100), store.ErrNoSocket)
	wantErr(t, "leave", f.Leave(t.Context(), predecessor, kept), nil)
	want(t, "rooms", f.rooms(t, "joined"), kept)

	// The next socket of the namespace begins without them.
	c, err := f.ClaimSocket(t.Context(), Socket("joined"), Noon, "transport close")
	succeed(t, err)
	state := c.Sockets["/"]
	state.Rooms = kept
	succeed(t, f.Vacate(t.Context(), "joined", map[string]store.SocketState{"/": state}))
	_, err = f.RemoveSocket(t.Context(), "joined", "/", Noon)
	succeed(t, err)
	for _, name := range names {
		WantMembers(t, f, "/", name, "admitted")
	}
	succeed(t, f.AddSocket(t.Context(), f.connection(t, "joined"), "/", store.SocketState{ID: "sid-joined"}))
	want(t, "rooms afterwards", f.rooms(t, "joined"), []string(nil))
}

func roomsAreBounded(t *testing.T, f *fixture) {
	for _, limit := range []int{3, store.RecordRooms, 2*store.RecordRooms + 1} {
		id := fmt.Sprint(limit)
		AddSocket(t, f, id)
		var rooms []string
		for i := range limit {
			rooms = append(rooms, fmt.Sprintf("room %02d", i))
			succeed(t, f.Join(t.Context(), Socket(id), rooms[i:], limit))
		}
		for _, further := range [][]string{{"x"}, {"x", rooms[0]}, {"x", rooms[limit-1]}, slices.Concat([]string{"x"}, rooms)} {
			wantErr(t, fmt.Sprintf("%d rooms and %q", limit, further), f.Join(t.Context(), Socket(id), further, limit), store.ErrTooManyRooms)
		}
		want(t, "rooms", f.rooms(t, id), rooms)
		WantMembers(t, f, "/", "x")
		succeed(t, f.Join(t.Context(), Socket(id), rooms, limit)) // it is in them
		succeed(t, f.Leave(t.Context(), Socket(id), rooms[limit-1:]))
		succeed(t, f.Join(t.Context(), Socket(id), []string{"x"}, limit))
		succeed(t, f.Leave(t.Context(), Socket(id), []string{"x"}))
	}
}

// membersAreComplete reads more than 1 MB, which is what a page of a database may hold: ids
// are long here.
func membersAreComplete(t *testing.T, f *fixture) {
	const n = 1500
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%04d%0800d", i, i))
	}
	succeed(t, wait.ForEach(t.Context(), 8, all, func(ctx context.Context, id string) error {
		c := newConnection(id)
		if err := f.PutConnection(ctx, c); err != nil {
			return err
		}
		return f.AddSocket(ctx, c, "/", store.SocketState{ID: id[:4], Rooms: []string{"big"}})
	}))
	WantMembers(t, f, "/", "big", all...)
	WantMembers(t, f, "/", store.Everyone, all...)
	var visited []string
	for slot := range store.Slots {
		for _, c := range f.slot(t, slot) {
			visited = append(visited, c.ID)
		}
	}
	slices.Sort(visited)
	if !slices.Equal(visited, all) {
		t.Errorf("slots: got %d of %d", len(visited), n)
	}
	got, err := f.Connections(t.Context(), all)
	if err != nil || len(got) != n {
		t.Errorf("connections: got %d of %d, %v", len(got), n, err)
	}
}
