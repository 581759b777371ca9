package simulate

import (
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// belief is what a device was told of a user.
type belief struct {
	Online  bool
	Version int64
}

// patience is how long a device waits for an answer before it asks again.
const patience = 8 * time.Second

// watch lets a device watch the rooms of its user, as the page does after each connect, and again
// until it is answered or the line is lost.
func (d *device) watch() {
	if d.line == nil || !d.joined {
		return
	}
	w, line := d.world, d.line
	body := map[string]any{"roomIds": append([]string{}, w.roomsOf(d.user.id)...)}
	r := &request{event: "watch", body: body}
	if w.chance(0.5) {
		r = &request{event: "sync", body: map[string]any{"watch": body}}
	}
	d.ask(r)
	w.after(patience, func() {
		if d.line == line && !r.ok {
			d.watch()
		}
	})
}

// roomsOf returns a user's rooms by what is stored now.
func (w *world) roomsOf(userID string) []string {
	rooms, err := w.stores.chat.RoomsOf(context.Background(), userID)
	if err != nil {
		panic(err)
	}
	return rooms
}

// believe takes what a device is told of users: of two reports the one with the larger version.
func (d *device) believe(users map[string]belief) {
	for id, b := range users {
		if b.Version > d.beliefs[id].Version {
			d.beliefs[id] = b
		}
		if b.Version > 0 && id != d.user.id && !d.world.mayKnow(d.user.id, id) {
			d.world.violate("8 told of a stranger", "%s is told of %s", d.name, id)
		}
	}
}

// mayKnow reports whether two users may ever have been in one room.
func (w *world) mayKnow(a, b string) bool {
	entered := func(user string) (rooms []string) {
		for _, r := range w.requests {
			members, _ := r.body["members"].([]string)
			enters := r.event == "joinRoom" || r.event == "createRoom"
			if enters && (r.device.user.id == user || slices.Contains(members, user)) {
				rooms = append(rooms, r.room)
			}
		}
		return rooms
	}
	theirs := entered(b)
	return slices.ContainsFunc(entered(a), func(room string) bool {
		// The room of a creation without an answer is not known.
		return room == "" || slices.Contains(theirs, room) || slices.Contains(theirs, "")
	})
}

// watchAll lets all devices watch the rooms that their users are in now.
func (w *world) watchAll() {
	for _, d := range w.devices {
		d.watch()
	}
	w.calm(time.Minute)
}

// checkBeliefs checks that every device that watches believes what is stored of the presence of
// those with whom its user shares a room, and that nobody watches a room of others.
func (w *world) checkBeliefs(live map[string]*device, records map[string]store.Connection) {
	var ids []string
	for _, u := range w.users {
		ids = append(ids, u.id)
	}
	stored, err := w.stores.chat.Presences(context.Background(), ids, time.Now())
	if err != nil {
		panic(err)
	}
	for _, d := range w.devices {
		if d.line == nil || live[d.line.id] != d {
			continue
		}
		mine := w.roomsOf(d.user.id)
		for _, id := range ids {
			shares := slices.ContainsFunc(w.roomsOf(id), func(room string) bool { return slices.Contains(mine, room) })
			if shares && d.beliefs[id].Online != stored[id].Online && !w.mayHaveJustCome(id, live, records) {
				w.violate("8 told otherwise"+w.stage, "%s believes %+v of %s, whose presence is %+v", d.name, d.beliefs[id], id, stored[id])
			}
		}
	}
	for _, room := range w.rooms {
		watchers, err := w.stores.realtime.Members(context.Background(), "/", watched(room))
		if err != nil {
			panic(err)
		}
		for _, m := range watchers {
			switch d := live[m.ConnectionID]; {
			case d == nil && w.mayBeLeft(m.ConnectionID, records):
			case d == nil || d.sid != m.SocketID:
				w.violate("membership left"+w.stage, "%s watches %q and is not online", m.ConnectionID, room)
			case !slices.Contains(w.roomsOf(d.user.id), room):
				w.violate("overhears: watches"+w.stage, "%s (%s) watches %q and is no member", d.name, m.ConnectionID, room)
			}
		}
	}
}

// mayHaveJustCome reports whether a user may have come after the last sweep, which tells of comings once a minute: a device
// whose line was lost comes back when the sweep has found it, in the second of the two minutes.
func (w *world) mayHaveJustCome(userID string, live map[string]*device, records map[string]store.Connection) bool {
	if w.stage != afterTwoMinutes {
		return false
	}
	for id, d := range live {
		if d.user.id == userID && time.Since(records[id].ConnectedAt) < time.Minute {
			return true
		}
	}
	return false
}

// watched is the chat's name of the engine's room with those who watch a room.
func watched(room string) string { return "watch:" + room }

// comeBy lets a device come.
func comeBy(device int) func(*world) {
	return func(w *world) {
		d := w.devices[device]
		d.wants = true
		d.dial(time.Millisecond)
		w.calm(20 * time.Second)
	}
}

// watchBy lets a device watch the rooms of its user.
func watchBy(device int) func(*world) {
	return func(w *world) {
		w.devices[device].watch()
		w.calm(10 * time.Second)
	}
}

// together puts u1 and u2 into a room, which u1 watches.
var together = andThen(andThen(createBy(0), onRoom(2, "joinRoom")), watchBy(0))
