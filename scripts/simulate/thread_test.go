package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// longestThread is more than any history has replies below one message.
const longestThread = 1000

// logID returns the id of a log: of a room, or of the thread below one of its messages.
func logID(room string, threadOf int64) string {
	if threadOf == 0 {
		return room
	}
	return chat.LogID(room, &threadOf)
}

func (m message) log() string { return logID(m.RoomID, m.ThreadOf) }

// log returns the id of the log that a request is about.
func (r *request) log() string { return logID(r.room, r.threadOf) }

// in makes a request one about a log.
func (r *request) in(log string) {
	if _, r.threadOf = chat.SplitLogID(log); r.threadOf > 0 {
		r.body["threadOf"] = r.threadOf
	}
}

// anyLogOf returns a room, or a thread of it that a device has a copy of.
func (w *world) anyLogOf(d *device, room string) string {
	logs := []string{room}
	for _, log := range slices.Sorted(maps.Keys(d.copies)) {
		if strings.HasPrefix(log, room+".") {
			logs = append(logs, log)
		}
	}
	return logs[w.random.IntN(len(logs))]
}

// anyFirst returns the position of a message of a room that a device knows, more likely one with
// replies.
func (w *world) anyFirst(d *device, room string) int64 {
	c := d.copyOf(room)
	if c == nil || len(c.messages) == 0 {
		return 1
	}
	seqs := slices.Sorted(maps.Keys(c.messages))
	for range 3 {
		if seq := seqs[w.random.IntN(len(seqs))]; c.messages[seq].Thread.Count > 0 {
			return seq
		}
	}
	return seqs[w.random.IntN(len(seqs))]
}

// reply sends a reply in a thread.
func (w *world) reply(d *device) {
	room := w.roomOf(d)
	w.replyTo(d, room, w.anyFirst(d, room), fmt.Sprintf("t%d", len(w.requests)), w.someMentions()...)
}

func (w *world) replyTo(d *device, room string, threadOf int64, tempID string, mentions ...string) *request {
	r := &request{event: "sendMessage", room: room, tempID: tempID, text: "text of " + tempID}
	r.body = map[string]any{"roomId": room, "text": r.text, "tempId": tempID}
	r.in(logID(room, threadOf))
	d.ask(r.mentions(mentions))
	return r
}

// readThread reads a page of a thread.
func (w *world) readThread(d *device) {
	room := w.roomOf(d)
	first := w.anyFirst(d, room)
	d.ask(&request{event: "thread", room: room, threadOf: first, body: map[string]any{"roomId": room, "seq": first}})
}

// logs returns the logs of all rooms and their threads.
func (w *world) logs() []string {
	var logs []string
	for _, room := range w.rooms {
		logs = append(logs, room)
		for _, e := range w.readLog(context.Background(), room) {
			if e.Message.Thread.Count > 0 {
				logs = append(logs, e.Message.ID)
			}
		}
	}
	return logs
}

// checkThreads compares what everybody was told of replies with the logs of a room's threads, and
// checks that each first message counts the replies that are there.
func (w *world) checkThreads(room string, log []chat.Entry) {
	for _, e := range log {
		if e.Void {
			continue
		}
		first, thread := e.Message, w.readLog(context.Background(), e.Message.ID)
		last := chat.Thread{}
		for i, reply := range thread {
			if reply.Void || reply.Seq != int64(i)+1 {
				w.violate("11 hole in a thread", "%s has %+v after %d replies", first.ID, reply, i)
			}
			last = chat.Thread{Count: reply.Seq, LastAt: reply.Message.SentAt}
		}
		if first.Thread != last {
			w.violate("11 replies not counted", "%s tells of %+v, its thread of %+v", first.ID, first.Thread, last)
		}
		w.checkLog(first.ID, thread)
		w.checkSeen(first.ID, thread)
		w.checkRevisions(first.ID)
		w.checkOrder(first.ID, thread)
	}
	for _, r := range w.requests {
		stands := func(e chat.Entry) bool { return e.Seq == r.threadOf && e.Message.Thread.Count > 0 }
		if r.event == "sendMessage" && r.room == room && r.threadOf > 0 && r.ok && !slices.ContainsFunc(log, stands) {
			w.violate("1 acknowledged and not stored", "a reply to %s/%d was acknowledged, and there is no thread", room, r.threadOf)
		}
	}
}

// inThread leads to a room of u1 and u2 with a message.
func inThread(w *world) {
	createBy(0)(w)
	onRoom(2, "joinRoom")(w)
	sendBy(2)(w)
}

// replyBy lets a device reply to the first message of the room.
func replyBy(device int) func(*world) {
	return func(w *world) {
		w.replyTo(w.devices[device], w.rooms[0], 1, "reply")
		w.calm(10 * time.Second)
	}
}
