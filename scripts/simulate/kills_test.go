package simulate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

// operation is something in whose middle a function dies.
type operation struct {
	name string
	// function is part of the name of the invocation that dies.
	function string
	recovery bool
	// prepare leads there, and act does it. u1 has two devices, u2 and u3 one each.
	prepare, act func(w *world)
}

// do lets a device ask, and waits until it is answered.
func (d *device) do(event, room string, body map[string]any) *request {
	r := &request{event: event, room: room, tempID: fmt.Sprint(body["tempId"]), text: fmt.Sprint(body["text"]), body: body}
	d.ask(r)
	d.world.calm(10 * time.Second)
	return r
}

// createBy lets a device create a channel.
func createBy(device int) func(*world) {
	return func(w *world) {
		w.devices[device].do("createRoom", "", map[string]any{"name": "Room", "tempId": "room"})
	}
}

// createFor lets u1 create a room with u2.
func createFor(kind string) func(*world) {
	return func(w *world) {
		w.devices[0].do("createRoom", "", map[string]any{"name": "For two", "kind": kind, "members": []string{"u2"}, "tempId": "for-two"})
	}
}

// andThen is two steps, one after the other.
func andThen(first, second func(*world)) func(*world) {
	return func(w *world) { first(w); second(w) }
}

// byHTTP lets a device ask for something about the room over the HTTP API.
func byHTTP(device int, event string, body map[string]any) func(*world) {
	return func(w *world) {
		all := map[string]any{"roomId": w.rooms[0]}
		maps.Copy(all, body)
		d := w.devices[device]
		d.askByHTTP(&request{event: event, room: w.rooms[0], tempID: fmt.Sprint(body["tempId"]), text: fmt.Sprint(body["text"]), body: all})
		w.calm(10 * time.Second)
	}
}

// onRoom lets a device ask for something about the room.
func onRoom(device int, event string) func(*world) {
	return func(w *world) {
		w.devices[device].do(event, w.rooms[0], map[string]any{"roomId": w.rooms[0]})
	}
}

func sendBy(device int) func(*world) {
	return func(w *world) {
		w.sendTo(w.devices[device], w.rooms[0], "message")
		w.calm(10 * time.Second)
	}
}

// closeBy lets a device go offline.
func closeBy(device int) func(*world) {
	return func(w *world) {
		d := w.devices[device]
		d.wants = false
		d.close()
		w.calm(10 * time.Second)
	}
}

func logOutBy(device int) func(*world) {
	return func(w *world) { w.logOut(w.devices[device]); w.calm(10 * time.Second) }
}

// returnBy loses the line of a device, which comes back.
func returnBy(device int) func(*world) {
	return func(w *world) {
		d := w.devices[device]
		d.close()
		w.calm(40 * time.Second)
	}
}

func nothingBefore(*world) {}

// anyLive returns a device of a user that is online.
func (w *world) anyLive(u *user) *device {
	for _, d := range u.devices {
		if d.joined {
			return d
		}
	}
	panic(u.id + " has no device online")
}

var operations = []operation{
	{name: "open", function: "connect c5", prepare: nothingBefore, act: returnBy(2)},
	{name: "CONNECT", function: `message of c5 (u2.a) 40`, prepare: createBy(2), act: returnBy(2)},
	{name: "CONNECT with recovery", function: `message of c5 (u2.a) 40`, recovery: true, prepare: andThen(createBy(2), sendBy(2)), act: returnBy(2)},
	{name: "createRoom", function: `"createRoom"`, prepare: nothingBefore, act: createBy(0)},
	{name: "createRoom for two", function: `"createRoom"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: createFor("direct")},
	{name: "createRoom with an invitation", function: `"createRoom"`, prepare: nothingBefore, act: createFor("private")},
	{name: "createRoom for two, by the one who is invited", function: `"createRoom"`, prepare: createFor("direct"), act: func(w *world) {
		w.devices[2].do("createRoom", "", map[string]any{"name": "By the other", "kind": "direct", "members": []string{"u1"}, "tempId": "room"})
	}},
	{name: "joinRoom by invitation", function: `"joinRoom"`, prepare: createFor("private"), act: onRoom(2, "joinRoom")},
	{name: "declineInvitation", function: `"declineInvitation"`, prepare: createFor("private"), act: onRoom(2, "declineInvitation")},
	{name: "joinRoom", function: `"joinRoom"`, prepare: createBy(2), act: onRoom(0, "joinRoom")},
	{name: "leaveRoom", function: `"leaveRoom"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: onRoom(0, "leaveRoom")},
	{name: "sendMessage", function: `"sendMessage"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: sendBy(0)},
	{name: "sendMessage with mentions", function: `"sendMessage"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: mentionBy(0)},
	{name: "sendMessage, and again", function: `"sendMessage"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: func(w *world) {
		w.sendTo(w.devices[0], w.rooms[0], "message")
		w.pass(300 * time.Millisecond)
		w.calm(300 * time.Millisecond)
		w.sendTo(w.anyLive(w.users[0]), w.rooms[0], "message")
		w.calm(10 * time.Second)
	}},
	{name: "a reply", function: `"sendMessage"`, prepare: inThread, act: replyBy(0)},
	{name: "a reply, and again", function: `"sendMessage"`, prepare: inThread, act: func(w *world) {
		replyBy(0)(w)
		w.replyTo(w.anyLive(w.users[0]), w.rooms[0], 1, "reply")
		w.calm(10 * time.Second)
	}},
	{name: "an edit of a reply", function: `"editMessage"`, prepare: andThen(inThread, replyBy(0)), act: func(w *world) {
		body := map[string]any{"roomId": w.rooms[0], "threadOf": 1, "seq": 1, "text": "edited"}
		r := &request{event: "editMessage", room: w.rooms[0], threadOf: 1, seq: 1, text: "edited", body: body}
		w.devices[0].ask(r)
		w.calm(10 * time.Second)
	}},
	{name: "joinRoom by HTTP", function: "/join", prepare: createBy(2), act: byHTTP(0, "joinRoom", nil)},
	{name: "leaveRoom by HTTP", function: "/leave", prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: byHTTP(0, "leaveRoom", nil)},
	{name: "sendMessage by HTTP", function: "POST /api", prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: byHTTP(0, "sendMessage", map[string]any{"text": "text", "tempId": "message"})},
	{name: "history", function: `"history"`, prepare: andThen(createBy(0), sendBy(0)), act: onRoom(0, "history")},
	{name: "DISCONNECT", function: " 41", prepare: createBy(2), act: logOutBy(2)},
	{name: "DISCONNECT with recovery", function: " 41", recovery: true, prepare: createBy(2), act: andThen(logOutBy(2), func(w *world) {
		w.devices[2].wants = true
		w.devices[2].dial(time.Second)
		w.calm(20 * time.Second)
	})},
	{name: "$disconnect", function: "disconnect c", prepare: createBy(2), act: closeBy(2)},
	{name: "$disconnect with recovery", function: "disconnect c", recovery: true, prepare: andThen(createBy(2), sendBy(2)), act: returnBy(2)},
	{name: "watch", function: `"watch"`, prepare: andThen(createBy(0), onRoom(2, "joinRoom")), act: watchBy(2)},
	{name: "coming", function: " 40", prepare: andThen(together, logOutBy(2)), act: comeBy(2)},
	{name: "coming back", function: " 40", prepare: together, act: returnBy(2)},
	{name: "going", function: "disconnect c", prepare: together, act: closeBy(2)},
	{name: "going on purpose", function: " 41", prepare: together, act: logOutBy(2)},
	{name: "the sweep after a going", function: "sweep", prepare: andThen(together, closeBy(2)), act: func(w *world) { w.rest(2 * time.Minute) }},
	{name: "sweep", function: "sweep", prepare: andThen(createBy(0), func(w *world) {
		w.network.silent = true
		closeBy(2)(w)
		w.network.silent = false
	}), act: func(w *world) { w.rest(10 * time.Minute) }},
}

// death is where a function dies: at its k-th call, which has an effect. Its client may be
// told nothing.
type death struct {
	k      int
	effect effect
	untold bool
}

func (d death) String() string {
	return fmt.Sprintf("dies at call %d, effect %v, client untold %v", d.k, d.effect, d.untold)
}

// run runs an operation whose function dies, on the stores that open opens, and reports whether it
// came so far.
func (o operation) run(t *testing.T, at death, seed uint64, open func(*world) stores) (w *world, died bool) {
	k := at.k
	cryptotest.SetGlobalRandom(t, seed)
	synctest.Test(t, func(*testing.T) {
		w = newWorld(profile{users: 3, devices: 1, recovery: o.recovery}, seed, open)
		w.faulty = false
		w.addDevice(w.users[0])
		slices.SortFunc(w.devices, func(a, b *device) int { return strings.Compare(a.name, b.name) })
		for _, d := range w.devices {
			d.dial(0)
		}
		w.calm(time.Minute)
		o.prepare(w)
		var target *invocation
		w.script = func(c *call) (verdict, bool) {
			if target == nil && strings.Contains(c.invocation.what, o.function) {
				target = c.invocation
			}
			if c.invocation != target || target.calls != k {
				return verdict{}, false
			}
			died = true
			w.network.mute = at.untold
			return verdict{effect: at.effect, err: context.Canceled}, true
		}
		o.act(w)
		w.script, w.network.mute = nil, false
		w.recover()
	})
	return w, died
}

// matrix is a kill matrix under way.
type matrix struct {
	*testing.T
	open  func() (func(*world) stores, error)
	cells int
	// tries are the seeds: no two of them may make the same token of a transaction on the engine.
	tries uint64
	found map[string]*occurrences
}

// kill lets a function die in an operation, and reports whether it came so far.
func (m *matrix) kill(o operation, at death) bool {
	open, err := m.open()
	if err != nil {
		m.Fatal(err)
	}
	m.tries++
	w, died := o.run(m.T, at, m.tries, open)
	if !died {
		return false
	}
	m.cells++
	if unknown := count(m.found, w, uint64(m.cells)); len(unknown) > 0 {
		m.Errorf("%s %v: %v\n%s", o.name, at, unknown, w.tell())
	} else if len(w.found) > 0 {
		m.Logf("%s %v: %v", o.name, at, kinds(w.found))
	}
	return true
}

// killAll lets a function die before, in and after every call of every operation.
func (m *matrix) killAll() {
	for _, o := range operations {
		for k, reached := 1, true; reached; k++ {
			reached = false
			for _, effect := range []effect{none, half, whole} {
				for _, untold := range []bool{false, true} {
					if m.kill(o, death{k, effect, untold}) {
						reached = true
					}
				}
			}
		}
	}
	m.Logf("%d cells", m.cells)
	if m.cells < 500 {
		m.Errorf("%d cells only", m.cells)
	}
}

// killSome lets a function die once in each operation, at a call that chance chooses.
func (m *matrix) killSome() {
	for _, o := range operations {
		at := death{1 + rand.IntN(12), effect(rand.IntN(3)), rand.IntN(2) == 0}
		for !m.kill(o, at) {
			at.k = max(1, at.k/2)
		}
		m.Logf("%s %v", o.name, at)
	}
}

// TestKills goes through the kill matrix on stores in memory.
func TestKills(t *testing.T) {
	m := &matrix{T: t, found: map[string]*occurrences{}}
	m.open = func() (func(*world) stores, error) { return inMemory(breakage{}), nil }
	m.killAll()
}

// TestKillsOnTheEngine goes through the kill matrix on the real stores if KILLS is set, and
// otherwise through a part that chance chooses.
func TestKillsOnTheEngine(t *testing.T) {
	if os.Getenv("SEED") != "" {
		t.Skip("a seed is of a history")
	}
	d, end, err := startDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	m := &matrix{T: t, found: map[string]*occurrences{}, open: func() (func(*world) stores, error) { return d.next(t.Context()) }}
	if os.Getenv("KILLS") == "" {
		m.killSome()
		return
	}
	m.killAll()
}

// kinds returns the kinds of violations, each once.
func kinds(all []violation) []string {
	var kinds []string
	for _, v := range all {
		if !slices.Contains(kinds, v.kind) {
			kinds = append(kinds, v.kind)
		}
	}
	return kinds
}

func (e effect) String() string { return []string{"whole", "none", "half"}[e] }
