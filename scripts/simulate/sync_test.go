package simulate

import (
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// syncedRoom is what the simulator reads of a room in the answer to a sync, and in a list without
// News.
type syncedRoom struct {
	ID           string
	Head, Unread int64
	Mentions     int64
	Mark         *chat.Mark
	News         *struct {
		page
		Changes page
	}
}

// askSync asks for the rooms of a device's user, for what is new in some of all rooms, and perhaps for the
// newest page of another.
func (w *world) askSync(d *device) {
	known := map[string]any{}
	for _, room := range w.rooms {
		if w.chance(0.4) {
			continue
		}
		of := map[string]any{"seq": w.random.IntN(6), "rev": 0}
		if c := d.copyOf(room); c != nil {
			of["rev"] = c.revision
		}
		if w.chance(0.3) {
			of["limit"] = 1 + w.random.IntN(3)
		}
		known[room] = of
	}
	body := map[string]any{"rooms": known}
	if len(w.rooms) > 0 && w.chance(0.5) {
		body["history"] = map[string]any{"roomId": w.anyRoom()}
	}
	d.ask(&request{event: "sync", body: body})
}

// synced keeps the answer to a sync.
func (d *device) synced(r *request) {
	d.believe(r.answer.Watch.Users)
	if page := r.answer.History; page != nil {
		room := r.opens()
		d.world.seePage(d, room, *page)
		d.keepPage(room, *page)
	}
	for _, room := range r.answer.Rooms {
		if room.News == nil {
			continue
		}
		d.world.seePage(d, room.ID, room.News.page)
		d.keepPage(room.ID, room.News.page)
		for _, m := range room.News.Changes.Messages {
			d.world.see(d, m)
		}
		d.keepChanges(room.ID, room.News.Changes)
	}
}

// opens returns the room of which a sync asks for the newest page, or "".
func (r *request) opens() string {
	history, _ := r.body["history"].(map[string]any)
	room, _ := history["roomId"].(string)
	return room
}

// syncAll lets a device ask for all that is new since, and checks that it shows what is stored then:
// rooms, texts, pins, counts, and what is unread.
func (w *world) syncAll(d *device) {
	known := map[string]any{}
	for _, room := range w.rooms {
		of := map[string]any{"seq": 0, "rev": 0, "limit": 100}
		if c := d.copyOf(room); c != nil {
			of["seq"], of["rev"] = c.gapless(), c.revision
		}
		known[room] = of
	}
	r := &request{event: "sync", body: map[string]any{"rooms": known}}
	d.ask(r)
	w.calm(10 * time.Second)
	if !r.ok {
		w.violate("sync refused", "%s cannot sync: %+v", d.name, r.answer)
		return
	}
	for _, room := range w.rooms {
		i := slices.IndexFunc(r.answer.Rooms, func(s syncedRoom) bool { return s.ID == room })
		gone := slices.Contains(r.answer.Gone, room)
		if member := w.isMember(room, d.user.id); member != (i >= 0) || member == gone {
			w.violate("sync of other rooms", "%s is a member of %s: %v, its sync lists it: %v, as gone: %v", d.name, room, member, i >= 0, gone)
		}
		if i >= 0 {
			w.checkSynced(d, r.answer.Rooms[i])
		}
	}
}

func (w *world) checkSynced(d *device, s syncedRoom) {
	ctx := context.Background()
	head, err := w.stores.chat.Head(ctx, s.ID)
	if err != nil {
		panic(err)
	}
	marks, err := w.stores.chat.Marks(ctx, s.ID, []string{d.user.id})
	if err != nil {
		panic(err)
	}
	if unread := max(head.Seq-marks[d.user.id].Seq, 0); s.Head != head.Seq || s.Unread != unread {
		w.violate("stale after a sync", "%s has %s up to %d with %d unread, stored are %d and %d", d.name, s.ID, s.Head, s.Unread, head.Seq, unread)
	}
	if s.News == nil || s.News.More || s.News.Changes.More {
		w.violate("stale after a sync", "%s got no news of %s, or not all: %+v", d.name, s.ID, s.News)
		return
	}
	for _, e := range w.readLog(ctx, s.ID) {
		if _, known := d.copyOf(s.ID).messages[e.Seq]; !known && !e.Void {
			w.violate("stale after a sync", "%s does not show %s/%d", d.name, s.ID, e.Seq)
		}
	}
	w.checkCopy(d, s.ID)
	w.checkMentionCount(d, s)
}
