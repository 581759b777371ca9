package chat_test

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"testing"
	"time"
)

// inThread is the request for a reply below the message at a position.
func inThread(roomID string, threadOf int, tempID string) object {
	return object{"roomId": roomID, "threadOf": threadOf, "text": "text of " + tempID, "tempId": tempID}
}

// reply sends a reply below the first message of a room and returns it as it is stored.
func (d *device) reply(roomID, tempID string) object {
	d.f.t.Helper()
	return d.do("sendMessage", inThread(roomID, 1, tempID))["message"].(object)
}

// readThread reads the thread below the first message of a room.
func (d *device) readThread(roomID string) object {
	d.f.t.Helper()
	return d.do("thread", object{"roomId": roomID, "seq": 1})
}

// newThreadRoom returns a room of Ada, with Bob in it and a message of Ada's.
func newThreadRoom(f *fixture) (ada, bob *device, room string, first object) {
	ada, bob = f.enter("Ada"), f.enter("Bob")
	room = ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	return ada, bob, room, ada.send(room, "t")
}

func TestAReplyReachesTheRoomWithTheCountOfItsThread(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, first := newThreadRoom(f)
	phone := ada.another()
	f.advance(time.Minute)
	reply := bob.reply(room, "u")
	want(t, "reply", reply, object{
		"id": room + ".1.1", "roomId": room, "seq": 1, "sender": bob.user, "text": "text of u", "tempId": "u",
		"sentAt": f.stamp(), "threadOf": 1,
	})
	first["thread"], first["rev"] = object{"count": 1, "lastAt": f.stamp()}, 1
	for _, d := range []*device{ada, phone, bob} {
		want(t, d.user.Name+" hears", d.heard("newReply"), []object{{"message": reply, "first": first}})
		want(t, d.user.Name+" hears no message but the first", len(d.heard("newMessage")), map[bool]int{true: 0, false: 1}[d == phone])
	}
	second := ada.do("sendMessage", object{"roomId": room, "threadOf": 1, "text": "x", "tempId": "v", "replyTo": 1})["message"].(object)
	first["thread"], first["rev"] = object{"count": 2, "lastAt": f.stamp()}, 2
	page := bob.do("history", object{"roomId": room})
	want(t, "room", page["messages"], []any{first})
	want(t, "head of the room", page["head"], 1)
	want(t, "changes of the room", bob.do("changes", object{"roomId": room, "after": 0})["messages"], []any{first})
	want(t, "thread", bob.readThread(room), object{
		"ok": true, "first": first, "follow": object{"on": true, "mark": object{"seq": 1, "version": 0}},
		"messages": []any{reply, second}, "from": 1, "to": 2, "head": 2, "more": false,
	})
	for ask, seqs := range map[[2]any][]int{{"after", 1}: {2}, {"before", 2}: {1}, {"limit", 1}: {2}} {
		got := bob.do("thread", object{"roomId": room, "seq": 1, ask[0].(string): ask[1]})
		want(t, fmt.Sprint("page ", ask), pick("seq", got["messages"]), seqs)
	}
	listed := bob.do("listRooms", object{})["rooms"].([]any)[0].(object)
	want(t, "unread in the room", listed["unread"], 1)
}

func TestARepliesRepetitionIsAnsweredAndSentAgain(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	ask := inThread(room, 1, "u")
	first := ada.do("sendMessage", ask)
	ada.do("editMessage", edit(room, 1, "edited"))
	want(t, "a repetition", ada.do("sendMessage", ask), first)
	status, byHTTP := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, `{"text":"text of u","tempId":"u","threadOf":1}`)
	want(t, "status by HTTP", status, http.StatusCreated)
	want(t, "by HTTP", byHTTP, first)
	now := bob.do("history", object{"roomId": room})["messages"].([]any)[0]
	heard := bob.heard("newReply")
	want(t, "heard", pick("message", heard), []any{first["message"], first["message"], first["message"]})
	want(t, "the first message with the last", heard[2]["first"], now)
	want(t, "revision of the first message", now.(object)["rev"], 2)
	ada.refused("idempotency_conflict", "sendMessage", object{"roomId": room, "threadOf": 1, "text": "other", "tempId": "u"})
	ada.refused("idempotency_conflict", "sendMessage", message(room, "u"))
	want(t, "thread", len(ada.readThread(room)["messages"].([]any)), 1)
}

func TestRepliesAtOnceAreAllCounted(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	devices := []*device{ada, ada.another(), bob, bob.another()}
	var wg sync.WaitGroup
	const each = 5
	for _, d := range devices {
		wg.Go(func() {
			for i := range each {
				ask := inThread(room, 1, fmt.Sprint(d.client.ID(), "-", i))
				for answer := d.ask("sendMessage", ask); answer["ok"] != true; answer = d.ask("sendMessage", ask) {
					if e := answer["error"].(object); e["temporary"] != true {
						t.Error(answer)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	page := ada.readThread(room)
	want(t, "replies", len(page["messages"].([]any)), each*len(devices))
	want(t, "count", page["first"].(object)["thread"].(object)["count"], each*len(devices))
	want(t, "head", page["head"], each*len(devices))
}

func TestAReplyToARoomOfTwentyCostsTwentyFourCalls(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i := range 19 {
		f.enter(fmt.Sprint("Guest ", i)).do("joinRoom", object{"roomId": room})
	}
	ada.send(room, "t")
	for _, tempID := range []string{"first", "second"} {
		f.posts.Store(0)
		f.calls.take()
		ada.reply(room, tempID)
		want(t, "posts", f.posts.Load(), 20)
		want(t, "calls of the database", f.calls.take(), map[string]int{"UpdateItem": 1, "BatchGetItem": 1, "TransactWriteItems": 1, "Query": 1})
	}
}

func TestARepliesAuthorEditsAndDeletesIt(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	reply := bob.reply(room, "u")
	ada.refused("forbidden", "editMessage", object{"roomId": room, "threadOf": 1, "seq": 1, "text": "mine"})
	edited := bob.do("editMessage", object{"roomId": room, "threadOf": 1, "seq": 1, "text": "better", "version": 0})["message"].(object)
	reply["text"], reply["version"], reply["editedAt"], reply["rev"] = "better", 1, f.stamp(), 1
	want(t, "edited", edited, reply)
	want(t, "Ada hears", ada.heard("replyChanged"), []object{{"message": edited, "rev": 1}})
	want(t, "the room hears of no change", ada.heard("messageChanged"), []any{})
	changes := object{"roomId": room, "threadOf": 1, "after": 0}
	want(t, "changes", ada.do("changes", changes), object{"ok": true, "messages": []any{edited}, "rev": 1, "more": false})
	page := ada.readThread(room)
	want(t, "thread", page["messages"], []any{edited})
	want(t, "revision", page["rev"], 1)
	want(t, "text of the first message", page["first"].(object)["text"], "text of t")
	path := "/api/rooms/" + room + "/messages/1"
	status, _ := f.request("DELETE", path+"?threadOf=1", bob.token, "")
	want(t, "status of a deletion", status, http.StatusOK)
	deleted := ada.readThread(room)
	want(t, "deleted", pick("text", deleted["messages"]), []string{""})
	want(t, "count", deleted["first"].(object)["thread"].(object)["count"], 1)
	want(t, "changes of the room", len(ada.do("changes", object{"roomId": room, "after": 1})["messages"].([]any)), 0)
	bob.refused("not_found", "sendMessage", object{"roomId": room, "threadOf": 1, "text": "x", "tempId": "v", "replyTo": 1})
}

func TestAThreadGoesOnWhenItsFirstMessageIsDeleted(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	ada.send(room, "other")
	bob.reply(room, "u")
	for seq := 1; seq <= 2; seq++ {
		ada.do("deleteMessage", object{"roomId": room, "seq": seq})
	}
	bob.reply(room, "v")
	page := ada.readThread(room)
	want(t, "thread", pick("text", page["messages"]), []string{"text of u", "text of v"})
	want(t, "count", page["first"].(object)["thread"].(object)["count"], 2)
	bob.refused("not_found", "sendMessage", inThread(room, 2, "w"))
	bob.refused("not_found", "thread", object{"roomId": room, "seq": 2})
}

func TestAThreadIsBelowAMessage(t *testing.T) {
	f := newFixture(t)
	ada, _, room, _ := newThreadRoom(f)
	if _, err := f.store.Void(t.Context(), room, 2, f.clock()); err != nil {
		t.Fatal(err)
	}
	for position, code := range map[any]string{
		2: "not_found", 3: "not_found", int64(1e15 - 1): "not_found", int64(math.MaxInt64): "bad_request",
		0: "bad_request", -1: "bad_request", 1.5: "bad_request", "1": "bad_request",
	} {
		ada.refused(code, "sendMessage", object{"roomId": room, "text": "x", "tempId": "t", "threadOf": position})
		ada.refused(code, "thread", object{"roomId": room, "seq": position})
		ada.refused(code, "followThread", object{"roomId": room, "seq": position, "on": true})
	}
	want(t, "head", ada.do("history", object{"roomId": room})["head"], 1)
}

func TestStrangersAndFormerMembersGetNothingOfAThread(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	eve := f.enter("Eve")
	bob.reply(room, "u")
	bob.do("leaveRoom", object{"roomId": room})
	heard := len(bob.heard("newReply"))
	ada.reply(room, "v")
	path := "/api/rooms/" + room + "/messages/1"
	for _, d := range []*device{bob, eve} {
		for event, ask := range map[string]object{
			"sendMessage": inThread(room, 1, "w"), "thread": {"roomId": room, "seq": 1},
			"followThread": {"roomId": room, "seq": 1, "on": true}, "markRead": {"roomId": room, "threadOf": 1, "seq": 1},
			"editMessage":   {"roomId": room, "threadOf": 1, "seq": 1, "text": "mine"},
			"deleteMessage": {"roomId": room, "threadOf": 1, "seq": 1}, "changes": {"roomId": room, "threadOf": 1, "after": 0},
		} {
			d.refused("forbidden", event, ask)
		}
		for _, ask := range [][3]string{
			{"GET", path + "/thread", ""}, {"PUT", path + "/follow", `{"on":true}`},
			{"POST", "/api/rooms/" + room + "/messages", `{"threadOf":1,"text":"x","tempId":"w"}`},
			{"PUT", "/api/rooms/" + room + "/read", `{"threadOf":1,"seq":1}`},
			{"PATCH", path, `{"threadOf":1,"text":"mine"}`}, {"DELETE", path + "?threadOf=1", ""},
			{"GET", "/api/rooms/" + room + "/changes?after=0&threadOf=1", ""},
		} {
			status, _ := f.request(ask[0], ask[1], d.token, ask[2])
			want(t, ask[0]+" "+ask[1], status, http.StatusForbidden)
		}
		want(t, "followed", d.do("followedThreads", object{})["threads"], []any{})
	}
	want(t, "what Bob hears after leaving", len(bob.heard("newReply")), heard)
	want(t, "what Eve hears", eve.heard("newReply"), []any{})
}

func TestFollowedThreadsShowWhatIsUnread(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	phone := ada.another()
	unread := func(d *device) []any { return pick("unread", d.do("followedThreads", object{})["threads"]) }
	want(t, "before", unread(ada), []any{})
	bob.reply(room, "u")
	bob.reply(room, "v")
	want(t, "who began it", unread(ada), []int{2})
	want(t, "who replied", unread(bob), []int{0})
	answer := ada.do("markRead", object{"roomId": room, "threadOf": 1, "seq": 1})
	want(t, "answer", answer, object{"ok": true, "mark": object{"seq": 1, "version": 0}})
	follow := object{"roomId": room, "seq": 1, "on": true, "mark": object{"seq": 1, "version": 0}}
	want(t, "the other device hears", phone.heard("followChanged"), []any{follow})
	want(t, "the asking one hears nothing", ada.heard("followChanged"), []any{})
	want(t, "nobody else hears", bob.heard("followChanged"), []any{})
	want(t, "nobody hears of a mark of the room", phone.heard("read"), []any{})
	status, byHTTP := f.request("GET", "/api/threads", ada.token, "")
	want(t, "status", status, http.StatusOK)
	want(t, "by HTTP", byHTTP, ada.do("followedThreads", object{}))
	threads := byHTTP["threads"].([]any)
	want(t, "first message", threads[0].(object)["first"], ada.readThread(room)["first"])
	want(t, "unread after one", unread(ada), []int{1})
	want(t, "unread of the room", ada.do("listRooms", object{})["rooms"].([]any)[0].(object)["unread"], 0)
	ada.reply(room, "w")
	want(t, "after a reply of one's own", unread(ada), []int{0})
	ada.do("markRead", object{"roomId": room, "threadOf": 1, "seq": 0, "unread": true})
	want(t, "marked as unread", unread(ada), []int{3})
	ada.do("leaveRoom", object{"roomId": room})
	want(t, "out of the room", unread(ada), []any{})
}

func TestFollowingAThreadBeginsAndEnds(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	cy := f.enter("Cy")
	cy.do("joinRoom", object{"roomId": room})
	bob.reply(room, "u")
	on, off := object{"roomId": room, "seq": 1, "on": true}, object{"roomId": room, "seq": 1, "on": false}
	cy.refused("not_found", "markRead", object{"roomId": room, "threadOf": 1, "seq": 1})
	for range 2 {
		want(t, "answer", cy.do("followThread", on), object{"ok": true, "follow": object{"on": true, "mark": object{"seq": 1, "version": 0}}})
	}
	bob.reply(room, "v")
	want(t, "unread", pick("unread", cy.do("followedThreads", object{})["threads"]), []int{1})
	cy.do("followThread", off)
	want(t, "stopped", cy.do("followedThreads", object{})["threads"], []any{})
	want(t, "follow", cy.readThread(room)["follow"].(object)["on"], false)
	status, _ := f.request("PUT", "/api/rooms/"+room+"/messages/1/follow", ada.token, `{"on":false}`)
	want(t, "status", status, http.StatusOK)
	bob.reply(room, "w")
	want(t, "who began it and stopped", ada.do("followedThreads", object{})["threads"], []any{})
	ada.refused("bad_request", "followedThreads", object{"cursor": "#"})
}

func TestFollowedThreadsComeInPages(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	const n = 53
	for i := 1; i <= n; i++ {
		f.advance(time.Second) // or Ada would cause too much
		ada.send(room, fmt.Sprint("m", i))
		ada.do("followThread", object{"roomId": room, "seq": i, "on": true})
	}
	seen := map[any]bool{}
	cursor, pages := "", 0
	for more := true; more; pages++ {
		page := ada.do("followedThreads", object{"cursor": cursor})
		for _, thread := range page["threads"].([]any) {
			seen[thread.(object)["first"].(object)["id"]] = true
		}
		cursor, more = page["next"].(string)
	}
	want(t, "threads", len(seen), n)
	want(t, "pages", pages, 2)
}
