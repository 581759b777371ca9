package chat_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

func TestARecoveredSocketHearsNothingOfALeftRoom(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
	eve := f.enter("Eve")
	token, user := f.signIn("Ada")
	var session struct{ SID, PID string }
	reply := f.open("phone", `40{"token":"`+token+`"}`)
	if err := json.Unmarshal([]byte(strings.TrimPrefix(reply, "40")), &session); err != nil {
		t.Fatal(err)
	}
	laptop := f.connect(token, user)
	room := eve.create("group")
	f.receive("phone", `421["joinRoom",{"roomId":"`+room+`"}]`)
	eve.send(room, "said-before")
	frames := f.gateway.received("phone")
	var event []any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(frames[len(frames)-1], "42")), &event); err != nil {
		t.Fatal(err)
	}
	if err := f.server.Closed(t.Context(), "phone", 1006); err != nil {
		t.Fatal(err)
	}
	laptop.do("leaveRoom", object{"roomId": room})
	eve.send(room, "said-after")
	connect, err := json.Marshal(object{"token": token, "pid": session.PID, "offset": event[len(event)-1]})
	if err != nil {
		t.Fatal(err)
	}
	reply = f.open("again", "40"+string(connect))
	eve.send(room, "said-later")
	heard := append(f.gateway.received("again"), reply)
	if !strings.Contains(strings.Join(heard, " "), session.SID) {
		t.Errorf("not recovered: %q", heard)
	}
	for _, frame := range heard {
		if strings.Contains(frame, "said") {
			t.Errorf("heard %s", frame)
		}
	}
}
