package simulate

// A device shows a message that it sends at once, under its tempId. The acknowledgement or the
// room's echo, whichever comes first, takes the place of that entry, and the other must name the
// same message.

// shown is what stands in the place of a message that a device sends; zero: only the entry
// itself.
type shown struct {
	id  string
	seq int64
}

// noteSending shows a message that is being sent.
func (d *device) noteSending(r *request) {
	if r.event != "sendMessage" {
		return
	}
	if d.sending == nil {
		d.sending = map[string]shown{}
	}
	if _, again := d.sending[r.tempID]; !again {
		d.sending[r.tempID] = shown{}
	}
}

// replaceSending puts a message in the place of the entry that was shown for it, and checks
// invariant 6: that happens once.
func (d *device) replaceSending(m message) {
	before, sending := d.sending[m.TempID]
	now := shown{m.ID, m.Seq}
	switch {
	case m.Sender.ID != d.user.id:
	case m.TempID == "":
		d.world.violate("6 echo without tempId", "%s hears its own %s/%d and cannot tell which it is", d.name, m.RoomID, m.Seq)
	case !sending: // another device sent it
	case before == (shown{}):
		d.sending[m.TempID] = now
	case before != now:
		d.world.violate("6 replaced twice", "%s shows %s as %v and as %v", d.name, m.TempID, before, now)
	}
}

// checkReplaced checks that nothing is shown as being sent whose acknowledgement has come.
func (w *world) checkReplaced() {
	for _, r := range w.requests {
		if r.event == "sendMessage" && r.ok && r.device.sending[r.tempID] == (shown{}) {
			w.violate("6 not replaced", "%s was acknowledged and %s shows it as being sent", r.tempID, r.device.name)
		}
	}
}
