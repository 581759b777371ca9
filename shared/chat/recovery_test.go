package chat_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

func TestARecoveredSocketHearsNothingOfALeftRoom(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
	eve, phone := f.enter("Eve"), f.enter("Ada")
	laptop := phone.another()
	room := eve.create("group")
	phone.do("joinRoom", object{"roomId": room})
	eve.send(room, "said-before")
	phone.client.Expect("newMessage")
	phone.client.Received()
	phone.client.Cut()
	laptop.do("leaveRoom", object{"roomId": room})
	eve.send(room, "said-after")
	if recovered, err := phone.client.Reconnect(); err != nil || !recovered {
		t.Errorf("recovered: %v, %v", recovered, err)
	}
	eve.send(room, "said-later")
	for _, event := range phone.client.Received() {
		if strings.Contains(event.String(), "said") {
			t.Errorf("heard %v", event)
		}
	}
}
