package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/strict"
)

// withData returns a request with data.
func withData(request, data object) object {
	request["data"] = data
	return request
}

// say is a request to send a message.
func say(roomID, tempID string) object {
	return object{"roomId": roomID, "text": "hello", "tempId": tempID}
}

func TestDataOfAMessageComesBackWhereverTheMessageDoes(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	data := object{"color": "red", "deep": []any{1.5, object{"x": "<>&"}}}
	sent := ada.do("sendMessage", withData(say(room, "t"), data))["message"].(object)
	want(t, "answer", sent["data"], data)
	want(t, "Bob hears", bob.heard("newMessage"), []object{sent})
	want(t, "history", bob.do("history", object{"roomId": room})["messages"], []any{sent})
	want(t, "repetition", ada.do("sendMessage", withData(say(room, "t"), data))["message"], sent)
	ada.refused("idempotency_conflict", "sendMessage", say(room, "t"))
	ada.refused("idempotency_conflict", "sendMessage", withData(say(room, "t"), object{"color": "blue"}))
}

func TestAnEditReplacesDataOrLeavesIt(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.do("sendMessage", withData(say(room, "t"), object{"n": 1}))
	edit := func() object { return object{"roomId": room, "seq": 1, "text": "hello"} }
	left := ada.do("editMessage", object{"roomId": room, "seq": 1, "text": "other"})["message"].(object)
	want(t, "left", left["data"], object{"n": 1})
	replaced := ada.do("editMessage", withData(edit(), object{"n": "<2>"}))["message"].(object)
	want(t, "replaced", []any{replaced["data"], replaced["version"]}, []any{object{"n": "<2>"}, 2})
	want(t, "again", ada.do("editMessage", withData(edit(), object{"n": "<2>"}))["message"], replaced)
	want(t, "changes", ada.do("changes", object{"roomId": room, "after": 0})["messages"], []any{replaced})
	deleted := ada.do("deleteMessage", object{"roomId": room, "seq": 1})["message"].(object)
	want(t, "deleted", deleted["data"], nil)
}

func TestDataOfARoomComesBackToItsMembers(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	request := func() object { return withData(object{"name": "Room", "tempId": "t"}, object{"topic": "birds"}) }
	room := ada.do("createRoom", request())["room"].(object)
	want(t, "answer", room["data"], object{"topic": "birds"})
	want(t, "repetition", ada.do("createRoom", request())["room"], room)
	ada.refused("idempotency_conflict", "createRoom", object{"name": "Room", "tempId": "t"})
	listed := ada.do("listRooms", object{})["rooms"].([]any)[0].(object)
	want(t, "own list", listed["data"], object{"topic": "birds"})
	open := bob.do("listRooms", object{})["open"].([]any)[0].(object)
	want(t, "list of channels", open["data"], nil)
	joined := bob.do("joinRoom", object{"roomId": room["id"]})["room"].(object)
	want(t, "joined", joined["data"], object{"topic": "birds"})
}

func TestDataIsAnObjectOfABoundedSizeAndDepth(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	const around = len(`{"x":""}`)
	ada.do("sendMessage", withData(say(room, "fits"), object{"x": strings.Repeat("y", 4096-around)}))
	long := object{"x": strings.Repeat("y", 4097-around)}
	deep := object{}
	for range 16 {
		deep = object{"x": deep}
	}
	for _, request := range []struct {
		event string
		of    func() object
	}{
		{"sendMessage", func() object { return say(room, "t") }},
		{"editMessage", func() object { return object{"roomId": room, "seq": 1, "text": "x"} }},
		{"createRoom", func() object { return object{"name": "Room"} }},
	} {
		ada.refused("too_large", request.event, withData(request.of(), long))
		ada.refused("bad_request", request.event, withData(request.of(), deep))
		wrong := request.of()
		wrong["data"] = []any{}
		ada.refused("bad_request", request.event, wrong)
	}
}

func TestAPageOfMessagesWithMuchDataFitsIntoOneAnswer(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	data := object{"x": strings.Repeat("<", 4000)} // six bytes each in an answer
	for i := range 6 {
		ada.do("sendMessage", withData(say(room, fmt.Sprint(i)), data))
	}
	got := ada.do("history", object{"roomId": room})
	want(t, "messages", []any{len(got["messages"].([]any)), got["more"]}, []any{4, true})
}

func TestFingerprintsOfBeforeThereWasDataStay(t *testing.T) {
	m, r := chat.Message{Text: "x"}, chat.Room{Name: "x", Kind: chat.Channel}
	want(t, "message", m.Fingerprint(), "d5deadbf38549ad8e4f03704bf5adae9")
	want(t, "room", r.Fingerprint(nil, nil), "549e6b357191a07566ca141597104011")
	m.Data, r.Data = strict.Object(`{}`), strict.Object(`{}`)
	want(t, "message with data differs", m.Fingerprint() != chat.Message{Text: "x"}.Fingerprint(), true)
	want(t, "room with data differs", r.Fingerprint(nil, nil) != chat.Room{Name: "x", Kind: chat.Channel}.Fingerprint(nil, nil), true)
}
