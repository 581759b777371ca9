package simulate

import (
	"context"
	"math"
	"slices"

	"github.com/confab-chat/confab/shared/chat"
)

// audience is the chat's name of a room in the engine.
func audience(room string) string { return "room:" + room }

// checkLogs compares what everybody was told of messages with the logs. The world is calm.
func (w *world) checkLogs() {
	ctx := context.Background()
	slices.Sort(w.rooms)
	for _, room := range w.rooms {
		log := w.readLog(ctx, room)
		w.checkLog(room, log)
		w.checkSeen(room, log)
		w.checkRevisions(room)
		w.checkPins(room)
		w.checkReactions(room)
		w.checkOrder(room, log)
		w.checkLinear(room, log)
		w.checkThreads(room, log)
	}
	w.checkReplaced()
	w.checkHeard()
	w.checkMentioned()
	w.checkEligible()
	w.checkInvited()
	w.checkReads()
	w.checkMarks()
	w.checkTold()
	w.checkRecovered()
}

// readLog returns what stands at each position of a log.
func (w *world) readLog(ctx context.Context, log string) []chat.Entry {
	head, err := w.stores.chat.Head(ctx, log)
	if err != nil {
		panic(err)
	}
	if _, thread := chat.SplitLogID(log); thread > 0 {
		head.Seq = longestThread
	}
	if head.Seq == 0 {
		return nil
	}
	entries, err := w.stores.chat.Entries(ctx, log, 1, head.Seq)
	if err != nil {
		panic(err)
	}
	return entries
}

// checkLog checks invariants 1 and 2: an acknowledged message is in the log once, and none is
// there twice.
func (w *world) checkLog(room string, log []chat.Entry) {
	positions := map[string]int64{}
	byID := map[string]chat.Message{}
	for _, e := range log {
		if e.Void {
			continue
		}
		key := e.Message.Sender.ID + " " + e.Message.TempID
		if before, ok := positions[key]; ok {
			w.violate("2 stored twice", "%s/%d and %d hold the message %s", room, before, e.Seq, key)
		}
		positions[key] = e.Seq
		byID[e.Message.ID] = e.Message
	}
	for _, r := range w.requests {
		if r.event != "sendMessage" || r.log() != room || !r.ok {
			continue
		}
		m, ok := byID[r.answer.Message.ID]
		if !ok || m.TempID != r.tempID || m.Sender.ID != r.device.user.id || m.Rev == 0 && m.Text != r.text || m.Seq != r.answer.Message.Seq {
			w.violate("1 acknowledged and not stored", "%s/%d %s of %s was acknowledged, the log has %+v", room, r.answer.Message.Seq, r.tempID, r.device.name, m)
		}
	}
}

// checkSeen checks invariant 3: all agree on what stands at a position, for ever.
func (w *world) checkSeen(room string, log []chat.Entry) {
	final := map[int64]seen{}
	for _, e := range log {
		m := e.Message
		final[e.Seq] = seen{room: room, seq: e.Seq, void: e.Void, sender: m.Sender.ID, tempID: m.TempID, text: m.Text, rev: m.Rev, id: m.ID}
	}
	for _, s := range w.seen {
		if s.room != room {
			continue
		}
		if f, ok := final[s.seq]; !ok || !s.becomes(f) {
			w.violate("3 position changed", "%s saw %v, and then it was %v", s.device.name, s, f)
			return
		}
	}
}

// send is a message with all the requests that asked for it.
type send struct {
	tempID      string
	seq         int64
	first, done int // done is math.MaxInt while nobody knows
}

// sends returns the messages of a room with the first request and the first acknowledgement.
func (w *world) sends(room string, log []chat.Entry) []send {
	var sends []send
	for _, e := range log {
		if e.Void {
			continue
		}
		s := send{e.Message.TempID, e.Seq, math.MaxInt, math.MaxInt}
		for _, r := range w.requests {
			if r.event == "sendMessage" && r.log() == room && r.tempID == s.tempID && r.device.user.id == e.Message.Sender.ID {
				s.first = min(s.first, r.sent)
				if r.ok {
					s.done = min(s.done, r.done)
				}
			}
		}
		sends = append(sends, s)
	}
	return sends
}

// checkOrder checks invariant 4: what was sent after an acknowledgement has a later position.
func (w *world) checkOrder(room string, log []chat.Entry) {
	sends := w.sends(room, log)
	for _, a := range sends {
		for _, b := range sends {
			if a.done < b.first && a.seq > b.seq {
				w.violate("4 order", "%s/%d (%s) was acknowledged before %d (%s) was sent", room, a.seq, a.tempID, b.seq, b.tempID)
			}
		}
	}
}

// memberships are what a user was told about a room.
type membership struct {
	joins, leaves []*request
}

func (w *world) membership(user, room string) (m membership) {
	for _, r := range w.requests {
		if r.device.user.id != user || r.room != room {
			continue
		}
		switch r.event {
		case "joinRoom", "createRoom":
			m.joins = append(m.joins, r)
		case "leaveRoom":
			m.leaves = append(m.leaves, r)
		}
	}
	return m
}

// left returns the acknowledged leave that made a user no member for all of a time, if there
// is one: no join could have come after it.
func (w *world) left(user, room string, from, to int) *request {
	m := w.membership(user, room)
	for _, leave := range m.leaves {
		if !leave.ok || leave.done > from {
			continue
		}
		rejoined := slices.ContainsFunc(m.joins, func(join *request) bool {
			return join.sent < to && (join.done == 0 || join.done > leave.sent)
		})
		if !rejoined {
			return leave
		}
	}
	return nil
}

// checkHeard checks invariant 7: nobody hears what was sent after they had left.
func (w *world) checkHeard() {
	for _, h := range w.heard {
		w.checkLeft(h, "heard")
	}
}

// checkLeft checks that a device heard of a message that was not sent after its user had left the room.
func (w *world) checkLeft(h heard, how string) {
	room, first := h.message.RoomID, math.MaxInt
	for _, r := range w.requests {
		if r.event == "sendMessage" && r.room == room && r.tempID == h.message.TempID {
			first = min(first, r.sent)
		}
	}
	if leave := w.left(h.device.user.id, room, first, h.at); leave != nil {
		w.violate("7 heard after leaving"+w.doubledJoin(h.device.user, room, leave),
			"%s %s %s/%d, which was sent after its leave (request %d)", h.device.name, how, room, h.message.Seq, leave.id)
	}
}

// doubledJoin returns the suffix of a kind of violation: whether the cloud may have repeated
// an earlier join after a leave.
func (w *world) doubledJoin(u *user, room string, leave *request) string {
	if slices.ContainsFunc(w.membership(u.id, room).joins, func(join *request) bool { return join.doubled && join.sent < leave.done }) {
		return ", the join being delivered twice"
	}
	return ""
}

// checkTold checks that a message was heard when its sender was told that it is sent: by each
// device that was online then and still is, and whose user was a member. Where posts fail, a
// device may miss it. What is handed over may be heard later.
func (w *world) checkTold() {
	if w.profile.posts > 0 {
		return
	}
	for _, log := range w.logs() {
		room, _ := chat.SplitLogID(log)
		for _, s := range w.sends(log, w.readLog(context.Background(), log)) {
			for _, d := range w.devices {
				if s.done == math.MaxInt || !d.onlineSince(s.first) || !w.surelyMember(d.user.id, room, s.first, s.done) {
					continue
				}
				if !slices.ContainsFunc(w.heard, func(h heard) bool {
					return h.device == d && (h.at < s.done || w.profile.paced) && h.message.log() == log && h.message.Seq == s.seq
				}) {
					w.violate("acknowledged, and not heard", "%s/%d (%s) was acknowledged before %s heard it", log, s.seq, s.tempID, d.name)
				}
			}
		}
	}
}

// checkRecovered checks that a device that recovered its session has heard what was
// acknowledged while it was away.
func (w *world) checkRecovered() {
	for _, log := range w.logs() {
		room, _ := chat.SplitLogID(log)
		sends := w.sends(log, w.readLog(context.Background(), log))
		for _, d := range w.devices {
			for i, s := range d.spans {
				if !s.recovered {
					continue
				}
				away := d.spans[i-1]
				for _, message := range sends {
					if message.done < away.to || message.done > s.from || !w.surelyMember(d.user.id, room, away.from, s.from) || d.hasHeard(log, message.seq) {
						continue
					}
					w.violate("lost by recovery", "%s was away when %s/%d (%s) was acknowledged, recovered, and never heard it", d.name, log, message.seq, message.tempID)
				}
			}
		}
	}
}

func (d *device) hasHeard(log string, seq int64) bool {
	return slices.ContainsFunc(d.world.heard, func(h heard) bool {
		return h.device == d && h.message.log() == log && h.message.Seq == seq
	})
}

// onlineSince reports whether a device was online at a tick and still is. A function may have
// begun to end a line that it lost later.
func (d *device) onlineSince(tick int) bool {
	last := len(d.spans) - 1
	return last >= 0 && d.spans[last].from < tick && d.spans[last].to == math.MaxInt
}

// surelyMember reports whether a user was a member for all of a time: a join was acknowledged,
// and no leave was asked for.
func (w *world) surelyMember(user, room string, from, to int) bool {
	m := w.membership(user, room)
	joined := slices.ContainsFunc(m.joins, func(r *request) bool { return r.ok && r.done < from })
	return joined && !slices.ContainsFunc(m.leaves, func(r *request) bool { return r.sent < to })
}

// checkReads checks that nobody reads a room that they had left.
func (w *world) checkReads() {
	for _, r := range w.requests {
		for _, room := range r.reads() {
			if leave := w.left(r.device.user.id, room, r.sent, r.done); leave != nil {
				w.violate("7 read after leaving"+w.doubledJoin(r.device.user, room, leave),
					"%s read %s (request %d) after its leave (request %d)", r.device.name, room, r.id, leave.id)
			}
		}
	}
}

// reads returns the rooms of which a request has told something.
func (r *request) reads() (rooms []string) {
	switch {
	case !r.ok:
	case r.event == "sync":
		for _, s := range r.answer.Rooms {
			rooms = append(rooms, s.ID)
		}
		if r.answer.History != nil {
			rooms = append(rooms, r.opens())
		}
	case r.event == "mentions":
		for _, m := range r.answer.Messages {
			rooms = append(rooms, m.RoomID)
		}
	case slices.Contains([]string{"history", "changes", "thread"}, r.event):
		rooms = append(rooms, r.room)
	}
	return rooms
}
