package chat_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

func TestEveryoneHearsWhoComesAndGoes(t *testing.T) {
	f := newFixture(t)
	watcher := f.enter("Watcher")
	ofAda := func(event string, ada *device) []object {
		var all []object
		for _, e := range watcher.heard(event) {
			if e["user"].(object)["id"] == ada.user.ID {
				all = append(all, e)
			}
		}
		return all
	}
	ada := f.enter("Ada")
	phone := ada.another()
	online := []object{{"user": ada.user, "version": 1}}
	want(t, "online once", ofAda("userOnline", ada), online)
	ada.client.Cut()
	want(t, "offline while a device lives", len(ofAda("userOffline", ada)), 0)
	ask := object{"userIds": []string{ada.user.ID, "u_unknown"}}
	unknown := object{"online": false, "version": 0}
	want(t, "presence", watcher.do("presence", ask)["users"], object{
		ada.user.ID: object{"online": true, "version": 3}, "u_unknown": unknown,
	})
	f.advance(time.Second)
	phone.client.Cut()
	gone := f.stamp()
	want(t, "offline", ofAda("userOffline", ada), []object{{"user": ada.user, "version": 4, "lastSeen": gone}})
	want(t, "presence", watcher.do("presence", ask)["users"], object{
		ada.user.ID: object{"online": false, "version": 4, "lastSeen": gone}, "u_unknown": unknown,
	})
	ada.another()
	want(t, "online again", ofAda("userOnline", ada), append(online, object{"user": ada.user, "version": 5}))
}

func TestPresenceOfTooManyOrNoUsers(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = fmt.Sprint("u_", i)
	}
	ada.refused("too_large", "presence", object{"userIds": ids})
	ada.refused("bad_request", "presence", object{"userIds": []string{"#"}})
	want(t, "a hundred", len(ada.do("presence", object{"userIds": ids[:100]})["users"].(object)), 100)
	want(t, "none", ada.do("presence", object{"userIds": []string{}}), object{"ok": true, "users": object{}})
}

func TestTypingReachesTheOtherMembers(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	phone := ada.another()
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	want(t, "answer", ada.do("typing", object{"roomId": room, "on": true}), object{"ok": true})
	ada.do("typing", object{"roomId": room, "on": false})
	want(t, "Bob sees", bob.heard("typing"), []object{
		{"roomId": room, "user": ada.user, "on": true}, {"roomId": room, "user": ada.user, "on": false},
	})
	for _, d := range []*device{ada, phone, eve} {
		want(t, "others see", d.heard("typing"), []any{})
	}
}

func TestOnePersonsConnectionsAreBounded(t *testing.T) {
	f := newFixtureOf(t, chat.Options{MaxSockets: 2})
	watcher := f.enter("Watcher")
	ada := f.enter("Ada")
	phone := ada.another()
	third, err := f.server.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, err = third.Connect("/", object{"token": ada.token})
	want(t, "the third is sent away", errors.Is(err, realtimetest.ErrDisconnected), true)
	want(t, "its connection stays", third.Open(), true)
	for _, d := range []*device{ada, phone, watcher} {
		want(t, "the others stay", d.client.Connected(), true)
	}
	want(t, "the others hear of two", len(watcher.heard("userOnline")), 2)
	phone.client.Cut()
	want(t, "there is room again", ada.another().client.Connected(), true)
}
