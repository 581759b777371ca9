package chat_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// pin is a request to pin a message, or to end that.
func pin(roomID string, seq int, on bool) object {
	return object{"roomId": roomID, "seq": seq, "on": on}
}

func TestAPinnedMessageShowsWhoPinnedItAndIsListed(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	sent := ada.send(room, "t")
	f.advance(time.Minute)
	got := bob.do("pin", pin(room, 1, true))["message"]
	sent["pinned"], sent["rev"] = object{"by": bob.user, "at": f.stamp()}, 1
	want(t, "answer", got, sent)
	want(t, "Ada hears", ada.heard("messageChanged"), []object{{"message": sent, "rev": 1}})
	want(t, "pins", ada.do("pins", object{"roomId": room}), object{"ok": true, "messages": []any{sent}, "more": false})
	want(t, "again", ada.do("pin", pin(room, 1, true))["message"], sent)
	want(t, "revisions", ada.do("changes", object{"roomId": room, "after": 0})["rev"], 1)
	unpinned := ada.do("pin", pin(room, 1, false))["message"].(object)
	want(t, "unpinned", unpinned["pinned"], nil)
	want(t, "no pins", ada.do("pins", object{"roomId": room})["messages"], []any{})
}

func TestADeletedMessageIsPinnedNoMore(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	ada.do("pin", pin(room, 1, true))
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "pins", ada.do("pins", object{"roomId": room})["messages"], []any{})
	ada.refused("not_found", "pin", pin(room, 1, true))
}

func TestARoomHasAtMostFiftyPins(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i := 1; i <= 51; i++ {
		f.advance(time.Minute) // within the budget
		ada.send(room, fmt.Sprint(i))
		if i <= 50 {
			ada.do("pin", pin(room, i, true))
		}
	}
	ada.refused("too_many_pins", "pin", pin(room, 51, true))
	ada.do("pin", pin(room, 7, false))
	ada.do("pin", pin(room, 51, true))
	first := ada.do("pins", object{"roomId": room})
	want(t, "newest", first["messages"].([]any)[0].(object)["seq"], 51)
	want(t, "before", len(ada.do("pins", object{"roomId": room, "before": 10})["messages"].([]any)), 8)
}

func TestOnlyMembersPinAndReadPins(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	ada.send(room, "t")
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "pin", pin(room, 1, true))
		d.refused("forbidden", "pins", object{"roomId": room})
	}
}

func TestPinsByHTTP(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	path := "/api/rooms/" + room
	status, body := f.request(http.MethodPut, path+"/messages/1/pin", ada.token, `{"on":true}`)
	want(t, "status", status, http.StatusOK)
	status, listed := f.request(http.MethodGet, path+"/pins", ada.token, "")
	want(t, "status of the list", status, http.StatusOK)
	want(t, "list", listed["messages"], []any{body["message"]})
	for _, wrong := range []string{`{"on":"yes"}`, `{"seq":2,"on":true}`, `{"on":true,"text":"x"}`} {
		status, _ = f.request(http.MethodPut, path+"/messages/1/pin", ada.token, wrong)
		want(t, "status of "+wrong, status, http.StatusBadRequest)
	}
	status, _ = f.request(http.MethodPut, path+"/messages/9/pin", ada.token, `{"on":true}`)
	want(t, "status of no message", status, http.StatusNotFound)
}
