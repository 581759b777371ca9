package chat_test

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// react is a request to react to a message, or to end that.
func react(roomID, emoji string, on bool) object {
	return object{"roomId": roomID, "seq": 1, "emoji": emoji, "on": on}
}

// roomOfTwo is a room with Ada and Bob in it, and a message of Ada's.
func roomOfTwo(f *fixture) (ada, bob *device, room string) {
	ada, bob = f.enter("Ada"), f.enter("Bob")
	room = ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	ada.send(room, "t")
	return ada, bob, room
}

func TestAReactionIsThereOnceForEachUserAndEmoji(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := roomOfTwo(f)
	first := bob.do("react", react(room, "👍", true))["message"].(object)
	want(t, "reactions", first["reactions"], object{"👍": object{"count": 1, "users": []any{asJSON(bob.user)}}})
	want(t, "Ada hears", ada.heard("messageChanged"), []object{{"message": first, "rev": 1}})
	f.advance(time.Second)
	want(t, "again", bob.do("react", react(room, "👍", true))["message"], first)
	second := ada.do("react", react(room, "👍", true))["message"].(object)
	want(t, "count of two", second["reactions"].(object)["👍"].(object)["count"], 2)
	f.advance(time.Second)
	bob.do("react", react(room, "👍", false))
	f.advance(time.Second)
	want(t, "none", ada.do("react", react(room, "👍", false))["message"].(object)["reactions"], nil)
	want(t, "none again", ada.do("react", react(room, "👍", false))["message"].(object)["reactions"], nil)
	want(t, "revisions", ada.do("changes", object{"roomId": room, "after": 0})["rev"], 4)
}

func TestOnlyAnEmojiIsAReaction(t *testing.T) {
	f := newFixture(t)
	ada, _, room := roomOfTwo(f)
	for _, emoji := range []string{"❤️", "🇩🇪", "#️⃣", "👨‍👩‍👧‍👦", "👍🏽", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"} {
		ada.do("react", react(room, emoji, true))
		f.advance(time.Second)
	}
	for _, wrong := range []string{"", "a", "👍👍", "👍 ", "1", "漢", "🇩", "<b>", "\u200d", "👍\u200d"} {
		ada.refused("bad_request", "react", react(room, wrong, true))
		ada.refused("bad_request", "reactions", object{"roomId": room, "seq": 1, "emoji": wrong})
	}
}

func TestADeletedMessageHasNoReactions(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := roomOfTwo(f)
	bob.do("react", react(room, "👍", true))
	want(t, "reactions", ada.do("deleteMessage", object{"roomId": room, "seq": 1})["message"].(object)["reactions"], nil)
	want(t, "users", ada.do("reactions", object{"roomId": room, "seq": 1, "emoji": "👍"})["users"], []any{})
	bob.refused("not_found", "react", react(room, "👍", true))
}

func TestOnlyMembersReactAndReadReactions(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := roomOfTwo(f)
	eve := f.enter("Eve")
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "react", react(room, "👍", true))
		d.refused("forbidden", "reactions", object{"roomId": room, "seq": 1, "emoji": "👍"})
	}
	ada.refused("not_found", "react", object{"roomId": room, "seq": 9, "emoji": "👍", "on": true})
}

func TestAMessageShowsTwentyEmojis(t *testing.T) {
	f := newFixture(t)
	ada, _, room := roomOfTwo(f)
	for i := range 20 {
		f.advance(time.Minute) // within the budget
		ada.do("react", react(room, string(rune(0x1F600+i)), true))
	}
	ada.refused("too_many_reactions", "react", react(room, "🎉", true))
	ada.do("react", react(room, string(rune(0x1F600)), true))
}

func TestAReactionWhoseFunctionDiedIsPublishedByTheSweep(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := roomOfTwo(f)
	f.calls.failing(func(operation string) error {
		if operation == "Query" { // of the reactions
			return errors.New("the function died")
		}
		return nil
	})
	bob.ask("react", react(room, "👍", true))
	f.calls.failing(nil)
	want(t, "before", ada.do("history", object{"roomId": room})["messages"].([]any)[0].(object)["reactions"], nil)
	f.advance(2 * time.Minute)
	f.server.Sweep()
	shown := ada.do("history", object{"roomId": room})["messages"].([]any)[0].(object)
	want(t, "after", shown["reactions"].(object)["👍"].(object)["count"], 1)
	want(t, "Ada hears", ada.heard("messageChanged"), []object{{"message": shown, "rev": 1}})
	if notes, err := f.store.ReactionNotes(t.Context(), f.clock(), 9); len(notes) > 0 || err != nil {
		t.Errorf("noted are %v, %v", notes, err)
	}
}

func TestReactionsByHTTP(t *testing.T) {
	f := newFixture(t)
	ada, _, room := roomOfTwo(f)
	path := "/api/rooms/" + room + "/messages/1/reactions"
	status, body := f.request(http.MethodPut, path, ada.token, `{"emoji":"👍","on":true}`)
	want(t, "status", status, http.StatusOK)
	want(t, "count", body["message"].(object)["reactions"].(object)["👍"].(object)["count"], 1)
	status, body = f.request(http.MethodGet, path+"?emoji=%F0%9F%91%8D", ada.token, "")
	want(t, "status of the list", status, http.StatusOK)
	want(t, "list", body, object{"ok": true, "users": []any{asJSON(ada.user)}, "more": false, "mine": true})
	for _, wrong := range []string{`{"emoji":"x","on":true}`, `{"on":true}`, `{"emoji":"👍"}`, `{"emoji":"👍","on":true,"seq":2}`} {
		status, _ = f.request(http.MethodPut, path, ada.token, wrong)
		want(t, "status of "+wrong, status, http.StatusBadRequest)
	}
}
