package chat_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAReplyIsRepeatedThoughWhatItAnswersIsDeleted(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "first")
	answer := func(tempID, text string) object {
		return object{"roomId": room, "text": text, "tempId": tempID, "replyTo": 1}
	}
	sent := ada.do("sendMessage", answer("t", "x"))
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "again", ada.do("sendMessage", answer("t", "x")), sent)
	ada.refused("not_found", "sendMessage", answer("u", "x"))
	ada.refused("idempotency_conflict", "sendMessage", answer("t", "other"))
	want(t, "log", len(ada.do("history", object{"roomId": room})["messages"].([]any)), 2)
}

func TestAMessageReachesTheRoomWithItsSender(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	one, two := bob.send(room, "1"), ada.send(room, "2")
	ask := object{"roomId": room, "text": "Hello", "tempId": "t-1", "replyTo": 2}
	answer := ada.do("sendMessage", ask)
	stored := object{
		"id": room + ".3", "roomId": room, "seq": 3, "sender": ada.user, "text": "Hello", "tempId": "t-1",
		"sentAt": f.stamp(), "replyTo": 2,
	}
	want(t, "acknowledgement", answer, object{"ok": true, "message": stored})
	want(t, "Ada hears", ada.heard("newMessage"), []any{one, two, stored})
	want(t, "Bob hears", bob.heard("newMessage"), []any{one, two, stored})
	want(t, "Eve hears", eve.heard("newMessage"), []any{})
	ask["sender"] = object{"id": eve.user.ID, "name": "Eve"} // not for the client to say
	ada.refused("bad_request", "sendMessage", ask)
}

func TestAMessageRefersOnlyToMessages(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "1")
	if _, err := f.store.Void(t.Context(), room, 2, f.clock()); err != nil {
		t.Fatal(err)
	}
	for position, code := range map[any]string{
		2: "not_found", 3: "not_found", 99999: "not_found", int64(math.MaxInt64): "not_found",
		0: "bad_request", -1: "bad_request", 1.5: "bad_request", "1": "bad_request",
	} {
		ada.refused(code, "sendMessage", object{"roomId": room, "text": "x", "tempId": "t", "replyTo": position})
	}
	want(t, "positions taken", ada.do("history", object{"roomId": room})["head"], 1)
}

func TestAMessageToTwentyCostsTwentyFourCalls(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i := range 19 {
		f.enter(fmt.Sprint("Guest ", i)).do("joinRoom", object{"roomId": room})
	}
	f.posts.Store(0)
	f.calls.take()
	ada.send(room, "t")
	want(t, "posts", f.posts.Load(), 20)
	want(t, "calls of the database", f.calls.take(), map[string]int{"UpdateItem": 2, "TransactWriteItems": 1, "Query": 1})
}

func TestARetryIsAnsweredLikeTheFirst(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	first := ada.do("sendMessage", message(room, "t"))
	want(t, "a retry", ada.do("sendMessage", message(room, "t")), first)
	ada.refused("idempotency_conflict", "sendMessage", object{"roomId": room, "text": "other", "tempId": "t"})
	status, _ := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, `{"text":"other","tempId":"t"}`)
	want(t, "its status", status, 409)
	want(t, "history", ada.do("history", object{"roomId": room})["messages"], []any{first["message"]})
	// Each attempt sends the message to the room, because the one before may have died.
	want(t, "heard", ada.heard("newMessage"), []any{first["message"], first["message"]})
}

func TestFiveAtOnceByEventAndHTTPAreOneMessage(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	phone := ada.another()
	room := ada.create("channel")
	var answers [5]object
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				answers[i] = ada.ask("sendMessage", message(room, "t"))
			case 1:
				answers[i] = phone.ask("sendMessage", message(room, "t"))
			default:
				_, answers[i] = f.request("POST", "/api/rooms/"+room+"/messages", ada.token, `{"text":"text of t","tempId":"t"}`)
			}
		})
	}
	wg.Wait()
	for i := range answers {
		want(t, fmt.Sprint("answer ", i), answers[i], answers[0])
	}
	want(t, "seq", answers[0]["message"].(object)["seq"], 1)
	for _, heard := range ada.heard("newMessage") {
		want(t, "heard", heard, answers[0]["message"])
	}
	history := ada.do("history", object{"roomId": room})
	want(t, "history", history["messages"], []any{answers[0]["message"]})
	want(t, "head", history["head"], 1)
}

func TestASlowSenderWhosePositionWasClosedTakesTheNext(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	phone := ada.another()
	room := ada.create("channel")
	f.store.put = func() {
		page := phone.do("history", object{"roomId": room})
		want(t, "pending", page["pending"], []int{1})
		f.advance(11 * time.Second)
		page = phone.do("history", object{"roomId": room})
		want(t, "closed", page["pending"], nil)
	}
	sent := ada.send(room, "t")
	want(t, "seq", sent["seq"], 2)
	want(t, "history", phone.do("history", object{"roomId": room}), object{
		"ok": true, "messages": []any{sent}, "from": 1, "to": 2, "head": 2, "more": false,
	})
	want(t, "heard", phone.heard("newMessage"), []any{sent})
}

func TestAMessageIsSentAlthoughTheFirstLookupFailed(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	var once sync.Once
	f.calls.failing(func(operation string) (err error) {
		if operation == "Query" {
			once.Do(func() { err = errors.New("no answer") })
		}
		return err
	})
	sent := ada.send(room, "t")
	want(t, "heard", ada.heard("newMessage"), []any{sent})
}

func TestInvalidMessagesAreRefused(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, c := range []struct {
		code string
		body any
	}{
		{"bad_request", nil},
		{"bad_request", object{"roomId": room, "text": 7, "tempId": "t"}},
		{"bad_request", object{"roomId": room, "text": " \n", "tempId": "t"}},
		{"bad_request", object{"roomId": room, "text": "x"}},
		{"bad_request", object{"roomId": room, "text": "x", "tempId": strings.Repeat("t", 65)}},
		{"bad_request", object{"roomId": room, "text": "x", "tempId": "#"}},
		{"bad_request", object{"roomId": room, "text": "x", "tempId": "t", "replyTo": -1}},
		{"bad_request", object{"roomId": room + "#", "text": "x", "tempId": "t"}},
		{"too_large", object{"roomId": room, "text": strings.Repeat("x", 4001), "tempId": "t"}},
		{"forbidden", object{"roomId": "r_unknown", "text": "x", "tempId": "t"}},
	} {
		ada.refused(c.code, "sendMessage", c.body)
	}
	want(t, "head", ada.do("history", object{"roomId": room})["head"], 0)
	ada.do("sendMessage", object{"roomId": room, "text": strings.Repeat("\U0001f600", 4000), "tempId": "t"})
}
