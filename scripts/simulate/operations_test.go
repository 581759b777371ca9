package simulate

import (
	"fmt"
	"slices"
	"time"
)

// profile is what a history is made of.
type profile struct {
	// users, devices (of a user), rooms and operations bound the history.
	users, devices, rooms, operations int
	// faults is how often a call of a store fails, posts how often one of the gateway, kills how often a function dies, doubles how often an
	// invocation or a $disconnect is delivered twice, missed how often a $disconnect is lost.
	faults, posts, kills, doubles, missed float64
	// slow is how often a call takes so long that a reader closes the hole it leaves.
	slow float64
	// serial: messages of one connection are handled one after the other.
	serial   bool
	recovery bool
	// skew is how far the clocks of two instances are apart at first, and jump how far they may
	// be off when they jump.
	skew, jump time.Duration
	// http is how often a request is made over the HTTP API.
	http float64
	// paced: what goes to more than two connections is handed over, and posted in two lanes.
	paced bool
}

// operate lets a device do something.
func (w *world) operate() {
	d := w.devices[w.random.IntN(len(w.devices))]
	switch {
	case !d.wants:
		if w.chance(0.5) {
			w.note("%s goes online", d.name)
			d.wants, d.ended = true, ""
			if d.line == nil {
				d.dial(time.Millisecond)
			}
		}
		return
	case d.line == nil:
		if len(w.rooms) > 0 && w.chance(w.profile.http) {
			[]func(*device){w.join, w.leave, w.send, w.history}[w.random.IntN(4)](d)
		}
		return
	case !d.joined:
		if w.chance(0.1) {
			w.network.cutLine(d.line)
			d.lose()
		}
		return
	}
	operations := []func(*device){
		w.create, w.join, w.leave, w.send, w.resend, w.history, w.ask, w.breakLine, w.closeLine, w.logOut, w.edit, w.askChanges,
		w.accept, w.decline, w.reply, w.readThread, w.askSync, w.read, w.readAll,
	}
	weights := []int{2, 6, 4, 12, 5, 4, 3, 2, 1, 1, 6, 2, 3, 2, 6, 3, 4, 6, 2}
	if len(w.rooms) == 0 {
		weights = []int{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	} else if len(w.rooms) >= w.profile.rooms {
		weights[0] = 0
	}
	operations[w.choose(weights)](d)
}

func (w *world) anyRoom() string { return w.rooms[w.random.IntN(len(w.rooms))] }

// roomOf returns a room, more likely one in which a device's user is.
func (w *world) roomOf(d *device) string {
	for range 3 {
		if room := w.anyRoom(); w.isMember(room, d.user.id) {
			return room
		}
	}
	return w.anyRoom()
}

// mostRooms is fewer than a device may watch.
const mostRooms = 25

func (w *world) create(d *device) {
	asked := 0
	for _, r := range w.requests {
		if r.event == "createRoom" {
			asked++
		}
	}
	if asked >= mostRooms { // nobody was told of one, and each may be there
		w.resend(d)
		return
	}
	tempID := fmt.Sprintf("room-%d", len(w.requests))
	kind, members := "channel", []string(nil)
	switch n := w.random.IntN(10); {
	case n == 0:
		kind = "group"
	case n <= 2:
		kind = "private"
	case n == 3:
		kind = "direct"
	}
	if kind == "private" || kind == "direct" {
		other := w.users[w.random.IntN(len(w.users))]
		members = []string{other.id}
		if another := w.users[w.random.IntN(len(w.users))]; kind == "private" && another != other {
			members = append(members, another.id)
		}
	}
	body := map[string]any{"name": "Room " + tempID, "kind": kind, "tempId": tempID}
	if members != nil {
		body["members"] = members
	}
	d.ask(&request{event: "createRoom", tempID: tempID, body: body})
}

func (w *world) join(d *device) {
	room := w.anyRoom()
	d.ask(&request{event: "joinRoom", room: room, body: map[string]any{"roomId": room}})
}

// invitation returns a room to which a device's user was invited, or any.
func (w *world) invitation(d *device) string {
	var rooms []string
	for _, a := range w.asked {
		if a.device.user == d.user {
			rooms = append(rooms, a.room)
		}
	}
	if len(rooms) == 0 {
		return w.anyRoom()
	}
	return rooms[w.random.IntN(len(rooms))]
}

func (w *world) accept(d *device) {
	room := w.invitation(d)
	d.ask(&request{event: "joinRoom", room: room, body: map[string]any{"roomId": room}})
}

func (w *world) decline(d *device) {
	room := w.invitation(d)
	d.ask(&request{event: "declineInvitation", room: room, body: map[string]any{"roomId": room}})
}

func (w *world) leave(d *device) {
	room := w.roomOf(d)
	d.ask(&request{event: "leaveRoom", room: room, body: map[string]any{"roomId": room}})
}

func (w *world) send(d *device) {
	w.sendTo(d, w.roomOf(d), fmt.Sprintf("t%d", len(w.requests)), w.someMentions()...)
}

// sendTo sends a message, which may mention users.
func (w *world) sendTo(d *device, room, tempID string, mentions ...string) *request {
	r := &request{event: "sendMessage", room: room, tempID: tempID, text: "text of " + tempID}
	r.body = map[string]any{"roomId": room, "text": r.text, "tempId": tempID}
	if w.chance(0.7) {
		r.body["after"] = d.seen(room)
	}
	d.ask(r.mentions(mentions))
	return r
}

// seen returns the last position of a room that the device knows of.
func (d *device) seen(room string) (last int64) {
	if known := d.copyOf(room); known != nil {
		last = known.head
		for seq := range known.messages {
			last = max(last, seq)
		}
	}
	return last
}

// repeatable are the events that a client repeats when it gets no answer.
var repeatable = []string{"sendMessage", "createRoom", "joinRoom", "editMessage", "deleteMessage", "pin", "react"}

// resend repeats an earlier request of the same user, usually one whose outcome is unknown.
func (w *world) resend(d *device) {
	var unknown, known []*request
	for _, r := range w.requests {
		switch {
		case r.device.user != d.user || !slices.Contains(repeatable, r.event):
		case !r.ok:
			unknown = append(unknown, r)
		default:
			known = append(known, r)
		}
	}
	if len(unknown) == 0 || w.chance(0.2) {
		unknown = known
	}
	if len(unknown) == 0 {
		return
	}
	r := unknown[len(unknown)-1-w.random.IntN(min(3, len(unknown)))]
	w.sendAgain(d, r)
}

// sendAgain repeats a request.
func (w *world) sendAgain(d *device, r *request) *request {
	again := &request{event: r.event, room: r.room, tempID: r.tempID, seq: r.seq, threadOf: r.threadOf, text: r.text, body: r.body}
	d.ask(again)
	return again
}

func (w *world) history(d *device) {
	room := w.roomOf(d)
	body := map[string]any{"roomId": room}
	if w.chance(0.5) {
		body["after"] = w.random.IntN(6)
	}
	if w.chance(0.3) {
		body["limit"] = 1 + w.random.IntN(3)
	}
	d.ask(&request{event: "history", room: room, body: body})
}

// ask asks what has no invariant of its own.
func (w *world) ask(d *device) {
	room := w.roomOf(d)
	switch w.random.IntN(4) {
	case 0:
		d.ask(&request{event: "typing", room: room, body: map[string]any{"roomId": room, "on": true}})
	case 1:
		d.ask(&request{event: "mentions", body: map[string]any{}})
	case 2:
		d.ask(&request{event: "presence", body: map[string]any{"userIds": []string{w.users[0].id}}})
	default:
		d.ask(&request{event: "listRooms", body: map[string]any{}})
	}
}

func (w *world) breakLine(d *device) {
	w.network.cutLine(d.line)
	d.lose()
}

func (w *world) closeLine(d *device) {
	w.note("%s goes offline", d.name)
	d.wants = w.chance(0.3)
	d.close()
}

// logOut says goodbye as socket.disconnect() does: a DISCONNECT, and the end of the line.
func (w *world) logOut(d *device) {
	w.note("%s logs out", d.name)
	d.wants, d.back = false, false
	w.network.send(d.line, "41")
	line := d.line
	d.lose()
	w.may(0, func() { w.network.end(line, closeNoStatus, "the client closes after its DISCONNECT") }, "%s closes", d.name)
}

// learn notes that there is a room.
func (w *world) learn(id string) {
	if !slices.Contains(w.rooms, id) {
		w.rooms = append(w.rooms, id)
	}
}
