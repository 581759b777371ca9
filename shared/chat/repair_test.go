package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// failOnce makes the nth call of an operation fail, counted from 1.
func (f *fixture) failOnce(operation string, nth int64) {
	var calls atomic.Int64
	f.calls.failing(func(op string) error {
		if op == operation && calls.Add(1) == nth {
			return &types.ProvisionedThroughputExceededException{}
		}
		return nil
	})
}

// errDead is what the calls of a function come to that has died. It is not temporary, because the
// dead try nothing again.
var errDead = errors.New("the function has died")

// dieAt makes the nth call of an operation and all later ones fail, as if the function had
// been killed before it. live ends that.
func (f *fixture) dieAt(operation string, nth int64) {
	var calls atomic.Int64
	var dead atomic.Bool
	f.calls.failing(func(op string) error {
		if op == operation && calls.Add(1) == nth {
			dead.Store(true)
		}
		if dead.Load() {
			return errDead
		}
		return nil
	})
}

func (f *fixture) live() { f.calls.failing(nil) }

// fails asks, and fails the test unless that fails. It returns the error.
func (d *device) fails(event string, body any) object {
	d.f.t.Helper()
	answer := d.ask(event, body)
	if answer["ok"] != false {
		d.f.t.Fatalf("%s: %s has not failed: %v", d.user.Name, event, answer)
	}
	return answer["error"].(object)
}

// twoMinutes lets two minutes pass, with their sweeps.
func (f *fixture) twoMinutes() {
	f.t.Helper()
	for range 2 {
		f.advance(time.Minute)
		if err := f.server.Instance().Sweep(f.t.Context(), f.clock()); err != nil {
			f.t.Error(err)
		}
	}
}

// halfJoins are the ways in which a join with two devices half fails: none of its devices, one
// or both hear the room.
var halfJoins = map[string]func(*fixture){
	"throttled before the first membership":   func(f *fixture) { f.failOnce("BatchWriteItem", 1) },
	"throttled before the second membership":  func(f *fixture) { f.failOnce("BatchWriteItem", 2) },
	"dies before the devices are found":       func(f *fixture) { f.dieAt("Query", 1) },
	"dies between record and membership":      func(f *fixture) { f.dieAt("BatchWriteItem", 1) },
	"dies before it reaches the other device": func(f *fixture) { f.dieAt("BatchWriteItem", 2) },
}

func TestAJoinThatHalfFailedIsRepairedByItsRepetition(t *testing.T) {
	for what, disturb := range halfJoins {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			phone := bob.another()
			room := ada.create("channel")
			disturb(f)
			refusal := bob.fails("joinRoom", object{"roomId": room})
			if strings.HasPrefix(what, "throttled") {
				want(t, "code", []any{refusal["code"], refusal["temporary"]}, []any{"unavailable", true})
			}
			f.live()
			bob.do("joinRoom", object{"roomId": room})
			sent := ada.send(room, "1")
			for _, d := range []*device{bob, phone} {
				want(t, "received", d.heard("newMessage"), []any{sent})
			}
			want(t, "Ada is told", pick("change", ada.heard("memberChanged")), []any{"joined"})
		})
	}
}

func TestAJoinThatHalfFailedIsRepairedByTheSweep(t *testing.T) {
	for what, disturb := range halfJoins {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			phone := bob.another()
			room := ada.create("channel")
			disturb(f)
			bob.fails("joinRoom", object{"roomId": room})
			f.live()
			f.twoMinutes()
			sent := ada.send(room, "1")
			for _, d := range []*device{bob, phone} {
				want(t, "received", d.heard("newMessage"), []any{sent})
			}
			want(t, "Ada is told", pick("change", ada.heard("memberChanged")), []any{"joined"})
			changes, err := f.store.Changes(t.Context())
			want(t, "notes left", changes, nil)
			want(t, "error", err, nil)
		})
	}
}

func TestADeviceThatAJoinMissedIsRepairedByItsNextMessage(t *testing.T) {
	for event, body := range map[string]object{"history": {}, "typing": {"on": true}, "sendMessage": {"text": "Hi", "tempId": "t"}} {
		t.Run(event, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			room := ada.create("channel")
			f.dieAt("Query", 1)
			bob.fails("joinRoom", object{"roomId": room})
			f.live()
			body["roomId"] = room
			bob.do(event, body)
			sent := ada.send(room, "1")
			want(t, "received last", bob.heard("newMessage")[len(bob.heard("newMessage"))-1], sent)
		})
	}
}

func TestARoomWhoseCreationDiedIsAnnouncedByTheSweep(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	f.acquaint(ada, bob)
	f.dieAt("Query", 3) // after those that find who is acquainted
	ada.refused("internal", "createRoom", object{"name": "Engines", "kind": "private", "members": []string{bob.user.ID}})
	f.live()
	f.twoMinutes()
	rooms := bob.heard("roomChanged")
	want(t, "Bob is told", len(rooms), 1)
	room := rooms[0]["room"].(object)["id"].(string)
	want(t, "received", bob.heard("newMessage"), []any{})
	sent := ada.send(room, "1")
	want(t, "received", bob.heard("newMessage"), []any{sent})
}

// halfLeaves are the ways in which a leave with two devices half fails after the member is
// removed.
var halfLeaves = map[string]func(*fixture){
	"dies before the mark":                    func(f *fixture) { f.dieAt("UpdateItem", 2) },
	"dies before the devices are found":       func(f *fixture) { f.dieAt("Query", 1) },
	"dies before the first membership":        func(f *fixture) { f.dieAt("DeleteItem", 1) },
	"dies before it reaches the other device": func(f *fixture) { f.dieAt("DeleteItem", 2) },
	"dies before the room is told":            func(f *fixture) { f.dieAt("Query", 2) },
}

func TestALeaveThatHalfFailedIsRepairedByTheSweep(t *testing.T) {
	for what, disturb := range halfLeaves {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			phone := bob.another()
			room := ada.create("channel")
			bob.do("joinRoom", object{"roomId": room})
			disturb(f)
			bob.fails("leaveRoom", object{"roomId": room})
			f.live()
			for _, d := range []*device{bob, phone} {
				d.refused("forbidden", "history", object{"roomId": room})
			}
			f.twoMinutes()
			ada.send(room, "1")
			for _, d := range []*device{bob, phone} {
				want(t, "received", d.heard("newMessage"), []any{})
				d.refused("forbidden", "history", object{"roomId": room})
				d.refused("forbidden", "sendMessage", message(room, "t"))
			}
			want(t, "Ada is told", pick("change", ada.heard("memberChanged")), []any{"joined", "left"})
		})
	}
}

func TestALeaveThatHalfFailedIsRepairedByItsRepetition(t *testing.T) {
	for what, disturb := range halfLeaves {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			ada, bob := f.enter("Ada"), f.enter("Bob")
			phone := bob.another()
			room := ada.create("channel")
			bob.do("joinRoom", object{"roomId": room})
			disturb(f)
			bob.fails("leaveRoom", object{"roomId": room})
			f.live()
			bob.do("leaveRoom", object{"roomId": room})
			want(t, "Ada is told", pick("change", ada.heard("memberChanged")), []any{"joined", "left"})
			ada.send(room, "1")
			for _, d := range []*device{bob, phone} {
				want(t, "received", d.heard("newMessage"), []any{})
			}
		})
	}
}

func TestNoOneHearsWhatIsSentAfterTheirLeave(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := bob.another()
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	// Another device connects, and has read its user's rooms when the leave comes.
	f.store.rooms = func() {
		phone.do("leaveRoom", object{"roomId": room})
	}
	f.store.online = func() {
		ada.send(room, "meanwhile")
	}
	tablet := bob.another()
	ada.send(room, "after")
	for _, d := range []*device{bob, phone, tablet} {
		want(t, "received", d.heard("newMessage"), []any{})
	}
	// Whoever left and came back hears the room at once.
	tablet.do("joinRoom", object{"roomId": room})
	sent := ada.send(room, "member")
	for _, d := range []*device{bob, phone, tablet} {
		want(t, "received", d.heard("newMessage"), []any{sent})
	}
}

func TestAJoinThatIsDeliveredAgainDoesNotUndoALeave(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	join := realtime.Message{ConnectionID: bob.client.Conn().ID(), Body: `4277["joinRoom",{"roomId":"` + room + `"}]`}
	bob.do("joinRoom", object{"roomId": room})
	join.At = f.clock()
	bob.do("leaveRoom", object{"roomId": room})
	f.server.Instance().Receive(t.Context(), join)
	bob.refused("forbidden", "history", object{"roomId": room})
	ada.send(room, "1")
	want(t, "received", bob.heard("newMessage"), []any{})
}

func TestARepetitionReachesTheRoomHoweverSoonItComes(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	f.store.after = func() error { return errors.New("the function has died") }
	ada.refused("internal", "sendMessage", message(room, "t"))
	want(t, "heard", bob.heard("newMessage"), []any{})
	f.advance(300 * time.Millisecond)
	sent := ada.send(room, "t")
	want(t, "heard", bob.heard("newMessage"), []any{sent})
}

func TestReopeningARoomCostsNoWrites(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	f.calls.take()
	bob.do("joinRoom", object{"roomId": room})
	for operation, n := range f.calls.take() {
		if operation != "UpdateItem" || n != 1 { // the connection's
			if operation != "GetItem" && operation != "BatchGetItem" && operation != "Query" {
				t.Error(fmt.Sprint(n, " calls of ", operation))
			}
		}
	}
}

func TestARecoveredUserStaysOnlineWhenTheirEarlierEndingIsFinished(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
	watcher, ada := f.enter("Watcher"), f.enter("Ada")
	room := ada.create("group")
	watcher.do("joinRoom", object{"roomId": room})
	f.sweepIn(time.Second)
	watcher.watch(room)
	ada.send(room, "1")
	ada.client.Expect("newMessage")
	f.dieAt("DeleteItem", 1) // after the session is saved
	ada.client.Cut()
	f.live()
	if recovered, err := ada.client.Reconnect(); err != nil || !recovered {
		t.Fatalf("recovered: %v, %v", recovered, err)
	}
	f.server.Sweep()
	want(t, "online", online(f, watcher, ada.user), true)
	want(t, "reports of the return", presenceEvents(watcher), 0)
	ada.client.Cut()
	f.twoMinutes()
	want(t, "online after the end", online(f, watcher, ada.user), false)
	want(t, "reports of the end", presenceEvents(watcher), 1)
}

// presenceEvents counts the events presence that have come since it was called last. With
// recovery they have an offset too.
func presenceEvents(d *device) int {
	n := 0
	for _, e := range d.client.Received() {
		if e.Name == "presence" {
			n++
		}
	}
	return n
}

// lastTold returns whether a device was last told that a user is online, and false if nothing.
func (d *device) lastTold(user chat.User) (online any) {
	d.f.t.Helper()
	version := 0.0
	tell := func(p object, says bool) {
		if v := p["version"].(float64); v > version {
			version, online = v, says
		}
	}
	for _, p := range d.told(user) {
		tell(p, p["online"].(bool))
	}
	for event, says := range map[string]bool{"userOnline": true, "userOffline": false} {
		for _, e := range d.heard(event) {
			if e["user"].(object)["id"] == user.ID {
				tell(e, says)
			}
		}
	}
	return online
}

// presenceTo are the modes in which presence is told.
var presenceTo = []mode.Presence{mode.PresenceToWatchers, mode.PresenceToEveryone}

// watched returns a device that watches a room, and a user who is in it and whom nobody has
// seen.
func (f *fixture) watched() (watcher *device, token string, user chat.User) {
	f.t.Helper()
	watcher = f.enter("Watcher")
	room := watcher.create("channel")
	token, user = f.signIn("Ada")
	f.request("POST", "/api/rooms/"+room+"/join", token, "")
	watcher.watch(room)
	return watcher, token, user
}

func TestAUserWhoseLineBrokeDuringConnectIsOfflineWithinTwoMinutes(t *testing.T) {
	for what, disturb := range map[string]func(*fixture){
		"the look afterwards fails": func(f *fixture) { f.failOnce("BatchGetItem", 1) },
		"the function dies":         func(f *fixture) { f.dieAt("BatchGetItem", 1) },
		"nothing else fails":        func(*fixture) {},
	} {
		for _, tells := range presenceTo {
			t.Run(what+", "+string(tells), func(t *testing.T) {
				f := inMode(t, tells)
				watcher, token, user := f.watched()
				conn, err := f.server.Open()
				if err != nil {
					t.Fatal(err)
				}
				f.store.online = func() {
					conn.Cut()
					disturb(f)
				}
				if _, err := conn.Connect("/", object{"token": token}); err == nil {
					t.Fatal("connected")
				}
				f.live()
				f.twoMinutes()
				want(t, "online", online(f, watcher, user), false)
				want(t, "the last that others hear", watcher.lastTold(user), false)
				checks, err := f.store.Checks(t.Context(), f.clock().Add(time.Hour))
				want(t, "notes left", len(checks), 0)
				want(t, "error", err, nil)
			})
		}
	}
}

func TestAnEndingThatDiedIsFinishedWithinTwoMinutes(t *testing.T) {
	// A DISCONNECT is a message, which updates the connection first.
	for what, disturb := range map[string]func(f *fixture, updates int64){
		"after its claim":               func(f *fixture, _ int64) { f.dieAt("BatchWriteItem", 1) },
		"before its handlers":           func(f *fixture, updates int64) { f.dieAt("UpdateItem", updates+3) },
		"before the record is gone":     func(f *fixture, _ int64) { f.dieAt("DeleteItem", 1) },
		"before others are told":        func(f *fixture, _ int64) { f.dieAt("Query", 1) },
		"before it is noted":            func(f *fixture, _ int64) { f.dieAt("PutItem", 1) },
		"when the claim is tried again": func(f *fixture, updates int64) { f.failOnce("UpdateItem", updates+2) },
	} {
		for _, tells := range presenceTo {
			for how, updates := range map[string]int64{"lost": 0, "on purpose": 1} {
				t.Run(fmt.Sprint(what, ", ", how, ", ", tells), func(t *testing.T) {
					f := inMode(t, tells)
					watcher, token, user := f.watched()
					ada := f.connect(token, user)
					f.advance(2 * time.Minute)
					f.twoMinutes()
					disturb(f, updates)
					if how == "lost" {
						ada.client.Cut()
					} else {
						ada.client.Disconnect()
					}
					f.live()
					f.twoMinutes()
					want(t, "online", online(f, watcher, user), false)
					want(t, "what others heard last", watcher.lastTold(user), false)
				})
			}
		}
	}
}
