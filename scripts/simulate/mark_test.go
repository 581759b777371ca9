package simulate

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// roomMark is a mark with its room.
type roomMark struct {
	RoomID string
	chat.Mark
}

// marked is a mark of a user that a device was told in the answer to a request.
type marked struct {
	request *request
	roomMark
}

// isBefore reports whether a mark is earlier than another of the same member.
func isBefore(a, b chat.Mark) bool {
	return a.Version < b.Version || a.Version == b.Version && a.Seq < b.Seq
}

// keepMark keeps the later mark of a room.
func (d *device) keepMark(m roomMark) {
	if d.marks == nil {
		d.marks = map[string]chat.Mark{}
	}
	if known, ok := d.marks[m.RoomID]; !ok || isBefore(known, m.Mark) {
		d.marks[m.RoomID] = m.Mark
	}
}

// learnMark notes a mark that an answer tells.
func (d *device) learnMark(r *request, m roomMark) {
	d.world.marked = append(d.world.marked, marked{r, m})
	d.keepMark(m)
}

// hearMarks keeps the marks of an event, which comes to the user's devices and, in direct rooms,
// to the other person.
func (d *device) hearMarks(userID string, marks []roomMark) {
	for _, m := range marks {
		switch {
		case userID == d.user.id:
			d.keepMark(m)
		case !d.world.isDirect(m.RoomID):
			d.world.violate("13 told a stranger's mark", "%s hears what %s has read of %s", d.name, userID, m.RoomID)
		}
	}
}

func (w *world) isDirect(room string) bool {
	r, err := w.stores.chat.Room(context.Background(), room)
	if err != nil {
		panic(err)
	}
	return r.Kind == chat.Direct
}

// keepAnsweredMarks keeps what an answer tells of marks.
func (d *device) keepAnsweredMarks(r *request) {
	switch r.event {
	case "markRead":
		d.learnMark(r, roomMark{r.room, *r.answer.Mark})
	case "markAllRead":
		for _, m := range r.answer.Marks {
			d.learnMark(r, m)
		}
	case "listRooms", "sync":
		for _, room := range r.answer.Rooms {
			if room.Mark != nil {
				d.learnMark(r, roomMark{room.ID, *room.Mark})
				d.checkUnread(r, room)
			}
		}
	}
}

// checkUnread checks that what is unread is what comes after the mark.
func (d *device) checkUnread(r *request, room syncedRoom) {
	if room.Unread != max(room.Head-room.Mark.Seq, 0) {
		d.world.violate("13 unread miscounted", "%s (request %d) was told %d unread in %s at %d with %+v", d.name, r.id, room.Unread, room.ID, room.Head, *room.Mark)
	}
}

// position returns a position of a room that a device knows, more likely a late one.
func (w *world) position(d *device, room string) int64 {
	c := d.copyOf(room)
	if c == nil || len(c.messages) == 0 {
		return 0
	}
	seqs := slices.Sorted(maps.Keys(c.messages))
	return seqs[len(seqs)-1-w.random.IntN(min(3, len(seqs)))]
}

// read marks a room as read, or as unread, or asks who has read it.
func (w *world) read(d *device) {
	room := w.roomOf(d)
	if w.chance(0.2) {
		d.ask(&request{event: "readMarks", room: room, body: map[string]any{"roomId": room}})
		return
	}
	seq := w.position(d, room)
	body := map[string]any{"roomId": room, "seq": seq}
	known, marked := d.marks[room]
	switch {
	case !marked:
	case w.chance(0.25):
		body["unread"], body["seq"], body["version"] = true, max(seq-1, 0), known.Version
	case w.chance(0.5):
		body["version"] = known.Version
	}
	d.ask(&request{event: "markRead", room: room, body: body})
}

// readAll marks some rooms as read.
func (w *world) readAll(d *device) {
	var marks []map[string]any
	for _, room := range w.rooms {
		if w.chance(0.7) {
			marks = append(marks, map[string]any{"roomId": room, "seq": w.position(d, room)})
		}
	}
	if len(marks) > 0 {
		d.ask(&request{event: "markAllRead", body: map[string]any{"marks": marks}})
	}
}

// compareMarks lets all devices list their rooms, and checks that those of a user are told the
// same, and that it is what is stored.
func (w *world) compareMarks() {
	live := w.live()
	for _, id := range slices.Sorted(maps.Keys(live)) {
		d := live[id]
		r := &request{event: "listRooms", body: map[string]any{}}
		d.ask(r)
		w.calm(10 * time.Second)
		if !r.ok {
			w.violate("list refused", "%s cannot list its rooms: %+v", d.name, r.answer)
			continue
		}
		for _, room := range r.answer.Rooms {
			w.compareMark(d, room)
			w.checkMentionCount(d, room)
		}
	}
}

func (w *world) compareMark(d *device, room syncedRoom) {
	ctx := context.Background()
	stored, err := w.stores.chat.Marks(ctx, room.ID, []string{d.user.id})
	if err != nil {
		panic(err)
	}
	head, err := w.stores.chat.Head(ctx, room.ID)
	if err != nil {
		panic(err)
	}
	mark, ok := stored[d.user.id]
	if !ok || room.Mark == nil || *room.Mark != mark || d.marks[room.ID] != mark && !w.everLeft(d.user.id, room.ID) {
		w.violate("13 marks differ", "%s has %+v of %s and is told %+v, stored is %+v", d.name, d.marks[room.ID], room.ID, room.Mark, mark)
	}
	if room.Unread != max(head.Seq-mark.Seq, 0) {
		w.violate("13 unread miscounted", "%s is told %d unread in %s at %d with %+v", d.name, room.Unread, room.ID, head.Seq, mark)
	}
}

// everLeft reports whether a user has ever asked to leave a room. A membership that follows has
// a mark of its own.
func (w *world) everLeft(user, room string) bool { return len(w.membership(user, room).leaves) > 0 }

// checkMarks checks that of two marks of a member, of which the second was asked for when the
// first was known, the second is not the earlier one, and that only marking as unread makes a
// new version.
func (w *world) checkMarks() {
	byMember := map[string][]marked{}
	for _, m := range w.marked {
		user := m.request.device.user.id
		if !w.everLeft(user, m.RoomID) {
			byMember[user+" "+m.RoomID] = append(byMember[user+" "+m.RoomID], m)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byMember)) {
		versions := map[int64]bool{}
		for _, a := range byMember[key] {
			versions[a.Version] = true
			for _, b := range byMember[key] {
				if a.request.done < b.request.sent && isBefore(b.Mark, a.Mark) {
					w.violate("13 mark went back", "%s was at %+v (request %d) and then at %+v (request %d)", key, a.Mark, a.request.id, b.Mark, b.request.id)
				}
			}
		}
		user, room, _ := strings.Cut(key, " ")
		if acts := w.unreadActs(user, room); len(versions) > 1+acts {
			w.violate("13 version without an act", "%s had the versions %v, and marked as unread %d times", key, slices.Sorted(maps.Keys(versions)), acts)
		}
	}
}

// unreadActs counts the requests of a user to mark a room as unread.
func (w *world) unreadActs(user, room string) (n int) {
	for _, r := range w.requests {
		if r.event == "markRead" && r.room == room && r.device.user.id == user && r.body["unread"] == true {
			n++
		}
	}
	return n
}
