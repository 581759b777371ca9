package simulate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// someMentions returns whom the next message mentions: usually nobody, and seldom somebody who is no member.
func (w *world) someMentions() []string {
	switch n := w.random.IntN(10); {
	case n < 6:
		return nil
	case n == 6:
		return []string{chat.Everyone}
	default:
		return []string{w.users[w.random.IntN(len(w.users))].id, w.users[w.random.IntN(len(w.users))].id}
	}
}

// mentions adds to a request whom its message mentions.
func (r *request) mentions(users []string) *request {
	if users != nil {
		r.body["mentions"] = users
	}
	return r
}

// isOfMentions reports whether a message with these mentions mentions a user, who has not sent it.
func isOfMentions(user, sender string, mentions []string) bool {
	return user != sender && (slices.Contains(mentions, user) || slices.Contains(mentions, chat.Everyone))
}

// hearMention notes that a device was told of a mention.
func (d *device) hearMention(m message) {
	w := d.world
	w.mentioned = append(w.mentioned, heard{w.tick(), d, m})
	if !isOfMentions(d.user.id, m.Sender.ID, m.Mentions) {
		w.violate("14 told of another's mention", "%s hears that %s/%d mentions %v", d.name, m.log(), m.Seq, m.Mentions)
	}
}

// mentionsIn returns the messages of a log that mention a user: surely those in must, and perhaps the others in may. Those
// who come while the whole room is mentioned may be mentioned or not.
func (w *world) mentionsIn(log, user string) (must, may []chat.Message) {
	room, _ := chat.SplitLogID(log)
	for _, e := range w.readLog(context.Background(), log) {
		m := e.Message
		if e.Void || !isOfMentions(user, m.Sender.ID, m.Mentions) {
			continue
		}
		may = append(may, m)
		if slices.Contains(m.Mentions, user) || w.surelyMember(user, room, w.firstSent(m), math.MaxInt) {
			must = append(must, m)
		}
	}
	return must, may
}

// firstSent is when a message was sent first.
func (w *world) firstSent(m chat.Message) int {
	first := math.MaxInt
	for _, r := range w.requests {
		if r.event == "sendMessage" && r.log() == m.Log() && r.tempID == m.TempID && r.device.user.id == m.Sender.ID {
			first = min(first, r.sent)
		}
	}
	return first
}

// checkMentionCount checks that a device is told of as many unread mentions as its user's other devices are, and as the
// log has. It does not ask about users who have left the room: what mentioned them before does not show.
func (w *world) checkMentionCount(d *device, s syncedRoom) {
	key := d.user.id + " " + s.ID
	if before, told := w.mentionCounts[key]; told && before != s.Mentions {
		w.violate("14 mentions differ", "%s is told of %d mentions in %s, another device or another time of %d", d.name, s.Mentions, s.ID, before)
	}
	w.mentionCounts[key] = s.Mentions
	if s.Mark == nil || w.everLeft(d.user.id, s.ID) {
		return
	}
	unread := func(all []chat.Message) (n int64) {
		for _, m := range all {
			if m.Seq > s.Mark.Seq {
				n++
			}
		}
		return n
	}
	must, may := w.mentionsIn(s.ID, d.user.id)
	if s.Mentions < unread(must) || s.Mentions > unread(may) {
		w.violate("14 mentions miscounted", "%s is told of %d mentions in %s after %d, the log has %d to %d", d.name, s.Mentions, s.ID, s.Mark.Seq, unread(must), unread(may))
	}
}

// listMentions lets a device list what mentions its user, and checks that this is what the logs have.
func (w *world) listMentions(d *device) {
	r := &request{event: "mentions", body: map[string]any{}}
	d.ask(r)
	w.calm(10 * time.Second)
	if !r.ok {
		w.violate("mentions refused", "%s cannot list what mentions it: %+v", d.name, r.answer)
		return
	}
	var listed []string
	for _, m := range r.answer.Messages {
		listed = append(listed, m.ID)
	}
	for _, log := range w.logs() {
		room, _ := chat.SplitLogID(log)
		if !w.isMember(room, d.user.id) {
			listed = w.checkNotListed(d, room, listed)
			continue
		}
		must, may := w.mentionsIn(log, d.user.id)
		for _, m := range may {
			i := slices.Index(listed, m.ID)
			if i < 0 && slices.ContainsFunc(must, func(other chat.Message) bool { return other.ID == m.ID }) && !w.everLeft(d.user.id, room) {
				w.violate("14 mention not listed", "%s does not list %s", d.name, m.ID)
			}
			if i >= 0 {
				listed = slices.Delete(listed, i, i+1)
			}
		}
	}
	if len(listed) > 0 {
		w.violate("14 listed without a mention", "%s lists %v", d.name, listed)
	}
}

// checkNotListed checks that nothing of a room is listed, and returns the others.
func (w *world) checkNotListed(d *device, room string, listed []string) []string {
	return slices.DeleteFunc(listed, func(id string) bool {
		in, _, _ := strings.Cut(id, ".")
		if in == room {
			w.violate("14 mention of a left room", "%s lists %s and is no member", d.name, id)
		}
		return in == room
	})
}

// checkMentioned checks invariant 7 for mentions: nobody is told of what was sent after they had left.
func (w *world) checkMentioned() {
	for _, h := range w.mentioned {
		w.checkLeft(h, "was told of the mention in")
	}
}

// mentionBy lets a device mention the whole room and u2, in one message each.
func mentionBy(device int) func(*world) {
	return func(w *world) {
		for i, who := range []string{chat.Everyone, "u2"} {
			w.sendTo(w.devices[device], w.rooms[0], fmt.Sprint("mention-", i), who)
			w.calm(10 * time.Second)
		}
	}
}
