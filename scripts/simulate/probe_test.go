package simulate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// probe sends a message to each room, and checks who hears it.
func (w *world) probe() {
	for n, room := range w.rooms {
		live := w.live()
		var sender *device
		for _, id := range slices.SortedFunc(maps.Keys(live), func(a, b string) int { return cmp.Compare(live[a].name, live[b].name) }) {
			if sender == nil && w.isMember(room, live[id].user.id) {
				sender = live[id]
			}
		}
		if sender == nil {
			continue
		}
		before := len(w.heard)
		r := w.sendTo(sender, room, fmt.Sprintf("probe-%d-%d", w.clock, n))
		w.calm(10 * time.Second)
		if !r.ok { // a place that somebody has left empty is closed after ten seconds: clients send again
			w.pass(11 * time.Second)
			r = w.sendAgain(sender, r)
			w.calm(10 * time.Second)
		}
		if !r.ok {
			w.violate("probe refused", "%s cannot send to %s: %+v", sender.name, room, r.answer)
			continue
		}
		w.checkProbe(room, w.heard[before:])
		w.checkVacated(room)
		w.sync(sender, room)
	}
}

// checkStrangers checks that nobody reads a room of which they are no member.
func (w *world) checkStrangers() {
	live := w.live()
	for _, id := range slices.Sorted(maps.Keys(live)) {
		d := live[id]
		for _, room := range w.rooms {
			if w.isMember(room, d.user.id) {
				continue
			}
			r := &request{event: "history", room: room, body: map[string]any{"roomId": room}}
			d.ask(r)
			w.calm(10 * time.Second)
			if r.ok {
				w.violate("reads as a stranger", "%s (%s) is no member of %s and reads it: %+v", d.name, id, room, r.answer)
			}
		}
	}
}

// disperse lets everybody go, and checks that nothing is left.
func (w *world) disperse() {
	for _, d := range w.devices {
		d.wants = false
		if d.line != nil {
			d.close()
		}
	}
	w.rest(round)
	w.stage = ", when everybody is gone"
	w.checkState()
	w.stage = ""
}

// checkProbe checks that all live devices of members heard a probe, and nobody else.
func (w *world) checkProbe(room string, all []heard) {
	times := map[*device]int{}
	for _, h := range all {
		times[h.device]++
	}
	live := w.live()
	for _, id := range slices.Sorted(maps.Keys(live)) {
		d := live[id]
		switch member := w.isMember(room, d.user.id); {
		case member && times[d] == 0:
			w.violate("deaf: probe", "%s (%s) is a member of %s and does not hear it", d.name, id, room)
		case !member && times[d] > 0:
			w.violate("overhears: probe", "%s (%s) is no member of %s and hears it", d.name, id, room)
		}
	}
}

// checkVacated checks that a room to which something was just sent has no member that is gone. A
// join that dies while its socket ends may leave one until then.
func (w *world) checkVacated(room string) {
	live := w.live()
	members, err := w.stores.realtime.Members(context.Background(), "/", audience(room))
	if err != nil {
		panic(err)
	}
	for _, m := range members {
		if live[m.ConnectionID] == nil {
			w.violate("membership left after an emit", "%s is in %q and is not online", m.ConnectionID, room)
		}
	}
}

// sync reads all of a room as a device does that comes back, and checks invariant 5: it equals
// the log, and has no gap.
func (w *world) sync(d *device, room string) {
	after, texts, waited := int64(0), []string{}, false
	for {
		body := map[string]any{"roomId": room, "after": after, "limit": 20}
		r := &request{event: "history", room: room, body: body}
		d.ask(r)
		w.calm(10 * time.Second)
		p := r.answer.page
		if len(p.Pending) > 0 && !waited { // a hole, which a reader may close in a while
			waited = true
			w.pass(11*time.Second + w.profile.skew + 2*w.profile.jump)
			continue
		}
		if !r.ok || p.From != after+1 || len(p.Pending) > 0 {
			w.violate("5 gap", "%s asked for %s after %d and got %+v", d.name, room, after, r.answer)
			return
		}
		for _, m := range p.Messages {
			texts = append(texts, fmt.Sprint(m.Seq, " ", m.ID, " ", m.Text))
		}
		if after = p.To; after >= p.Head {
			break
		}
	}
	var want []string
	for _, e := range w.readLog(context.Background(), room) {
		if !e.Void {
			want = append(want, fmt.Sprint(e.Seq, " ", e.Message.ID, " ", e.Message.Text))
		}
	}
	if !slices.Equal(texts, want) {
		w.violate("5 history", "%s read %v of %s, the log has %v", d.name, texts, room, want)
	}
}
