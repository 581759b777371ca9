package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// inMode returns a fixture that tells people's presence in a mode.
func inMode(t *testing.T, tells mode.Presence) *fixture {
	t.Helper()
	return newFixtureOf(t, chat.Options{Presence: tells})
}

// sweepIn lets a time pass and then runs the sweep.
func (f *fixture) sweepIn(d time.Duration) {
	f.t.Helper()
	f.advance(d)
	if err := f.server.Instance().Sweep(f.t.Context(), f.clock()); err != nil {
		f.t.Error(err)
	}
}

// watch lets a device watch rooms and returns who is online.
func (d *device) watch(rooms ...string) object {
	d.f.t.Helper()
	return d.do("watch", object{"roomIds": rooms})["users"].(object)
}

// told returns what a device has been told of a user's presence.
func (d *device) told(user chat.User) []object {
	d.f.t.Helper()
	var all []object
	for _, e := range d.heard("presence") {
		if p, ok := e["users"].(object)[user.ID]; ok {
			all = append(all, p.(object))
		}
	}
	return all
}

// lastSeen returns when a user was last seen, as a device was told last.
func (d *device) lastSeen(user chat.User) any {
	d.f.t.Helper()
	told := d.told(user)
	if len(told) == 0 {
		d.f.t.Fatalf("%s was told nothing of %s", d.user.Name, user.Name)
	}
	return told[len(told)-1]["lastSeen"]
}

func TestWatchersHearWhoComesAndGoes(t *testing.T) {
	f := newFixture(t)
	bob, ada, eve := f.enter("Bob"), f.enter("Ada"), f.enter("Eve")
	room, other := bob.create("channel"), bob.create("channel")
	for _, d := range []*device{ada, eve} {
		d.do("joinRoom", object{"roomId": room})
	}
	ada.do("joinRoom", object{"roomId": other})
	online := func(version int) object { return object{"online": true, "version": version} }
	want(t, "who is online", bob.watch(room, other), object{bob.user.ID: online(1), ada.user.ID: online(1), eve.user.ID: online(1)})
	phone := ada.another()
	ada.client.Disconnect()
	want(t, "a device goes, another stays", bob.told(ada.user), nil)
	f.advance(time.Second)
	phone.client.Disconnect()
	gone := object{"online": false, "version": 4, "lastSeen": bob.lastSeen(ada.user)}
	want(t, "the last device goes on purpose", bob.told(ada.user), []object{gone})
	want(t, "who is online now", bob.watch(room), object{bob.user.ID: online(1), ada.user.ID: gone, eve.user.ID: online(1)})
	ada.another()
	want(t, "the first device comes", bob.told(ada.user), []object{gone})
	f.sweepIn(time.Second)
	want(t, "the sweep tells", bob.told(ada.user), []object{gone, online(5)})
	f.twoMinutes()
	want(t, "nothing twice", len(bob.told(ada.user)), 2)
	want(t, "who does not watch", eve.heard("presence"), []any{})
}

func TestNobodyWatchesRoomsOfOthers(t *testing.T) {
	f := newFixture(t)
	bob, eve := f.enter("Bob"), f.enter("Eve")
	room, other := bob.create("private"), eve.create("channel")
	eve.refused("forbidden", "watch", object{"roomIds": []string{other, room}})
	eve.refused("forbidden", "watch", object{"roomIds": []string{"r_none"}})
	eve.refused("bad_request", "watch", object{"roomIds": []string{"#"}})
	eve.refused("bad_request", "watch", object{"roomIds": []string{other}, "tell": []string{room}})
	bob.another()
	bob.client.Cut()
	want(t, "Eve", eve.heard("presence"), []any{})
}

func TestWatchesAreReplacedAndBounded(t *testing.T) {
	f := newFixture(t)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room, other := bob.create("channel"), bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	bob.watch(room, other)
	bob.watch(other)
	ada.client.Disconnect()
	want(t, "a room watched before", bob.told(ada.user), nil)
	want(t, "nobody is asked about", bob.do("watch", object{"roomIds": []string{room}, "tell": []string{}}), object{"ok": true, "users": object{}})
	ada.another()
	f.sweepIn(time.Second)
	want(t, "a room watched now", len(bob.told(ada.user)), 1)
	want(t, "none", bob.do("watch", object{"roomIds": []string{}})["users"], object{})
	many := make([]string, 31)
	for i := range many {
		many[i] = fmt.Sprint("r_", i)
	}
	bob.refused("too_large", "watch", object{"roomIds": many})
	want(t, "one room many times", len(bob.watch(slices.Repeat([]string{room}, 31)...)), 2)
}

func TestWhoLeavesARoomWatchesItNoMore(t *testing.T) {
	f := newFixture(t)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room := bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	bob.watch(room)
	phone := bob.another()
	phone.do("leaveRoom", object{"roomId": room})
	ada.client.Disconnect()
	want(t, "Bob", bob.told(ada.user), nil)
}

func TestARoomOfMoreThan200IsNotWatched(t *testing.T) {
	f := newFixture(t)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room := bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	for i := range 199 {
		u := chat.User{ID: fmt.Sprintf("a_%03d", i), Name: "Guest"}
		if _, err := f.store.Store.AddMember(t.Context(), room, chat.Member{User: u}, f.clock()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "people asked about", len(bob.watch(room)), 200)
	small := bob.create("channel")
	ada.do("joinRoom", object{"roomId": small})
	ada.client.Disconnect()
	want(t, "told", bob.told(ada.user), nil)
	other := bob.create("channel")
	for i := range 150 {
		u := chat.User{ID: fmt.Sprintf("b_%03d", i), Name: "Guest"}
		if _, err := f.store.Store.AddMember(t.Context(), other, chat.Member{User: u}, f.clock()); err != nil {
			t.Fatal(err)
		}
	}
	bob.refused("too_large", "watch", object{"roomIds": []string{room, other}})
	bob.do("watch", object{"roomIds": []string{small, room, other}, "tell": []string{small, other}})
	ada.another()
	f.sweepIn(time.Second)
	want(t, "told of a smaller room", bob.lastTold(ada.user), true)
}

func TestAReturnWithinTheGraceIsNoEvent(t *testing.T) {
	for _, tells := range []mode.Presence{mode.PresenceToWatchers, mode.PresenceToEveryone} {
		t.Run(string(tells), func(t *testing.T) {
			f := inMode(t, tells)
			bob, ada := f.enter("Bob"), f.enter("Ada")
			room := bob.create("channel")
			ada.do("joinRoom", object{"roomId": room})
			before := bob.watch(room)
			f.sweepIn(time.Second)
			f.advance(time.Hour + 50*time.Minute) // not so long that the sweep ends their connections
			bob.client.Received()
			ada.client.Cut()
			f.sweepIn(19 * time.Second)
			want(t, "while she is away", bob.watch(room), before)
			want(t, "by HTTP", online(f, bob, ada.user), true)
			ada.another()
			f.sweepIn(time.Minute)
			f.sweepIn(time.Minute)
			want(t, "online", online(f, bob, ada.user), true)
			for _, event := range []string{"presence", "userOffline"} {
				want(t, event, bob.heard(event), []any{})
			}
		})
	}
}

// online asks by HTTP whether a user is online.
func online(f *fixture, d *device, user chat.User) bool {
	_, answer := f.request("GET", "/api/users/"+user.ID+"/presence", d.token, "")
	return answer["online"] == true
}

func TestALostLineIsToldWhenTheGraceIsOver(t *testing.T) {
	f := newFixture(t)
	bob, ada, eve := f.enter("Bob"), f.enter("Ada"), f.enter("Eve")
	room := bob.create("channel")
	for _, d := range []*device{ada, eve} {
		d.do("joinRoom", object{"roomId": room})
	}
	f.sweepIn(time.Minute)
	bob.watch(room)
	ada.client.Cut()
	eve.client.Cut()
	f.sweepIn(19 * time.Second)
	want(t, "in the grace", bob.heard("presence"), []any{})
	f.sweepIn(time.Minute)
	packets := bob.heard("presence")
	want(t, "packets", len(packets), 1)
	want(t, "of both", len(packets[0]["users"].(object)), 2)
	gone := object{"online": false, "version": 2, "lastSeen": bob.lastSeen(ada.user)}
	want(t, "told", bob.told(ada.user), []object{gone})
	want(t, "who is online", bob.watch(room)[ada.user.ID], gone)
	f.twoMinutes()
	want(t, "told once", len(bob.heard("presence")), 1)
	ada.another()
	f.sweepIn(time.Second)
	want(t, "back", bob.told(ada.user), []object{gone, {"online": true, "version": 3}})
}

func TestWhoComesAndGoesBetweenTwoSweepsIsToldOnce(t *testing.T) {
	f := newFixture(t)
	bob, ada, eve, joe := f.enter("Bob"), f.enter("Ada"), f.enter("Eve"), f.enter("Joe")
	room := bob.create("channel")
	for _, d := range []*device{ada, eve, joe} {
		d.do("joinRoom", object{"roomId": room})
	}
	f.sweepIn(time.Second)
	bob.watch(room)
	joe.client.Cut()
	for _, d := range []*device{ada, eve} {
		d.client.Cut()
	}
	f.twoMinutes()
	before := len(bob.heard("presence"))
	ada.another().client.Cut()
	eve.another()
	f.advance(time.Second)
	ada.another().client.Cut()
	ada.another()
	f.sweepIn(time.Second)
	packets := bob.heard("presence")[before:]
	want(t, "packets", len(packets), 1)
	want(t, "of both", packets[0]["users"], object{
		ada.user.ID: object{"online": true, "version": 7}, eve.user.ID: object{"online": true, "version": 3},
	})
	f.twoMinutes()
	want(t, "nothing twice", len(bob.heard("presence")), before+1)
}

func TestWhoIsGoneBeforeOthersAreToldOfTheComingIsOffline(t *testing.T) {
	f := newFixture(t)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room := bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	want(t, "who asks", bob.watch(room)[ada.user.ID], object{"online": true, "version": 1})
	ada.client.Cut()
	f.twoMinutes()
	want(t, "told", bob.told(ada.user), []object{{"online": false, "version": 2, "lastSeen": bob.lastSeen(ada.user)}})
}

func TestWithoutAGraceALostLineIsToldAtOnce(t *testing.T) {
	f := newFixtureOf(t, chat.Options{PresenceGrace: -1})
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room := bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	bob.watch(room)
	ada.client.Cut()
	want(t, "told", bob.lastTold(ada.user), false)
}

func TestEveryoneHearsWhoComesAndGoes(t *testing.T) {
	f := newFixtureOf(t, chat.Options{Presence: mode.PresenceToEveryone, PresenceGrace: -1})
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
	online := []object{{"user": ada.user, "version": 2}}
	f.sweepIn(time.Second)
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
	f.sweepIn(time.Second)
	want(t, "online again", ofAda("userOnline", ada), append(online, object{"user": ada.user, "version": 5}))
	want(t, "who watches hears nothing else", watcher.heard("presence"), []any{})
}

func TestNobodyHearsOfPresenceThatIsOff(t *testing.T) {
	f := inMode(t, mode.NoPresence)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	room := bob.create("private", ada)
	want(t, "watch", bob.watch(room), object{})
	joined := ada.do("joinRoom", object{"roomId": room})
	want(t, "members", pick("online", joined["members"]), []any{false, false})
	ask := object{"userIds": []string{ada.user.ID}}
	want(t, "presence", bob.do("presence", ask)["users"], object{ada.user.ID: object{"online": false, "version": 0}})
	ada.client.Cut()
	f.twoMinutes()
	for _, event := range []string{"presence", "userOnline", "userOffline"} {
		want(t, event, bob.heard(event), []any{})
	}
}

func TestStrangersSeemNeverToHaveBeenThere(t *testing.T) {
	f := newFixture(t)
	bob, ada := f.enter("Bob"), f.enter("Ada")
	presence := func(d *device, u chat.User) object {
		return d.do("presence", object{"userIds": []string{u.ID}})["users"].(object)[u.ID].(object)
	}
	unknown, online := object{"online": false, "version": 0}, object{"online": true, "version": 1}
	want(t, "a stranger", presence(bob, ada.user), unknown)
	want(t, "oneself", presence(bob, bob.user), online)
	room := bob.create("channel")
	want(t, "still a stranger", presence(bob, ada.user), unknown)
	ada.do("joinRoom", object{"roomId": room})
	want(t, "who shares a room", presence(bob, ada.user), online)
	ada.do("leaveRoom", object{"roomId": room})
	want(t, "who has left it", presence(bob, ada.user), unknown)
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

func TestTypingIsToldOnceInThreeSeconds(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := ada.another()
	room, other := ada.create("channel"), ada.create("channel")
	for _, id := range []string{room, other} {
		bob.do("joinRoom", object{"roomId": id})
	}
	told := func(d *device, roomID string, is bool) bool {
		t.Helper()
		before := len(bob.heard("typing"))
		want(t, "answer", d.do("typing", object{"roomId": roomID, "on": is}), object{"ok": true})
		return len(bob.heard("typing")) > before
	}
	want(t, "typing", told(ada, room, true), true)
	want(t, "again", told(ada, room, true), false)
	want(t, "on another device", told(phone, room, true), false)
	want(t, "in another room", told(phone, other, true), true)
	want(t, "stopped", told(ada, room, false), true)
	want(t, "stopped again", told(ada, room, false), false)
	want(t, "typing at once", told(ada, room, true), false)
	f.advance(3 * time.Second)
	want(t, "typing later", told(ada, room, true), true)
}

func TestOnePersonsConnectionsAreBounded(t *testing.T) {
	f := newFixtureOf(t, chat.Options{MaxSockets: 2, Presence: mode.PresenceToEveryone})
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
	f.sweepIn(time.Second)
	want(t, "the others hear of two", len(watcher.heard("userOnline")), 2)
	phone.client.Cut()
	want(t, "there is room again", ada.another().client.Connected(), true)
}
