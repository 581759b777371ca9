package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// sync asks for the news of rooms and returns the rooms of the answer by their ids, with the answer.
func (d *device) sync(known object) (rooms map[string]object, answer object) {
	d.f.t.Helper()
	answer = d.do("sync", object{"rooms": known})
	rooms = map[string]object{}
	for _, room := range answer["rooms"].([]any) {
		rooms[room.(object)["id"].(string)] = room.(object)
	}
	return rooms, answer
}

// at is what a device says that it knows of a room.
func at(seq, rev int) object { return object{"seq": seq, "rev": rev} }

func without(o object, fields ...string) object {
	rest := object{}
	for name, value := range o {
		if !slices.Contains(fields, name) {
			rest[name] = value
		}
	}
	return rest
}

func TestASyncAnswersAsTheListTheHistoryAndTheChangesDo(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(9)
	quiet := bob.create("channel")
	ada.do("joinRoom", object{"roomId": quiet})
	bob.do("editMessage", object{"roomId": room, "seq": 2, "text": "edited"})
	bob.do("deleteMessage", object{"roomId": room, "seq": 8})
	ada.do("markRead", upTo(room, 4))
	for _, known := range [][3]int{{0, 0, 50}, {0, 1, 3}, {3, 0, 4}, {4, 1, 50}, {6, 2, 2}, {8, 2, 50}, {9, 2, 50}, {99, 99, 50}} {
		part := object{"seq": known[0], "rev": known[1], "limit": known[2]}
		rooms, answer := ada.sync(object{room: part})
		history := ada.do("history", object{"roomId": room, "after": known[0], "limit": known[2]})
		changes := ada.do("changes", object{"roomId": room, "after": known[1], "limit": known[2]})
		news := rooms[room]["news"].(object)
		what := fmt.Sprint(known)
		want(t, what+": the page", without(news, "changes"), without(history, "ok"))
		want(t, what+": the changes", news["changes"], without(changes, "ok"))
		want(t, what+": a room of which no news were asked", without(rooms[quiet], "id", "name", "kind", "createdAt", "createdBy", "mark"), object{"head": 0, "unread": 0})
		list := ada.do("listRooms", object{})
		for _, r := range list["rooms"].([]any) {
			want(t, what+": the room", without(rooms[r.(object)["id"].(string)], "news", "last"), r)
		}
		want(t, what+": the rest", without(answer, "rooms"), object{"ok": true, "invitations": list["invitations"], "open": list["open"], "gone": []any{}})
	}
	status, answer := f.request("POST", "/api/sync", ada.token, `{"rooms":{"`+room+`":{"seq":3,"rev":1}}}`)
	_, byEvent := ada.sync(object{room: at(3, 1)})
	want(t, "HTTP", []any{status, answer}, []any{200, byEvent})
}

func TestASyncShowsTheLastMessageOfEachRoom(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(0)
	last := func() any {
		rooms, _ := ada.sync(object{})
		return rooms[room]["last"]
	}
	want(t, "in an empty room", last(), nil)
	sent := bob.do("sendMessage", object{"roomId": room, "tempId": "t", "text": strings.Repeat("ä", 150)})["message"].(object)
	preview := object{"seq": 1, "sender": bob.user, "text": strings.Repeat("ä", 140), "sentAt": sent["sentAt"]}
	want(t, "a long one", last(), preview)
	for _, tempID := range []string{"dead", "slow"} {
		if _, err := f.store.Take(t.Context(), room, bob.user.ID, tempID, f.clock(), 0); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "before positions that nobody has filled", last(), preview)
	rooms, _ := ada.sync(object{room: at(1, 0)})
	want(t, "which are pending", rooms[room]["news"].(object)["pending"], []int{2, 3})
	f.advance(11 * time.Second)
	rooms, _ = ada.sync(object{room: at(1, 0)})
	want(t, "and then closed", seqs(rooms[room]["news"].(object)), seqs(object{"messages": []any{}, "from": 2, "to": 3, "head": 3, "more": false, "changes": object{"messages": []any{}, "rev": 0, "more": false}}))
	want(t, "before tombstones", last(), preview)
	bob.do("deleteMessage", object{"roomId": room, "seq": 1})
	deleted := last().(object)
	want(t, "a deleted one", without(deleted, "deletedAt"), with(with(without(preview, "text"), "text", ""), "rev", 1))
	if _, isDeleted := deleted["deletedAt"]; !isDeleted {
		t.Errorf("it is shown as %v", deleted)
	}
}

func TestASyncTellsNothingOfRoomsThatOneIsNotIn(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(2)
	private := bob.create("group")
	bob.send(private, "secret")
	ada.do("leaveRoom", object{"roomId": room})
	rooms, answer := ada.sync(object{room: at(0, 0), private: at(0, 0), "r_none": at(0, 0)})
	gone := []string{room, private, "r_none"}
	slices.Sort(gone)
	want(t, "rooms and what is gone", []any{rooms, answer["gone"]}, []any{object{}, gone})
	if encoded, _ := json.Marshal(answer); strings.Contains(string(encoded), "text of") {
		t.Errorf("it tells %s", encoded)
	}
	if status, _ := f.request("POST", "/api/sync", "", "{}"); status != 401 {
		t.Errorf("without a token: %d", status)
	}
}

func TestASyncOpensTheRoomOnTheScreen(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(9)
	ask := object{"history": object{"roomId": room, "limit": 4}, "members": object{"roomId": room}, "watch": object{"roomIds": []string{room}}}
	answer := ada.do("sync", ask)
	for operation, request := range ask {
		want(t, operation, answer[operation], without(ada.do(operation, request.(object)), "ok"))
	}
	want(t, "members tell the presence", answer["members"].(object)["members"].([]any)[0].(object)["version"], 1)
	bob.client.Disconnect()
	want(t, "it watches", bob.lastTo(ada), false)
	ada.do("sync", object{"watch": object{"roomIds": []string{}}})
	bob.another()
	f.sweepIn(time.Second)
	want(t, "and no more", bob.lastTo(ada), false)
	status, byHTTP := f.request("POST", "/api/sync", bob.token, `{"history":{"roomId":"`+room+`","limit":4}}`)
	want(t, "HTTP", []any{status, byHTTP["history"]}, []any{200, answer["history"]})
	status, _ = f.request("POST", "/api/sync", bob.token, `{"watch":{"roomIds":["`+room+`"]}}`)
	want(t, "no socket watches", status, 400)
}

// lastTo returns whether a device believes that the user of d is online.
func (d *device) lastTo(other *device) any { return other.lastTold(d.user) }

func TestASyncOpensNoRoomThatOneIsNotIn(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(2)
	private := bob.create("group")
	bob.send(private, "secret")
	answer := ada.do("sync", object{
		"history": object{"roomId": private}, "members": object{"roomId": private}, "watch": object{"roomIds": []string{"r_none", private, room}},
	})
	gone := []string{private, "r_none"}
	slices.Sort(gone)
	want(t, "gone", answer["gone"], gone)
	want(t, "who is told of", len(answer["watch"].(object)["users"].(object)), 2)
	want(t, "the rest", without(answer, "rooms", "watch"), object{"ok": true, "invitations": []any{}, "open": []any{}, "gone": answer["gone"]})
	bob.do("leaveRoom", object{"roomId": room})
	bob.client.Disconnect()
	want(t, "told of somebody in a room of others", ada.told(bob.user), nil)
}

func TestWhatASyncOpensIsRefusedIfItIsWrong(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("group")
	for _, ask := range []object{
		{"history": object{"roomId": "#"}}, {"history": object{"roomId": room, "limit": 101}}, {"history": nil},
		{"history": object{"roomId": room, "since": "2026-01-02T15:04:05.070Z"}},
		{"members": object{"roomId": "#"}}, {"members": object{"roomId": room, "after": "#"}},
		{"watch": object{"roomIds": []string{"#"}}}, {"watch": object{"roomIds": []string{}, "tell": []string{room}}},
	} {
		ada.refused("bad_request", "sync", ask)
	}
}

func TestWhatASyncOpensIsLeftOutWhereThereIsNoPlace(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("group")
	for i := range 12 {
		ada.do("sendMessage", object{"roomId": room, "tempId": fmt.Sprint(i), "text": strings.Repeat("<", 3500)})
		f.advance(30 * time.Second) // the budget
	}
	known := object{room: at(0, 0)}
	answer := ada.do("sync", object{"rooms": known, "history": object{"roomId": room}, "members": object{"roomId": room}})
	if encoded, _ := json.Marshal(answer); len(encoded) > 120<<10 {
		t.Errorf("an answer of %d bytes", len(encoded))
	}
	history := answer["history"].(object)
	want(t, "a page of the newest, as in joinRoom", []any{history["to"], history["more"]}, []any{12, true})
	want(t, "members", len(answer["members"].(object)["members"].([]any)), 1)
}

func TestWhatDoesNotFitIntoASyncIsMoreToAskFor(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	known := object{}
	for i := range 12 {
		room := ada.create("group")
		known[room] = at(0, 0)
		for j := range 1 + i%3 {
			ada.do("sendMessage", object{"roomId": room, "tempId": fmt.Sprint(j), "text": strings.Repeat("<", 3500)})
		}
		ada.do("editMessage", object{"roomId": room, "seq": 1, "text": strings.Repeat(">", 2500)})
		f.advance(30 * time.Second) // the budget
	}
	rooms, answer := ada.sync(known)
	encoded, err := json.Marshal(answer)
	if err != nil || len(encoded) > 120<<10 {
		t.Fatalf("an answer of %d bytes, %v", len(encoded), err)
	}
	cut := 0
	for id, room := range rooms {
		news := room["news"].(object)
		if news["more"].(bool) {
			cut++
		}
		seq := int(news["to"].(float64))
		rest := ada.do("history", object{"roomId": id, "after": seq})
		if got := len(news["messages"].([]any)) + len(rest["messages"].([]any)); float64(got) != room["head"] || news["more"] != (seq < got) {
			t.Errorf("with the rest there are %d messages of %v, after %v", got, room["head"], without(news, "messages", "changes"))
		}
		changes := news["changes"].(object)
		if changes["more"].(bool) == (changes["rev"].(float64) == 1) {
			t.Errorf("changes: rev %v, more %v", changes["rev"], changes["more"])
		}
	}
	if cut == 0 {
		t.Error("all of it fits")
	}
}

func TestASyncOfManyRoomsHasPages(t *testing.T) {
	f := newFixture(t)
	token, user := f.signIn("Bob")
	f.addTo(user, chat.MaxRooms)
	for i := range chat.MaxRooms {
		m := chat.Message{ID: "m", RoomID: fmt.Sprintf("r_%d", i), Seq: 1, Sender: user, Text: strings.Repeat("<", 140), TempID: "t", SentAt: chat.At(f.clock())}
		if _, err := f.store.Take(t.Context(), m.RoomID, user.ID, "t", f.clock(), 0); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.store.Put(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	bob := f.connect(token, user)
	known := object{"r_0": at(0, 0), fmt.Sprint("r_", chat.MaxRooms-1): at(0, 0)}
	rooms, _, _, pages := bob.pages("sync", object{"rooms": known}, bob.do)
	unique := slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, id := range rooms {
			yield(id.(string))
		}
	}))
	want(t, "rooms, and each once", []int{len(rooms), len(unique)}, []int{chat.MaxRooms, chat.MaxRooms})
	if pages < 2 || pages > 5 {
		t.Errorf("%d pages", pages)
	}
	_, answer := bob.sync(known)
	if encoded, _ := json.Marshal(answer); len(encoded) > 120<<10 {
		t.Errorf("a page of %d bytes", len(encoded))
	}
}

func TestASyncIsRefusedIfItsRequestIsWrong(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	many := object{}
	for i := range 51 {
		many[fmt.Sprint("r_", i)] = at(0, 0)
	}
	ada.refused("too_large", "sync", object{"rooms": many})
	delete(many, "r_0")
	if gone := ada.do("sync", object{"rooms": many})["gone"].([]any); len(gone) != 50 {
		t.Errorf("%d of 50 rooms are gone", len(gone))
	}
	for _, rooms := range []any{
		object{"r_1": at(-1, 0)}, object{"r_1": at(0, -1)}, object{"r 1": at(0, 0)}, object{"r_1": with(at(0, 0), "limit", 101)},
		object{"r_1": object{"seq": 1}}, object{"r_1": nil}, object{"r_1": with(at(0, 0), "more", 1)}, []string{"r_1"}, nil,
	} {
		ada.refused("bad_request", "sync", object{"rooms": rooms})
	}
	ada.refused("bad_request", "sync", object{"cursor": "x"})
}

// callsOf returns how many calls of DynamoDB something takes.
func (f *fixture) callsOf(do func()) (n int) {
	f.calls.take()
	do()
	for _, count := range f.calls.take() {
		n += count
	}
	return n
}

func TestASyncOfFortyRoomsTakesFewCalls(t *testing.T) {
	f := newFixture(t)
	token, user := f.signIn("Bob")
	f.addTo(user, 40)
	known := object{}
	for i := range 40 {
		room := fmt.Sprint("r_", i)
		known[room] = at(0, 0)
		for j := range 2 {
			m := chat.Message{RoomID: room, Sender: user, Text: "text", TempID: fmt.Sprint(j), SentAt: chat.At(f.clock())}
			at, err := f.store.Take(t.Context(), room, user.ID, m.TempID, f.clock(), 0)
			if err != nil {
				t.Fatal(err)
			}
			m.Seq = at.Seq
			if _, _, err = f.store.Put(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	bob := f.connect(token, user)
	apart := f.callsOf(func() {
		bob.do("listRooms", object{})
		for room := range known {
			bob.do("history", object{"roomId": room, "after": 0})
		}
	})
	fresh := f.callsOf(func() { bob.sync(object{}) })
	returned := f.callsOf(func() {
		rooms, _ := bob.sync(known)
		for id, room := range rooms {
			want(t, "news of "+id, pick("seq", room["news"].(object)["messages"]), []int{1, 2})
		}
	})
	want(t, "calls for a list and forty pages, for a sync, and for one with the news of forty rooms", []int{apart, fresh, returned}, []int{210, 9, 10})
}
