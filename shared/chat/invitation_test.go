package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// invite lets a person make a room with another whom they do not know, and returns its id.
func (d *device) invite(kind string, other *device) string {
	d.f.t.Helper()
	room := d.create(kind, other)
	if member, err := d.f.store.IsMember(d.f.t.Context(), room, other.user.ID); err != nil || member {
		d.f.t.Fatalf("%s is a member at once: %v, %v", other.user.Name, member, err)
	}
	return room
}

// wantInvitations compares the rooms of a user's invitations as the list has them.
func (d *device) wantInvitations(what string, rooms ...any) {
	d.f.t.Helper()
	all := d.do("listRooms", object{})["invitations"].([]any)
	ids := []any{}
	for _, i := range all {
		ids = append(ids, i.(object)["room"].(object)["id"])
	}
	want(d.f.t, what, ids, append([]any{}, rooms...))
}

func TestAStrangerIsInvitedAndHearsARoomAfterAccepting(t *testing.T) {
	for _, kind := range []string{"private", "direct"} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t)
			ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
			phone := bob.another()
			id := ada.invite(kind, bob)
			room := ada.heard("roomChanged")[0]["room"].(object)
			invitation := object{"room": room, "from": ada.user, "expiresAt": chat.At(f.clock().Add(30 * 24 * time.Hour))}
			for _, d := range []*device{bob, phone} {
				want(t, "Bob hears of the invitation", d.heard("invited"), []object{{"invitation": invitation}})
				want(t, "Bob hears of the room", d.heard("roomChanged"), []any{})
			}
			want(t, "Eve hears", eve.heard("invited"), []any{})
			want(t, "Bob's list", bob.do("listRooms", object{}), object{"ok": true, "rooms": []any{}, "invitations": []any{invitation}, "open": []any{}})
			first := ada.send(id, "1")
			want(t, "members", len(ada.do("joinRoom", object{"roomId": id})["members"].([]any)), 1)
			for _, d := range []*device{bob, phone} {
				d.refused("forbidden", "history", object{"roomId": id})
				d.refused("forbidden", "sendMessage", message(id, "t"))
				d.refused("forbidden", "typing", object{"roomId": id, "on": true})
				want(t, "received", d.heard("newMessage"), []any{})
			}
			eve.refused("not_found", "joinRoom", object{"roomId": id})

			want(t, "history", bob.do("joinRoom", object{"roomId": id})["messages"], []any{first})
			sent := ada.send(id, "2")
			for _, d := range []*device{ada, bob, phone} {
				want(t, "told", d.heard("memberChanged"), []object{{"roomId": id, "user": bob.user, "change": "joined"}})
				want(t, "received", d.heard("newMessage")[len(d.heard("newMessage"))-1], sent)
			}
			phone.wantInvitations("accepted")
			want(t, "rooms", pick("id", phone.do("listRooms", object{})["rooms"]), []any{id})
		})
	}
}

func TestWhoDeclinesAnInvitationHearsNothing(t *testing.T) {
	for _, kind := range []string{"private", "direct"} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			phone := bob.another()
			room := ada.invite(kind, bob)
			for range 2 {
				bob.do("declineInvitation", object{"roomId": room})
			}
			want(t, "the phone is told", phone.heard("invitationDeclined"), []object{{"roomId": room}, {"roomId": room}})
			phone.wantInvitations("declined")
			phone.refused("not_found", "joinRoom", object{"roomId": room})
			ada.create(kind, bob) // asks again, which for two people is the same room
			ada.send(room, "1")
			f.twoMinutes()
			for _, event := range []string{"newMessage", "roomChanged", "memberChanged"} {
				want(t, event, bob.heard(event), []any{})
			}
			want(t, "the inviter is not told", ada.heard("invitationDeclined"), []any{})
			bob.do("declineInvitation", object{"roomId": "r_unknown"}) // says nothing about rooms
			if kind == "direct" {
				// Whoever declined can still open the room themselves.
				bob.create("direct", ada)
				bob.send(room, "2")
			}
		})
	}
}

func TestWhoSharesARoomIsAddedAtOnce(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	channel := ada.create("channel")
	bob.do("joinRoom", object{"roomId": channel})
	room := ada.create("private", bob, eve)
	want(t, "Bob is in the room", pick("room", bob.heard("roomChanged"))[1].(object)["id"], room)
	want(t, "received", bob.heard("newMessage"), []any{})
	sent := ada.send(room, "1")
	want(t, "received", bob.heard("newMessage"), []any{sent})
	bob.wantInvitations("Bob")
	eve.wantInvitations("Eve", room)
	want(t, "Eve received", eve.heard("newMessage"), []any{})
	// Who has left the room that they shared is a stranger again.
	bob.do("leaveRoom", object{"roomId": channel})
	bob.do("leaveRoom", object{"roomId": room})
	ada.invite("private", bob)
}

func TestADirectRoomThatBothAskForHasBoth(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.invite("direct", bob)
	want(t, "the same room", bob.create("direct", ada), room)
	bob.wantInvitations("none is left")
	sent := ada.send(room, "1")
	want(t, "received", bob.heard("newMessage"), []any{sent})
	want(t, "told", ada.heard("memberChanged"), []object{{"roomId": room, "user": bob.user, "change": "joined"}})
}

func TestAnInvitationExpires(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	made := f.clock().Add(time.Minute - 30*24*time.Hour)
	r := chat.Room{ID: "r_old", Name: "Old", Kind: chat.Private, CreatedAt: chat.At(made), CreatedBy: ada.user}
	if _, _, err := f.store.CreateRoom(t.Context(), r, []chat.Member{{User: ada.user}}, []string{bob.user.ID}, ""); err != nil {
		t.Fatal(err)
	}
	bob.wantInvitations("before", "r_old")
	f.advance(time.Minute)
	bob.wantInvitations("after")
	bob.refused("not_found", "joinRoom", object{"roomId": "r_old"})
}

func TestAnInvitationWhoseCreationDiedIsToldByTheSweep(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	f.dieAt("Query", 3) // after those that find who is acquainted
	ada.refused("internal", "createRoom", object{"name": "Engines", "kind": "private", "members": []string{bob.user.ID}})
	f.live()
	want(t, "told", len(bob.heard("invited")), 0)
	f.twoMinutes()
	want(t, "told", len(bob.heard("invited")), 1)
	want(t, "the room", bob.heard("roomChanged"), []any{})
}

func TestAnAcceptanceThatHalfFailedIsFinishedByTheNext(t *testing.T) {
	for _, kind := range []string{"private", "direct"} {
		f := newFixture(t)
		ada, bob := f.enter("Ada"), f.enter("Bob")
		room := ada.invite(kind, bob)
		f.dieAt("Query", 1)
		bob.refused("internal", "joinRoom", object{"roomId": room})
		f.live()
		bob.do("joinRoom", object{"roomId": room})
		sent := ada.send(room, "1")
		want(t, "received", bob.heard("newMessage"), []any{sent})
	}
}

func TestARequestForARoomMayBeRepeatedWhenThereIsNoPlaceForMore(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	body := func(tempID string) object {
		return object{"name": "Engines", "kind": "private", "members": []string{bob.user.ID}, "tempId": tempID}
	}
	direct := ada.invite("direct", bob)
	var last object
	for i := range 4 {
		last = ada.do("createRoom", body(fmt.Sprint(i)))
	}
	ada.refused("too_many_invitations", "createRoom", body("more"))
	want(t, "again", ada.do("createRoom", body("3")), last)
	want(t, "the direct room again", ada.create("direct", bob), direct)
	other := body("3")
	other["name"] = "Another"
	ada.refused("idempotency_conflict", "createRoom", other)
}

// One guest makes private rooms that name another person, as many as they can.
func TestAPersonIsNotBombedWithRooms(t *testing.T) {
	f := newFixtureOf(t, generous)
	bob, eve := f.enter("Bob"), f.enter("Eve")
	own := []any{bob.create("group"), bob.create("group")}
	for i := range 5 {
		eve.invite("private", bob)
		want(t, "invitations", len(bob.heard("invited")), i+1)
	}
	bomb := object{"name": "Boom", "kind": "private", "members": []string{bob.user.ID}}
	eve.refused("too_many_invitations", "createRoom", bomb)
	for range chat.MaxRoomsMade - 5 {
		eve.create("channel")
	}
	eve.refused("too_many_rooms", "createRoom", object{"name": "One more", "kind": "channel"})

	again := bob.another()
	list := again.do("listRooms", object{})
	if ids := pick("id", list["rooms"]); len(ids) != 2 || ids[0] != own[0] && ids[0] != own[1] {
		t.Errorf("Bob's rooms are %v, want %v", ids, own)
	}
	want(t, "asked", len(list["invitations"].([]any)), 5)
	sent := bob.send(own[0].(string), "1")
	want(t, "received", again.heard("newMessage"), []any{sent})
	// Somebody else can still invite him.
	f.enter("Ada").invite("private", bob)
}

// addTo makes a user a member of many rooms, each made by somebody else.
func (f *fixture) addTo(user chat.User, rooms int) {
	f.t.Helper()
	for i := range rooms {
		friend := chat.Member{User: chat.User{ID: fmt.Sprintf("u_%d", i), Name: "Friend"}}
		r := chat.Room{ID: fmt.Sprintf("r_%d", i), Name: strings.Repeat("<", 80), Kind: chat.Group, CreatedAt: chat.At(f.clock()), CreatedBy: friend.User}
		if _, _, err := f.store.CreateRoom(f.t.Context(), r, []chat.Member{friend, {User: user}}, nil, ""); err != nil {
			f.t.Fatal(err)
		}
		f.advance(time.Millisecond)
	}
}

func TestOthersCannotFillAPersonsRooms(t *testing.T) {
	f := newFixture(t)
	token, user := f.signIn("Bob")
	f.addTo(user, 99)
	bob, eve := f.connect(token, user), f.enter("Eve")
	f.acquaint(bob, eve) // the hundredth
	eve.invite("private", bob)
	channel := eve.create("channel")
	bob.do("joinRoom", object{"roomId": channel})
}

func TestAPersonIsInABoundedNumberOfRooms(t *testing.T) {
	f := newFixture(t)
	token, user := f.signIn("Bob")
	f.addTo(user, chat.MaxRooms)
	bob, ada := f.connect(token, user), f.enter("Ada")
	channel, private := ada.create("channel"), ada.invite("private", bob)
	bob.refused("too_many_rooms", "createRoom", object{"name": "x"})
	friend := chat.User{ID: "u_0", Name: "Friend"}
	if _, err := f.store.Online(t.Context(), friend, "s", f.clock(), f.clock()); err != nil {
		t.Fatal(err)
	}
	bob.refused("too_many_rooms", "createRoom", object{"name": "x", "kind": "private", "members": []string{friend.ID}})
	for _, room := range []string{channel, private} {
		bob.refused("too_many_rooms", "joinRoom", object{"roomId": room})
	}
	status, answer := f.request("POST", "/api/rooms/"+channel+"/join", token, "")
	want(t, "HTTP", []any{status, answer["error"].(object)["code"]}, []any{409, "too_many_rooms"})
	bob.do("leaveRoom", object{"roomId": "r_7"})
	bob.do("joinRoom", object{"roomId": private})
	sent := ada.send(private, "1")
	want(t, "received", bob.heard("newMessage"), []any{sent})
}
