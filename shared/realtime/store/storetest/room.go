package storetest

import (
	"context"
	"fmt"
	"slices"
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
	{"AJoinDuringAnEndingLeavesNothingBehind", joinDuringAnEnding},
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
		succeed(t, f.Join(t.Context(), Socket("a"), []string{"x", "y", "x"}))
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
	wantErr(t, "a socket that has ended", f.Join(t.Context(), predecessor, []string{"z"}), store.ErrNoSocket)
	wantErr(t, "unknown connection", f.Join(t.Context(), Socket("b"), []string{"z"}), store.ErrNoSocket)
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
		wantErr(t, "join", f.Join(t.Context(), Socket("a"), []string{joined[i], "all"}), nil)
	})
	rooms := slices.Sorted(slices.Values(f.connection(t, "a").Sockets["/"].Rooms))
	want(t, "rooms", rooms, append([]string{"all"}, joined...))
	for _, room := range rooms {
		WantMembers(t, f, "/", room, "a")
	}
	WantMembers(t, f, "/", "left")
}

func joinDuringAnEnding(t *testing.T, f *fixture) {
	for round := range 5 {
		id := fmt.Sprint(round)
		AddSocket(t, f, id)
		together(2, func(i int) {
			if i == 0 {
				if err := f.Join(t.Context(), Socket(id), []string{"room"}); err != nil {
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
