package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func TestAJoinReturnsTheRoomAndTellsItsMembers(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	joinedAt := f.stamp()
	first, second := ada.send(room, "1"), ada.send(room, "2")
	f.advance(time.Second)
	bob := f.enter("Bob")
	phone := bob.another()

	state := bob.do("joinRoom", object{"roomId": room})
	members := []object{
		{"id": ada.user.ID, "name": "Ada", "online": true, "version": 1, "joinedAt": joinedAt},
		{"id": bob.user.ID, "name": "Bob", "online": true, "version": 2, "joinedAt": f.stamp()},
	}
	if bob.user.ID < ada.user.ID {
		members[0], members[1] = members[1], members[0]
	}
	want(t, "state", state, object{
		"ok": true, "members": members, "messages": []any{first, second}, "head": 2, "from": 1, "to": 2, "more": false,
		"room": object{"id": room, "name": "Engines", "kind": "channel", "createdAt": joinedAt, "createdBy": ada.user, "head": 2},
	})
	f.advance(time.Second)
	want(t, "state for a member", bob.do("joinRoom", object{"roomId": room}), state)
	for _, d := range []*device{ada, bob, phone} {
		want(t, "memberChanged", d.heard("memberChanged"), []object{{"roomId": room, "user": bob.user, "change": "joined"}})
	}
	sent := ada.send(room, "3")
	want(t, "the other device receives", phone.heard("newMessage"), []any{sent})
}

func TestMembersComeInPages(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ids := []string{ada.user.ID}
	for i := range 220 {
		_, user := f.signIn(fmt.Sprint("Guest ", i))
		if _, err := f.store.AddMember(t.Context(), room, chat.Member{User: user, JoinedAt: chat.At(f.clock())}, f.clock()); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, user.ID)
	}
	slices.Sort(ids)
	state := ada.do("joinRoom", object{"roomId": room})
	want(t, "the first page", pick("id", state["members"]), ids[:200])
	want(t, "there are more", state["moreMembers"], true)
	rest := ada.do("members", object{"roomId": room, "after": ids[199]})
	want(t, "the rest", []any{pick("id", rest["members"]), rest["more"]}, []any{ids[200:], false})
	_, byHTTP := f.request("GET", "/api/rooms/"+room+"/members?after="+ids[199], ada.token, "")
	want(t, "by HTTP", byHTTP, rest)
	first := ada.do("members", object{"roomId": room})
	want(t, "from the beginning", []any{first["members"], first["more"]}, []any{state["members"], true})
	ada.refused("bad_request", "members", object{"roomId": room, "after": "no id"})
}

func TestOnlyMembersReadWhoIsThere(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "members", object{"roomId": room})
		d.refused("forbidden", "members", object{"roomId": "r_unknown"})
		status, _ := f.request("GET", "/api/rooms/"+room+"/members", d.token, "")
		want(t, "status", status, 403)
	}
}

func TestAFormerMemberReceivesNothing(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := bob.another()
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	for range 2 {
		bob.do("leaveRoom", object{"roomId": room})
	}
	left := object{"roomId": room, "user": bob.user, "change": "left"}
	for _, d := range []*device{ada, bob, phone} {
		want(t, "memberChanged", pick("change", d.heard("memberChanged")), []any{"joined", "left"})
		want(t, "left", d.heard("memberChanged")[1], left)
	}
	ada.send(room, "1")
	for _, d := range []*device{bob, phone} {
		want(t, "received", d.heard("newMessage"), []any{})
		d.refused("forbidden", "sendMessage", message(room, "t"))
		d.refused("forbidden", "history", object{"roomId": room})
		d.refused("forbidden", "typing", object{"roomId": room, "on": true})
	}
	want(t, "Bob's list", pick("id", bob.do("listRooms", object{})["open"]), []any{room})
}

func TestOnlyMembersEnterAPrivateRoom(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	f.acquaint(ada, bob)
	private := ada.create("private", bob)
	bob.do("joinRoom", object{"roomId": private})
	// She must not learn that the room exists: the answers are those for a room that does not.
	for _, room := range []string{private, "r_unknown"} {
		eve.refused("forbidden", "history", object{"roomId": room})
		eve.refused("forbidden", "sendMessage", message(room, "t"))
		eve.refused("forbidden", "typing", object{"roomId": room, "on": true})
		eve.refused("not_found", "joinRoom", object{"roomId": room})
		eve.refused("not_found", "leaveRoom", object{"roomId": room})
	}
	want(t, "positions taken", ada.do("history", object{"roomId": private})["head"], 0)
	want(t, "Ada heard", ada.heard("memberChanged"), []any{})

	group := ada.create("group")
	eve.do("joinRoom", object{"roomId": group}) // the id is the invitation
	eve.refused("bad_request", "joinRoom", object{"roomId": "no/id"})
}

func TestADeviceThatConnectsIsInItsUsersRooms(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("group")
	phone := ada.another()
	sent := ada.send(room, "1")
	want(t, "received", phone.heard("newMessage"), []any{sent})
}

func TestAJoinThatALeaveOvertakesDoesNotStay(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := bob.another()
	room := ada.create("channel")
	f.store.added = func() { phone.do("leaveRoom", object{"roomId": room}) }
	bob.refused("forbidden", "joinRoom", object{"roomId": room})
	ada.send(room, "1")
	for _, d := range []*device{bob, phone} {
		want(t, "received", d.heard("newMessage"), []any{})
		d.refused("forbidden", "history", object{"roomId": room})
	}
	bob.do("joinRoom", object{"roomId": room})
}

func TestConnectingCostsTheSameHoweverManyRooms(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	f.calls.take()
	ada.another()
	without := f.calls.take()
	for range 5 {
		ada.create("group")
	}
	f.calls.take()
	ada.another()
	want(t, "calls of the database", f.calls.take(), without)
}

func TestADeviceThatConnectsDuringAChangeHasTheRoomsAfterIt(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	left, joined := ada.create("channel"), f.enter("Bob").create("channel")
	// The change comes after the new device's rooms were read, and before it can be
	// found among its user's devices.
	f.store.rooms = func() {
		ada.do("leaveRoom", object{"roomId": left})
		ada.do("joinRoom", object{"roomId": joined})
	}
	phone := ada.another()
	phone.refused("forbidden", "history", object{"roomId": left})
	bob := f.enter("Bob")
	bob.do("joinRoom", object{"roomId": left})
	bob.do("joinRoom", object{"roomId": joined})
	bob.send(left, "1")
	sent := bob.send(joined, "2")
	want(t, "received", phone.heard("newMessage"), []any{sent})
}
