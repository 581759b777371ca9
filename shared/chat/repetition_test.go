package chat_test

import (
	"fmt"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

func TestARepetitionThatTellsWhatItsSenderHadSeenFindsItsMessageForEver(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	bob.send(room, "1")
	send := object{"roomId": room, "text": "once", "tempId": "t", "after": 1}
	first := ada.do("sendMessage", send)
	for i := range 300 { // the slots have forgotten it
		at, err := f.store.Take(t.Context(), room, bob.user.ID, fmt.Sprint("other-", i), f.clock(), 0)
		if err != nil {
			t.Fatal(err)
		}
		other := chat.Message{RoomID: room, Seq: at.Seq, Sender: bob.user, Text: "other", TempID: fmt.Sprint("other-", i), SentAt: chat.At(f.clock())}
		if _, _, err := f.store.Put(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "a repetition", ada.do("sendMessage", send), first)
	changed := object{"roomId": room, "text": "other", "tempId": "t", "after": 1}
	ada.refused("idempotency_conflict", "sendMessage", changed)
	head, err := f.store.Head(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	found, err := f.store.Entries(t.Context(), room, 1, head.Seq)
	if err != nil {
		t.Fatal(err)
	}
	times := 0
	for _, e := range found {
		if e.Message.TempID == "t" {
			times++
		}
	}
	want(t, "how often it is stored", times, 1)
	bob.do("leaveRoom", object{"roomId": room})
	ada.do("deleteMessage", object{"roomId": room, "seq": 2})
	again := ada.do("sendMessage", send)
	want(t, "a repetition after it was deleted has no text", again["message"].(object)["text"], "")
	ada.refused("idempotency_conflict", "sendMessage", changed)
}

func TestAMessageThatIsTooFarBehindIsRefused(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	for i := range 1400 {
		if _, err := f.store.Take(t.Context(), room, bob.user.ID, fmt.Sprint(i), f.clock(), 0); err != nil {
			t.Fatal(err)
		}
	}
	send := object{"roomId": room, "text": "text", "tempId": "t", "after": 0}
	ada.refused(chat.CodeTooLate, "sendMessage", send)
	delete(send, "after")
	ada.do("sendMessage", send)
}

func TestAfterIsAPositionThatIsThere(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, after := range []any{-1, 1, 100} {
		ada.refused("bad_request", "sendMessage", object{"roomId": room, "text": "text", "tempId": fmt.Sprint(after), "after": after})
	}
}

func TestALookForAnEarlierAttemptIsForMembers(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	send := object{"roomId": room, "text": "text", "tempId": "t", "after": 0}
	bob.do("sendMessage", send)
	for i := range 40 {
		ada.send(room, fmt.Sprint(i))
	}
	bob.do("leaveRoom", object{"roomId": room})
	bob.refused("forbidden", "sendMessage", send)
}
