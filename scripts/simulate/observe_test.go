package simulate

import (
	"context"
	"fmt"
	"slices"
)

// heard is a message that a device heard as an event.
type heard struct {
	at      int
	device  *device
	message message
}

// asked is an invitation that a device heard of.
type asked struct {
	at     int
	device *device
	room   string
}

// seen is what a device learned of a position: a message, or that there is none and never
// will be.
type seen struct {
	device *device
	room   string
	seq    int64
	void   bool
	sender string
	tempID string
	text   string
	rev    int64
	id     string
}

// becomes reports whether what a device learned is what another did, or became that by a later
// revision.
func (s seen) becomes(other seen) bool {
	return s.void == other.void && s.sender == other.sender && s.tempID == other.tempID && s.id == other.id &&
		(s.rev < other.rev || s.rev == other.rev && s.text == other.text)
}

func (s seen) String() string {
	if s.void {
		return fmt.Sprintf("that %s/%d is void", s.room, s.seq)
	}
	return fmt.Sprintf("%s/%d as %q of %s (%s)", s.room, s.seq, s.text, s.sender, s.id)
}

// violation is a guarantee that did not hold.
type violation struct {
	// kind is what was violated, from a small set.
	kind string
	// what happened, for people.
	what string
}

func (w *world) violate(kind, format string, args ...any) {
	v := violation{kind, fmt.Sprintf(format, args...)}
	w.note("VIOLATION %s: %s", v.kind, v.what)
	w.found = append(w.found, v)
}

// see notes what a device learned of a message's position.
func (w *world) see(d *device, m message) {
	w.seen = append(w.seen, seen{d, m.log(), m.Seq, false, m.Sender.ID, m.TempID, m.Text, m.Rev, m.ID})
}

// seePage notes what a device learned from a page.
func (w *world) seePage(d *device, room string, p page) {
	byPosition := map[int64]message{}
	last := int64(0)
	for _, m := range p.Messages {
		byPosition[m.Seq] = m
		if m.Seq <= last || m.Seq < p.From || m.Seq > p.To {
			w.violate("3 page out of order", "%s got a page %d–%d of %s with %d after %d", d.name, p.From, p.To, room, m.Seq, last)
		}
		last = m.Seq
	}
	for seq := p.From; seq <= p.To; seq++ {
		m, ok := byPosition[seq]
		switch {
		case ok:
			w.see(d, m)
		case !slices.Contains(p.Pending, seq):
			w.seen = append(w.seen, seen{device: d, room: room, seq: seq, void: true})
		}
	}
}

// isMember reports whether a user is a member of a room now, by what is stored.
func (w *world) isMember(room, user string) bool {
	member, err := w.stores.chat.IsMember(context.Background(), room, user)
	if err != nil {
		panic(err)
	}
	return member
}
