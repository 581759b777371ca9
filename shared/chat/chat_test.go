package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func TestConnectingNeedsAValidToken(t *testing.T) {
	f := newFixture(t)
	token, _ := f.signIn("Ada")
	refusal := object{"code": "unauthorized", "message": "Sign in first.", "data": object{"code": "unauthorized"}}
	for what, auth := range map[string]any{
		"no auth":             nil,
		"no token":            object{},
		"garbage":             object{"token": "a.b.c"},
		"another type":        object{"token": 7},
		"a changed signature": object{"token": token[:len(token)-3] + "abc"},
	} {
		_, err := f.server.Dial("/", auth)
		want(t, what, err, refusal)
	}
	if strings.Contains(f.log.String(), token[:40]) {
		t.Error("a token is in the log")
	}
}

func TestALogHoldsNeitherTokensNorTexts(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.do("sendMessage", object{"roomId": room, "text": "a private thought", "tempId": "t"})
	ada.ask("sendMessage", object{"roomId": "r_unknown", "text": "a private thought", "tempId": "t"})
	f.request("POST", "/api/rooms/"+room+"/messages", ada.token, `{"text":"a private thought","tempId":"u"}`)
	f.request("GET", "/api/rooms", ada.token+"x", "")
	for _, secret := range []string{ada.token, "a private thought"} {
		if strings.Contains(f.log.String(), secret) {
			t.Errorf("%.20s… is in the log", secret)
		}
	}
}

func TestTimesAreUTCWithMilliseconds(t *testing.T) {
	moment := time.Date(2026, 1, 2, 1, 4, 5, 70_999_999, time.FixedZone("", 3600))
	want(t, "time", []chat.Time{chat.At(moment), {Time: moment}}, []string{"2026-01-02T00:04:05.070Z", "2026-01-02T00:04:05.070Z"})
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, c := range []struct {
		event   string
		body    any
		message string
	}{
		{"sendMessage", object{"roomId": room, "text": " ", "tempId": "t"}, "A message needs text."},
		{"history", object{"roomId": room, "before": 1, "after": 1}, "Use one of before, after and since."},
		{"history", object{"roomId": room, "limit": 101}, "Use a limit from 1 to 100."},
		{"joinRoom", object{"roomId": "#"}, "This is not a valid room id."},
		{"createRoom", object{"name": "\u200b"}, "A name needs a visible character."},
		{"createRoom", object{"name": "x", "kind": "secret"}, "Choose the kind channel, group, private or direct."},
		{"createRoom", object{"kind": "direct"}, "A direct room needs one other person."},
	} {
		answer := ada.ask(c.event, c.body)
		want(t, c.event, answer["error"].(object)["message"], c.message)
	}
	_, answer := f.request("POST", "/api/session", "", `{"name":"\u200b"}`)
	want(t, "sign-in", answer["error"].(object)["message"], "A name needs a visible character.")
}
