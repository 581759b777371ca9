package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// checkEligible checks invariant 9: nobody is in a private or direct room, hears it or reads it,
// unless it was made with them, and they shared a room with its creator or asked to join; and
// nobody who declined before they joined.
func (w *world) checkEligible() {
	for _, id := range w.rooms {
		room, err := w.stores.chat.Room(context.Background(), id)
		if err != nil {
			panic(err)
		}
		if room.Kind != chat.Private && room.Kind != chat.Direct {
			continue
		}
		for _, u := range w.users {
			how := w.inside(room, u)
			if how == "" || u.id == room.CreatedBy.ID {
				continue
			}
			if why := w.ineligible(room, u); why != "" {
				w.violate("9 "+why, "%s %s %s", u.id, how, id)
			}
		}
	}
}

// inside returns how a user is or was in a room, or nothing if they never were.
func (w *world) inside(room chat.Room, u *user) string {
	switch {
	case w.isMember(room.ID, u.id):
		return "is a member of"
	case slices.ContainsFunc(w.heard, func(h heard) bool { return h.device.user == u && h.message.RoomID == room.ID }):
		return "heard"
	case slices.ContainsFunc(w.requests, func(r *request) bool {
		return r.device.user == u && r.room == room.ID && r.ok && slices.Contains([]string{"history", "joinRoom", "sendMessage", "editMessage", "deleteMessage", "changes", "thread"}, r.event)
	}):
		return "used"
	default:
		return ""
	}
}

// ineligible returns why somebody may not be in a room, or nothing if they may.
func (w *world) ineligible(room chat.Room, u *user) string {
	made := w.madeBy(room)
	if !slices.ContainsFunc(made, func(r *request) bool { return slices.Contains(r.named(), u.id) }) {
		return "in a room that was not made with them"
	}
	if w.declined(room, u) {
		return "let in after declining"
	}
	asked := slices.ContainsFunc(w.requests, func(r *request) bool { return w.asksToEnter(r, room, u) })
	shared := slices.ContainsFunc(made, func(r *request) bool { return w.maySharedRoom(r, u.id) })
	if !asked && !shared {
		return "let in without being asked"
	}
	return ""
}

// named returns whom a request for a room names.
func (r *request) named() []string {
	members, _ := r.body["members"].([]string)
	return members
}

// madeBy returns the requests that may have made a room.
func (w *world) madeBy(room chat.Room) []*request {
	return slices.DeleteFunc(slices.Clone(w.requests), func(r *request) bool {
		return r.event != "createRoom" || r.device.user.id != room.CreatedBy.ID || r.body["name"] != room.Name
	})
}

// asksToEnter reports whether a user asks to enter a room. Of a direct room, asking for it does.
func (w *world) asksToEnter(r *request, room chat.Room, u *user) bool {
	return r.device.user == u && (r.event == "joinRoom" && r.room == room.ID ||
		r.event == "createRoom" && room.Kind == chat.Direct && r.body["kind"] == "direct" && slices.Contains(r.named(), room.CreatedBy.ID))
}

// declined reports whether a user who was asked declined, and had not asked to enter before. To a
// direct room they may have come back since.
func (w *world) declined(room chat.Room, u *user) bool {
	invited := slices.ContainsFunc(w.asked, func(a asked) bool { return a.device.user == u && a.room == room.ID })
	for _, r := range w.requests {
		if !invited || !r.ok || r.event != "declineInvitation" || r.device.user != u || r.room != room.ID {
			continue
		}
		if !slices.ContainsFunc(w.requests, func(enter *request) bool {
			return w.asksToEnter(enter, room, u) && (enter.sent < r.done || enter.event == "createRoom")
		}) {
			return true
		}
	}
	return false
}

// maySharedRoom reports whether a user may have been in a room together with the creator of
// another while a request for that was under way.
func (w *world) maySharedRoom(made *request, user string) bool {
	until := made.done
	if until == 0 || made.doubled { // its second delivery may come later than its answer
		until = w.clock
	}
	return slices.ContainsFunc(w.rooms, func(room string) bool {
		return w.mayBeIn(room, made.device.user.id, made, until) && w.mayBeIn(room, user, made, until)
	})
}

// mayBeIn reports whether a user may have been a member of a room at some time while a request
// was under way.
func (w *world) mayBeIn(room, user string, during *request, until int) bool {
	entered := slices.ContainsFunc(w.requests, func(r *request) bool {
		switch {
		case r == during || r.sent >= until:
			return false
		case r.event == "createRoom" && w.mayHaveMade(r, room):
			return r.device.user.id == user || slices.Contains(r.named(), user)
		default:
			return r.event == "joinRoom" && r.room == room && r.device.user.id == user
		}
	})
	return entered && w.left(user, room, during.sent, until) == nil
}

// mayHaveMade reports whether a request may have made a room: by its answer or, without one, by
// its name.
func (w *world) mayHaveMade(r *request, id string) bool {
	if r.ok {
		return r.room == id
	}
	room, err := w.stores.chat.Room(context.Background(), id)
	return err == nil && room.Name == r.body["name"]
}

// checkInvited checks that everybody who is online is told of their invitations, if they were
// online when the room was asked for. Where posts fail, a device may miss it.
func (w *world) checkInvited() {
	if w.profile.posts > 0 {
		return
	}
	for _, d := range w.devices {
		standing, err := w.stores.chat.StandingOf(context.Background(), d.user.id, time.Now())
		if err != nil {
			panic(err)
		}
		for _, i := range standing.Invitations {
			if w.isMember(i.Room.ID, d.user.id) {
				w.violate("9 invited as a member", "%s is a member of %s and is invited", d.user.id, i.Room.ID)
			}
			made := w.madeBy(i.Room)
			if len(made) == 0 {
				panic(fmt.Sprint("nobody asked for ", i.Room))
			}
			told := slices.ContainsFunc(w.asked, func(a asked) bool { return a.device == d && a.room == i.Room.ID })
			if d.onlineSince(made[0].sent) && !told {
				w.violate("9 not told of an invitation", "%s (%s) is invited to %s", d.name, d.line.id, i.Room.ID)
			}
		}
	}
}
