package simulate

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// roomCopy is what a device keeps of a log's messages, as the page does.
type roomCopy struct {
	messages map[int64]message
	// revision is the last without a gap before it, and later are those that came after one.
	revision int64
	later    map[int64]bool
	// head is the end of the log when the first page was read.
	head int64
}

// copyOf returns the device's copy of a log, or nil while it has read no page of it.
func (d *device) copyOf(log string) *roomCopy { return d.copies[log] }

// keepPage keeps a page. The one that was read first says from which revision on changes may be missing, and need not come first.
func (d *device) keepPage(log string, p page) {
	if d.copies[log] == nil {
		d.copies[log] = &roomCopy{messages: map[int64]message{}, revision: p.Rev, later: map[int64]bool{}, head: p.Head}
	}
	if len(p.Messages) > 0 {
		d.copies[log].revision = min(d.copies[log].revision, p.Rev)
	}
	for _, m := range p.Messages {
		d.copies[log].keep(m)
	}
}

// keepMessage keeps a message that came alone. If it was there before the first page, it may be late
// and have changed since, so a page has to bring it.
func (d *device) keepMessage(m message) {
	c := d.copies[m.log()]
	if c == nil {
		return
	}
	if _, known := c.messages[m.Seq]; known || m.Seq > c.head {
		c.keep(m)
	}
}

// keepRevision keeps what a revision made of a message. Like a message that came alone, it may be late if the first page
// knew the revision and did not bring the message.
func (d *device) keepRevision(m message, rev int64) {
	if c := d.copies[m.log()]; c != nil {
		if _, known := c.messages[m.Seq]; known || m.Seq > c.head || rev > c.revision {
			c.keep(m)
		}
		c.later[rev] = true
		c.reviseUpTo(c.revision)
	}
}

func (c *roomCopy) keep(m message) {
	if known, ok := c.messages[m.Seq]; !ok || known.Rev < m.Rev {
		c.messages[m.Seq] = m
	}
}

// gapless returns the position up to which all messages are there.
func (c *roomCopy) gapless() (seq int64) {
	for {
		if _, known := c.messages[seq+1]; !known {
			return seq
		}
		seq++
	}
}

func (c *roomCopy) reviseUpTo(rev int64) {
	for c.revision = max(c.revision, rev); c.later[c.revision+1]; c.revision++ {
	}
}

// edit edits, deletes, pins or reacts to a message, more likely a recent one.
func (w *world) edit(d *device) {
	room := w.roomOf(d)
	log := w.anyLogOf(d, room)
	c := d.copyOf(log)
	if c == nil || len(c.messages) == 0 {
		w.history(d)
		return
	}
	seqs := slices.Sorted(maps.Keys(c.messages))
	m := c.messages[seqs[len(seqs)-1-w.random.IntN(min(3, len(seqs)))]]
	r := &request{event: "editMessage", room: room, seq: m.Seq, body: map[string]any{"roomId": room, "seq": m.Seq}}
	r.in(log)
	switch {
	case w.chance(0.2):
		r.event = "deleteMessage"
	case log == room && w.chance(0.3):
		r.event = "pin"
		r.body["on"] = w.chance(0.6)
	case w.chance(0.4):
		r.event = "react"
		r.body["emoji"], r.body["on"] = []string{"👍", "🎉"}[w.random.IntN(2)], w.chance(0.7)
	default:
		r.text = "edit of " + m.Text
		r.body["text"] = r.text
		r.mentions(w.someMentions())
		if w.chance(0.5) {
			r.body["version"] = m.Version
		}
	}
	d.ask(r)
}

// changes asks for what has changed.
func (w *world) changes(d *device, log string) *request {
	c := d.copyOf(log)
	room, _ := chat.SplitLogID(log)
	r := &request{event: "changes", room: room, body: map[string]any{"roomId": room, "after": c.revision, "limit": 20}}
	r.in(log)
	d.ask(r)
	return r
}

// askChanges asks for the changes of a log that the device has a copy of.
func (w *world) askChanges(d *device) {
	if log := w.anyLogOf(d, w.roomOf(d)); d.copyOf(log) != nil {
		w.changes(d, log)
	}
}

// keepChanges keeps an answer to changes.
func (d *device) keepChanges(log string, p page) {
	for _, m := range p.Messages {
		d.copies[log].keep(m)
	}
	d.copies[log].reviseUpTo(p.Rev)
}

// catchUp lets all devices fetch what they have missed, and checks that every copy of a message
// is what the store has: all devices show the same.
func (w *world) catchUp() {
	live := w.live()
	for _, id := range slices.Sorted(maps.Keys(live)) {
		d := live[id]
		w.syncAll(d)
		w.listMentions(d)
		for _, log := range slices.Sorted(maps.Keys(d.copies)) {
			if room, threadOf := chat.SplitLogID(log); threadOf > 0 && w.isMember(room, d.user.id) {
				w.fetchChanges(d, log)
			}
		}
	}
}

func (w *world) fetchChanges(d *device, log string) {
	for more := true; more; {
		r := w.changes(d, log)
		w.calm(10 * time.Second)
		if !r.ok {
			w.violate("changes refused", "%s cannot fetch the changes of %s: %+v", d.name, log, r.answer)
			return
		}
		more = r.answer.More
	}
	w.checkCopy(d, log)
}

// checkCopy checks that a device's copies of the messages of a log are as they are stored.
func (w *world) checkCopy(d *device, log string) {
	for _, e := range w.readLog(context.Background(), log) {
		m, known := d.copyOf(log).messages[e.Seq]
		if known && (m.Rev != e.Message.Rev || m.Text != e.Message.Text || m.Thread.Count != e.Message.Thread.Count || !maps.EqualFunc(m.Reactions, e.Message.Reactions, sameReaction) || (m.Pinned != nil) != (e.Message.Pinned != nil) || !slices.Equal(m.Mentions, e.Message.Mentions)) {
			w.violate("stale after a catch-up", "%s shows %s/%d as %+v, stored is %+v", d.name, log, e.Seq, m, e.Message)
		}
	}
}

func sameReaction(a, b chat.Reaction) bool {
	return a.Count == b.Count && slices.Equal(a.Users, b.Users)
}

// checkReactions checks that the messages of a room show the reactions that are stored. If all who
// reacted have left, nobody may revise the message.
func (w *world) checkReactions(room string) {
	ctx := context.Background()
	for _, e := range w.readLog(ctx, room) {
		all, err := w.stores.chat.Reactions(ctx, room, e.Seq)
		if err != nil {
			panic(err)
		}
		stored := map[string]chat.Reaction{}
		for _, r := range all {
			s := stored[r.Emoji]
			stored[r.Emoji] = chat.Reaction{Count: s.Count + 1, Users: append(s.Users, r.User)}
		}
		some := slices.ContainsFunc(w.requests, func(r *request) bool {
			return r.event == "react" && r.room == room && r.seq == e.Seq && w.isMember(room, r.device.user.id)
		})
		if some && !maps.EqualFunc(stored, e.Message.Reactions, sameReaction) {
			w.violate("reactions", "%s/%d shows %v, stored are %v", room, e.Seq, e.Message.Reactions, stored)
		}
	}
}

// checkPins checks that a room lists the messages that are pinned.
func (w *world) checkPins(room string) {
	ctx := context.Background()
	listed, err := w.stores.chat.Pinned(ctx, room, 1e15-1, 1000)
	if err != nil {
		panic(err)
	}
	var pinned []int64
	for _, e := range w.readLog(ctx, room) {
		if e.Message.Pinned != nil {
			pinned = append(pinned, e.Seq)
		}
	}
	slices.Reverse(pinned)
	if !slices.Equal(listed, pinned) {
		w.violate("pins", "%s lists %v as pinned, pinned are %v", room, listed, pinned)
	}
}

// checkRevisions checks the revisions of a log: it has no hole, names the messages that have
// changed, and every change that was acknowledged is in it.
func (w *world) checkRevisions(log string) {
	ctx := context.Background()
	head, err := w.stores.chat.Head(ctx, log)
	if err != nil {
		panic(err)
	}
	seqs, err := w.stores.chat.Revisions(ctx, log, 0, int(head.Rev)+10)
	if err != nil {
		panic(err)
	}
	if int64(len(seqs)) != head.Rev {
		w.violate("revisions", "%s is at revision %d and has %v", log, head.Rev, seqs)
		return
	}
	stored := map[int64]message{}
	for _, e := range w.readLog(ctx, log) {
		m := e.Message
		if m.Rev > 0 && seqs[m.Rev-1] != m.Seq {
			w.violate("revisions", "%s/%d is at revision %d, which is of %d", log, m.Seq, m.Rev, seqs[m.Rev-1])
		}
		stored[e.Seq] = message{Text: m.Text, Rev: m.Rev, Version: m.Version, Deleted: !m.DeletedAt.IsZero()}
	}
	for _, r := range w.requests {
		if r.log() != log || !r.ok || r.event != "editMessage" && r.event != "deleteMessage" {
			continue
		}
		now, told := stored[r.seq], r.answer.Message
		switch {
		case now.Rev < told.Rev, now.Rev == told.Rev && now.Text != told.Text:
			w.violate("change lost", "%s was told that %s/%d is %q (revision %d), stored is %+v", r.device.name, log, r.seq, told.Text, told.Rev, now)
		case r.event == "deleteMessage" && !now.Deleted:
			w.violate("change lost", "%s was told that %s/%d is deleted, stored is %+v", r.device.name, log, r.seq, now)
		}
	}
}
