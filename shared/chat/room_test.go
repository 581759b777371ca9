package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// mine is a new room as listRooms shows it to its creator, who has read it up to a position.
func mine(room object, seq int) object {
	created, err := time.Parse(time.RFC3339, room["createdAt"].(string))
	if err != nil {
		panic(err)
	}
	return with(with(room, "unread", 0), "mark", object{"seq": seq, "version": created.UnixMilli()})
}

func TestAChannelIsListedToEveryone(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	answer := ada.do("createRoom", object{"name": "  Engines ", "kind": "channel"})
	room := answer["room"].(object)
	want(t, "room", room, object{
		"id": room["id"], "name": "Engines", "kind": "channel", "createdAt": f.stamp(), "createdBy": ada.user, "head": 0,
	})
	want(t, "Ada hears", ada.heard("roomChanged"), []object{{"room": room}})
	want(t, "Bob hears", bob.heard("roomChanged"), []object{{"room": room}})
	want(t, "Ada's list", ada.do("listRooms", object{}), object{"ok": true, "rooms": []any{mine(room, 0)}, "invitations": []any{}, "open": []any{}})
	want(t, "Bob's list", bob.do("listRooms", object{}), object{"ok": true, "rooms": []any{}, "invitations": []any{}, "open": []any{room}})
	ada.send(room["id"].(string), "t")
	room["head"] = 1
	want(t, "head", ada.do("listRooms", object{})["rooms"], []any{mine(room, 1)})
	for kind, known := range map[string]any{"": "channel", "public": "channel"} {
		want(t, "kind "+kind, ada.do("createRoom", object{"name": "x", "kind": kind})["room"].(object)["kind"], known)
	}
}

func TestOnlyMembersKnowARoomThatIsNotAChannel(t *testing.T) {
	for _, kind := range []string{"group", "private", "direct"} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t)
			ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
			phone := bob.another()
			members := []*device{bob}
			if kind == "group" {
				members = nil
			}
			f.acquaint(ada, bob)
			room := ada.create(kind, members...)
			want(t, "Ada hears", pick("room", ada.heard("roomChanged"))[0].(object)["id"], room)
			for _, d := range []*device{bob, phone} {
				want(t, "Bob's devices hear", len(d.heard("roomChanged")), len(members))
			}
			want(t, "Eve hears", eve.heard("roomChanged"), []any{})
			want(t, "Eve's list", eve.do("listRooms", object{}), object{"ok": true, "rooms": []any{}, "invitations": []any{}, "open": []any{}})
			sent := ada.send(room, "t")
			if kind != "group" {
				want(t, "Bob's phone receives", phone.heard("newMessage"), []any{sent})
			}
			want(t, "Eve receives", eve.heard("newMessage"), []any{})
		})
	}
}

func TestARequestForARoomMayBeRepeated(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	body := object{"name": "Once", "kind": "group", "tempId": "t-1"}
	first := ada.do("createRoom", body)
	f.advance(1000)
	want(t, "again", ada.do("createRoom", body), first)
	want(t, "rooms", pick("id", ada.do("listRooms", object{})["rooms"]), []any{first["room"].(object)["id"]})
	want(t, "another's", f.enter("Bob").do("createRoom", body)["room"].(object)["id"] == first["room"].(object)["id"], false)
}

func TestARequestForAnotherRoomWithTheSameTempIDIsRefused(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	body := func(member *device) object {
		return object{"name": "Two", "kind": "private", "tempId": "t", "members": []string{member.user.ID}}
	}
	room := ada.do("createRoom", body(bob))["room"].(object)["id"].(string)
	ada.refused("idempotency_conflict", "createRoom", body(eve))
	ada.send(room, "1")
	for _, event := range []string{"roomChanged", "newMessage"} {
		want(t, "Eve hears "+event, eve.heard(event), []any{})
	}
	eve.refused("forbidden", "history", object{"roomId": room})
}

func TestAGroupsIDCannotBeGuessed(t *testing.T) {
	// Two worlds in which the same person asks for the same.
	one, two := newFixture(t), newFixture(t)
	token, user := one.signIn("Ada")
	body := object{"name": "Secret", "kind": "group", "tempId": "1"}
	id := one.connect(token, user).do("createRoom", body)["room"].(object)["id"]
	other := two.connect(token, user).do("createRoom", body)["room"].(object)["id"]
	if id == other {
		t.Errorf("the id %v follows from what others know", id)
	}
}

func TestTwoPeopleHaveOneDirectRoom(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	f.acquaint(ada, bob)
	room := ada.do("createRoom", object{"name": "", "kind": "direct", "members": []string{bob.user.ID}})
	want(t, "members", len(room["room"].(object)["members"].([]any)), 2)
	f.advance(1000)
	want(t, "the other way round", bob.do("createRoom", object{"kind": "direct", "members": []string{ada.user.ID, bob.user.ID}}), room)
	id := room["room"].(object)["id"].(string)
	ada.refused("forbidden", "leaveRoom", object{"roomId": id})
	eve := f.enter("Eve")
	// Whether two people talk with each other is not for others to find out.
	eve.refused("not_found", "joinRoom", object{"roomId": id})
	eve.refused("not_found", "leaveRoom", object{"roomId": id})
	eve.refused("forbidden", "history", object{"roomId": id})
}

func TestInvalidRoomsAreRefused(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	many := make([]string, 41)
	for i := range many {
		many[i] = fmt.Sprint("u_", i)
	}
	for _, c := range []struct {
		code string
		body any
	}{
		{"bad_request", nil},
		{"bad_request", "a room"},
		{"bad_request", object{"name": " "}},
		{"bad_request", object{"name": strings.Repeat("ä", 81)}},
		{"bad_request", object{"name": "two\nlines"}},
		{"bad_request", object{"name": "\u200b"}},
		{"bad_request", object{"name": "x", "kind": "secret"}},
		{"bad_request", object{"name": "x", "kind": "channel", "members": []string{bob.user.ID}}},
		{"bad_request", object{"name": "x", "kind": "private", "members": []string{"#"}}},
		{"bad_request", object{"name": "x", "tempId": "two words"}},
		{"bad_request", object{"kind": "direct"}},
		{"bad_request", object{"kind": "direct", "members": []string{ada.user.ID}}},
		{"bad_request", object{"kind": "direct", "members": []string{bob.user.ID, eve.user.ID}}},
		{"not_found", object{"name": "x", "kind": "private", "members": []string{"u_nobody"}}},
		{"too_large", object{"name": "x", "kind": "private", "members": many}},
	} {
		ada.refused(c.code, "createRoom", c.body)
	}
	want(t, "rooms", ada.do("listRooms", object{}), object{"ok": true, "rooms": []any{}, "invitations": []any{}, "open": []any{}})
	ada.do("createRoom", object{"name": strings.Repeat("ä", 80)})
}
