package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// live returns the devices that are online, by connection.
func (w *world) live() map[string]*device {
	live := map[string]*device{}
	for _, d := range w.devices {
		if d.line != nil && d.joined && w.network.isOpen(d.line) {
			live[d.line.id] = d
		}
	}
	return live
}

// records returns all connections that are stored.
func (w *world) records() map[string]store.Connection {
	var ids []string
	listed := map[string]store.Connection{}
	for i := range store.Slots * store.Parts {
		err := w.stores.realtime.Slot(context.Background(), i%store.Slots, i/store.Slots, func(page []store.Connection, _ bool) error {
			for _, c := range page {
				ids = append(ids, c.ID)
				listed[c.ID] = c
			}
			return nil
		})
		if err != nil {
			panic(err)
		}
	}
	full, err := w.stores.realtime.Connections(context.Background(), ids)
	if err != nil {
		panic(err)
	}
	for _, c := range full {
		listed[c.ID] = c
	}
	return listed
}

// checkState checks that members, rooms of records and memberships agree, that no
// connection is left that is not open, and that everybody is online who has a live device.
func (w *world) checkState() {
	live, records := w.live(), w.records()
	for _, id := range slices.Sorted(maps.Keys(records)) {
		if live[id] == nil && !w.maySeemOpen(id) {
			w.violate("record left"+w.stage, "%s is stored and is not online: %s", id, short(records[id]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(live)) {
		w.checkRecord(live[id], records[id])
	}
	w.checkRooms(live, records)
	w.checkPresence(live)
	w.checkBeliefs(live, records)
	for _, d := range w.devices {
		if d.wants && !d.joined {
			w.violate("never online"+w.stage, "%s wants to be online and is not", d.name)
		}
		if d.ended != "" {
			w.violate("sent away"+w.stage, "%s was told to stay away: %s", d.name, d.ended)
		}
	}
}

// maySeemOpen reports whether a connection that has ended may still count as open: there is no
// trace of its end, and the sweep has not visited it yet.
func (w *world) maySeemOpen(id string) bool {
	return w.stage == afterTwoMinutes && w.network.isUntraced(id)
}

// maySeemOnline reports whether a user may count as online by such a connection: others are told
// after the grace, when the sweep has found it.
func (w *world) maySeemOnline(u *user) bool {
	for id, c := range w.network.connections {
		if c.device.user == u && w.maySeemOpen(id) {
			return true
		}
	}
	return false
}

// mayBeLeft reports whether a connection that has ended may still be in rooms: it may seem
// open, or a Join died.
func (w *world) mayBeLeft(id string, records map[string]store.Connection) bool {
	_, recorded := records[id]
	return w.maySeemOpen(id) || !recorded && w.network.isHalfJoined(id)
}

// short returns what counts of a record.
func short(c store.Connection) string {
	return fmt.Sprintf("%s %v, ended %v %s", c.ID, c.Sockets, !c.EndedAt.IsZero(), c.Reason)
}

func (w *world) checkRecord(d *device, record store.Connection) {
	socket, ok := record.Sockets["/"]
	if !ok || socket.ID != d.sid || !socket.EndedAt.IsZero() {
		w.violate("no record"+w.stage, "%s is online as %s and its record is %s", d.name, d.sid, short(record))
		return
	}
	ref := store.SocketRef{ConnectionID: record.ID, Namespace: "/", SocketID: socket.ID}
	others, err := w.stores.realtime.OtherRooms(context.Background(), []store.SocketRef{ref})
	if err != nil {
		panic(err)
	}
	var rooms []string
	for _, room := range append(slices.Clone(socket.Rooms), others[ref]...) {
		if id, ok := strings.CutPrefix(room, audience("")); ok {
			rooms = append(rooms, id)
		}
	}
	slices.Sort(rooms)
	want, err := w.stores.chat.RoomsOf(context.Background(), d.user.id)
	if err != nil {
		panic(err)
	}
	slices.Sort(want)
	for _, room := range without(want, rooms) {
		w.violate("deaf: not in the record"+w.stage, "%s (%s) is a member of %s, which its record does not list", d.name, d.line.id, room)
	}
	for _, room := range without(rooms, want) {
		w.violate("overhears: in the record"+w.stage, "%s (%s) is no member of %s, which its record lists", d.name, d.line.id, room)
	}
}

// without returns the items of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// checkRooms compares the memberships of all rooms with the members.
func (w *world) checkRooms(live map[string]*device, records map[string]store.Connection) {
	ctx := context.Background()
	for _, room := range append([]string{""}, w.rooms...) {
		name := audience(room)
		if room == "" {
			name = store.Everyone
		}
		members, err := w.stores.realtime.Members(ctx, "/", name)
		if err != nil {
			panic(err)
		}
		there := map[string]bool{}
		for _, m := range members {
			d := live[m.ConnectionID]
			switch {
			case d == nil && w.mayBeLeft(m.ConnectionID, records):
			case d == nil || d.sid != m.SocketID:
				w.violate("membership left"+w.stage, "%s is in %q and is not online", m.ConnectionID, name)
			case room != "" && !w.isMember(room, d.user.id):
				w.violate("overhears: membership"+w.stage, "%s (%s) is in %q and is no member", d.name, m.ConnectionID, name)
			}
			there[m.ConnectionID] = true
		}
		for _, id := range slices.Sorted(maps.Keys(live)) {
			if d := live[id]; !there[id] && (room == "" || w.isMember(room, d.user.id)) {
				w.violate("deaf: no membership"+w.stage, "%s (%s) is not in %q", d.name, id, name)
			}
		}
	}
}

func (w *world) checkPresence(live map[string]*device) {
	var ids []string
	online, unsure := map[string]bool{}, map[string]bool{}
	for _, u := range w.users {
		ids = append(ids, u.id)
		unsure[u.id] = w.maySeemOnline(u)
	}
	for _, d := range live {
		online[d.user.id] = true
	}
	presences, err := w.stores.chat.Presences(context.Background(), ids, time.Now())
	if err != nil {
		panic(err)
	}
	for _, id := range ids {
		switch {
		case presences[id].Online && !online[id] && !unsure[id]:
			w.violate("8 online without a socket"+w.stage, "%s is online and has no device", id)
		case !presences[id].Online && online[id]:
			w.violate("8 offline with a socket"+w.stage, "%s is offline and has a device", id)
		}
	}
}
