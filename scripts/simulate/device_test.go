package simulate

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// user is a person with devices.
type user struct {
	id      string
	devices []*device
}

// device is a client as the official one behaves.
type device struct {
	world *world
	user  *user
	name  string
	// wants: the person wants it to be online, so it comes back when its line is lost.
	wants bool
	line  *connection // nil: offline
	// joined: its CONNECT was answered on this line.
	joined bool
	sid    string
	// pid and offset are for recovery.
	pid, offset string
	// goodbye is the session that it left by a DISCONNECT, once that is handled; lost is what
	// goodbye was when it sent its CONNECT, so that nothing may recover it.
	goodbye, lost string
	// back: it has sent a CONNECT since it last logged out.
	back    bool
	dialing bool
	// spans are when it was online.
	spans []span
	// patience is how long it waits for a ping, and silence the timer that ends it.
	patience time.Duration
	silence  *timer
	// early are events that came before the reply to a CONNECT. As in the official client they
	// are kept until there is one, perhaps on another line.
	early []string
	// asking is when it sent the CONNECT of this line, and tooEarly the first event that came before
	// the reply although that was not late.
	asking   time.Time
	tooEarly string
	// sending are the messages that it has sent, by tempId.
	sending map[string]shown
	// asked are the requests of this line that wait for an answer, by ack id.
	asked map[int]*request
	// copies are its copies of logs, by id.
	copies map[string]*roomCopy
	// marks are up to where its user has read their rooms, by the rooms' ids.
	marks map[string]chat.Mark
	// beliefs are what it was told of users' presence, by their ids.
	beliefs map[string]belief
	// ended is why the server told it to stay away; empty if it did not.
	ended string
}

// span is a time on one line, in ticks of the world.
type span struct {
	from, to int
	// recovered: it goes on with the session of the span before.
	recovered bool
}

// request is an event that asks for an acknowledgement.
type request struct {
	id     int
	device *device
	event  string
	room   string
	tempID string
	// seq is the position of the message to change, threadOf that of the thread's first message.
	seq, threadOf int64

	text string
	body map[string]any
	// sent and done are ticks of the world; done is 0 while the outcome is unknown.
	sent, done int
	sentAt     time.Time
	ok         bool
	code       string
	answer     answer
	// doubled: the cloud delivers it twice.
	doubled bool
}

// answer is what the simulator reads of an acknowledgement.
type answer struct {
	OK    bool
	Error struct{ Code string }
	Users map[string]belief
	Room  struct{ ID string }
	Mark  *chat.Mark
	Marks []roomMark
	page
	Message, First message
	// Rooms are those of a list or a sync, Gone those of a sync.
	Rooms []syncedRoom
	Gone  []string
	// Watch and History are what a sync answers along with them.
	Watch   struct{ Users map[string]belief }
	History *page
}

type page struct {
	Messages       []message
	From, To, Head int64
	Pending        []int64
	Rev            int64
	More           bool
}

type message struct {
	ID, RoomID string
	Seq        int64
	Sender     struct{ ID string }
	Text       string
	TempID     string
	ThreadOf   int64
	Thread     struct{ Count int64 }
	Version    int64
	Rev        int64
	DeletedAt  string
	Reactions  map[string]chat.Reaction
	Mentions   []string
	Pinned     *struct{ By struct{ ID string } }
	// Deleted is set of stored messages only.
	Deleted bool `json:"-"`
}

// dial connects after a pause, unless it is doing so already.
func (d *device) dial(pause time.Duration) {
	if d.dialing {
		return
	}
	d.dialing = true
	d.world.after(pause, func() {
		d.dialing = false
		if d.line != nil || !d.wants {
			return
		}
		line := d.world.network.dial(d)
		d.line = line
		// The client gives up if nothing opens; a person, if nothing happens then.
		d.world.after(20*time.Second, func() {
			if d.line == line && !d.joined {
				d.world.note("%s gives up %s", d.name, line.id)
				d.close()
			}
		})
	})
}

// replyPatience is how long others wait for the reply to a CONNECT before they send to its socket.
const replyPatience = 2 * time.Second

// close closes the line from the client's side.
func (d *device) close() {
	line := d.line
	d.lose()
	d.world.network.end(line, closeGoingAway, "the client closes")
}

// lose forgets the line, and comes back if the person wants to be online.
func (d *device) lose() {
	if d.joined {
		d.spans[len(d.spans)-1].to = d.world.tick()
	}
	d.line, d.joined = nil, false
	d.asked = map[int]*request{}
	if d.wants {
		d.dial(time.Duration(200+d.world.random.IntN(1500)) * time.Millisecond)
	}
}

// read handles what has arrived.
func (d *device) read() {
	for d.line != nil {
		line := d.line
		d.world.mu.Lock()
		if len(line.inbox) == 0 {
			d.world.mu.Unlock()
			return
		}
		frame := string(line.inbox[0])
		line.inbox = line.inbox[1:]
		d.world.mu.Unlock()
		d.handle(frame)
	}
}

// handle handles one frame.
func (d *device) handle(frame string) {
	if frame != "6" {
		d.world.note("      %s hears %s", d.name, abridge([]byte(frame)))
	}
	switch {
	case strings.HasPrefix(frame, "0"):
		var open struct{ PingInterval, PingTimeout int }
		decode(frame[1:], &open)
		d.patience = time.Duration(open.PingInterval+open.PingTimeout) * time.Millisecond
		d.awaitPing()
		auth := map[string]string{"token": d.user.id}
		if d.pid != "" {
			auth["pid"], auth["offset"] = d.pid, d.offset
		}
		d.lost, d.back = d.goodbye, true
		d.asking, d.tooEarly = time.Now(), ""
		d.world.network.send(d.line, "40"+encode(auth))
	case frame == "2":
		d.awaitPing()
		d.world.network.send(d.line, "3")
	case frame == "6" || frame == "1":
	case strings.HasPrefix(frame, "40"):
		var reply struct{ SID, PID string }
		decode(frame[2:], &reply)
		if d.joined && d.sid != reply.SID { // the same one twice is a post whose answer was lost
			d.world.violate("second CONNECT reply", "%s got a second reply to its CONNECT: %s", d.name, frame)
		}
		if reply.PID != "" && reply.PID == d.lost {
			d.world.violate("recovered after goodbye", "%s said goodbye and then recovered the session %s", d.name, reply.PID)
		}
		if !d.joined {
			recovered := reply.PID != "" && reply.PID == d.pid
			if d.tooEarly != "" && !recovered {
				d.world.violate("heard before the CONNECT reply", "%s heard %s before the reply to its CONNECT", d.name, d.tooEarly)
			}
			d.spans = append(d.spans, span{from: d.world.tick(), to: math.MaxInt, recovered: recovered})
		}
		d.joined, d.sid = true, reply.SID
		if reply.PID != d.pid {
			d.offset = ""
		}
		d.pid, d.line.pid = reply.PID, reply.PID
		d.watch()
		early := d.early
		d.early = nil
		for _, payload := range early {
			d.hear(payload)
		}
	case strings.HasPrefix(frame, "44") && d.comesLater(frame[2:]):
	case strings.HasPrefix(frame, "41"), strings.HasPrefix(frame, "44"):
		d.ended, d.wants = frame, false
		d.close()
	case strings.HasPrefix(frame, "42") && !d.joined:
		d.early = append(d.early, frame[2:])
		if d.tooEarly == "" && time.Since(d.asking) < replyPatience {
			d.tooEarly = frame
		}
	case strings.HasPrefix(frame, "42"):
		d.hear(frame[2:])
	case strings.HasPrefix(frame, "43"):
		d.acknowledged(frame[2:])
	default: // a parse error
		d.close()
	}
}

// comesLater closes the line and comes back later, if a CONNECT was refused for that: the person
// has connected too often.
func (d *device) comesLater(payload string) bool {
	var refused struct {
		Data struct {
			Code       string
			RetryAfter int
		}
	}
	decode(payload, &refused)
	if refused.Data.Code != "rate_limited" {
		return false
	}
	wants := d.wants
	d.wants = false // not at once
	d.close()
	d.wants = wants
	if wants {
		d.dial(time.Duration(1+refused.Data.RetryAfter) * time.Second)
	}
	return true
}

// awaitPing closes the line if no ping comes in time.
func (d *device) awaitPing() {
	line := d.line
	d.world.stop(d.silence)
	d.silence = d.world.after(d.patience, func() {
		if d.line == line {
			d.world.note("%s hears no ping", d.name)
			d.close()
		}
	})
}

// hear handles an event.
func (d *device) hear(payload string) {
	var args []json.RawMessage
	decode(payload, &args)
	var name string
	decode(string(args[0]), &name)
	if last := args[len(args)-1]; len(args) > 2 && last[0] == '"' && d.pid != "" {
		decode(string(last), &d.offset)
	}
	w := d.world
	switch name {
	case "newMessage":
		var m message
		decode(string(args[1]), &m)
		w.heard = append(w.heard, heard{w.tick(), d, m})
		w.see(d, m)
		d.replaceSending(m)
		d.keepMessage(m)
	case "newReply":
		var stored struct{ Message, First message }
		decode(string(args[1]), &stored)
		w.heard = append(w.heard, heard{w.tick(), d, stored.Message})
		w.see(d, stored.Message)
		w.see(d, stored.First)
		d.replaceSending(stored.Message)
		d.keepMessage(stored.Message)
		d.keepRevision(stored.First, stored.First.Rev)
	case "messageChanged", "replyChanged":
		var changed struct {
			Message message
			Rev     int64
		}
		decode(string(args[1]), &changed)
		w.see(d, changed.Message)
		d.keepRevision(changed.Message, changed.Rev)
	case "mention":
		var told struct{ Message message }
		decode(string(args[1]), &told)
		w.see(d, told.Message)
		d.hearMention(told.Message)
	case "invited":
		var invited struct {
			Invitation struct{ Room struct{ ID string } }
		}
		decode(string(args[1]), &invited)
		room := invited.Invitation.Room.ID
		w.learn(room)
		w.asked = append(w.asked, asked{w.tick(), d, room})
	case "read":
		var told struct {
			UserID string
			Marks  []roomMark
		}
		decode(string(args[1]), &told)
		d.hearMarks(told.UserID, told.Marks)
	case "presence":
		var told struct{ Users map[string]belief }
		decode(string(args[1]), &told)
		d.believe(told.Users)
	case "roomChanged":
		var changed struct{ Room struct{ ID string } }
		decode(string(args[1]), &changed)
		w.learn(changed.Room.ID)
	}
}

// ask emits an event that asks for an acknowledgement, or asks by HTTP.
func (d *device) ask(r *request) {
	w := d.world
	if _, ok := routes[r.event]; ok && (d.line == nil || w.faulty && w.chance(w.profile.http)) {
		d.askByHTTP(r)
		return
	}
	r.id, r.device, r.sent, r.sentAt = len(w.requests)+1, d, w.tick(), time.Now()
	w.requests = append(w.requests, r)
	d.asked[r.id] = r
	d.noteSending(r)
	frame := fmt.Sprintf("42%d%s", r.id, encode([]any{r.event, r.body}))
	w.note("%s asks %s", d.name, frame)
	w.network.send(d.line, frame)
}

// acknowledged handles an acknowledgement.
func (d *device) acknowledged(payload string) {
	digits := strings.IndexByte(payload, '[')
	id, _ := strconv.Atoi(payload[:digits])
	r := d.asked[id]
	if r == nil {
		return
	}
	delete(d.asked, id)
	var answers []answer
	decode(payload[digits:], &answers)
	d.answered(r, answers[0])
}

// answered handles the answer to a request.
func (d *device) answered(r *request, a answer) {
	w := d.world
	r.done, r.answer = w.tick(), a
	r.ok, r.code = r.answer.OK, r.answer.Error.Code
	if !r.ok {
		return
	}
	switch r.event {
	case "createRoom":
		r.room = r.answer.Room.ID
		w.learn(r.room)
	case "markRead", "markAllRead", "listRooms":
		d.keepAnsweredMarks(r)
	case "presence", "watch":
		d.believe(r.answer.Users)
	case "sendMessage":
		w.see(d, r.answer.Message)
		d.replaceSending(r.answer.Message)
		d.keepMessage(r.answer.Message)
	case "editMessage", "deleteMessage", "pin", "react":
		w.see(d, r.answer.Message)
		d.keepRevision(r.answer.Message, r.answer.Message.Rev)
	case "changes":
		d.keepChanges(r.log(), r.answer.page)
	case "sync":
		d.synced(r)
		d.keepAnsweredMarks(r)
	case "thread":
		w.see(d, r.answer.First)
		w.seePage(d, r.log(), r.answer.page)
		d.keepPage(r.log(), r.answer.page)
	case "history", "joinRoom":
		w.seePage(d, r.room, r.answer.page)
		d.keepPage(r.room, r.answer.page)
	}
}

// doubled notes that a frame is delivered twice.
func (d *device) doubled(frame string) {
	for id, r := range d.asked {
		if strings.HasPrefix(frame, fmt.Sprintf("42%d[", id)) {
			r.doubled = true
		}
	}
}

func encode(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func decode(text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
}
