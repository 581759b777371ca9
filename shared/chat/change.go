package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// changeLease is how long a Change is kept: until every function has ended that was running
// when the change was made, and may have read what was before it. API Gateway waits 29 s for a
// function, so a function that began during the change ends within this time.
const changeLease = time.Minute

// settleAttempts bounds how often the rooms of a user may change while something follows the
// changes.
const settleAttempts = 5

var errUnsettled = realtime.Unavailable(errors.New("the rooms of a user keep changing"))

// follow makes a user's sockets follow their membership of a room, and reports whether they
// are a member. It may be repeated, and run beside itself.
func (c *core) follow(ctx context.Context, roomID, userID string) (member bool, err error) {
	return c.followMarked(ctx, roomID, userID, time.Time{})
}

// followMarked is follow for a change that was asked for at a time: it also marks the user
// as having left the room or not, unless the time is zero.
func (c *core) followMarked(ctx context.Context, roomID, userID string, at time.Time) (bool, error) {
	member, err := c.store.IsMember(ctx, roomID, userID)
	for range settleAttempts {
		if err != nil {
			return false, err
		}
		sockets, mark := c.server.In(devices(userID)), c.store.UnmarkLeft
		move, rooms := sockets.SocketsJoin, []string{audience(roomID)}
		if !member {
			move, mark = sockets.SocketsLeave, c.store.MarkLeft
			rooms = append(rooms, watchers(roomID))
		}
		if !at.IsZero() {
			if err := mark(ctx, roomID, userID, at); err != nil {
				return false, err
			}
		}
		if err := ignoreFull(move(ctx, rooms...)); err != nil {
			return false, err
		}
		// Another device of theirs may have joined or left before these sockets did.
		before := member
		if member, err = c.store.IsMember(ctx, roomID, userID); err == nil && member == before {
			return member, nil
		}
	}
	return false, errUnsettled
}

// followRooms makes one socket follow all memberships of its user. A join or leave by another
// device did not reach it before it was admitted, or while it was away to recover. It returns
// until when the user is signed out everywhere: that did not reach the socket either.
func (c *core) followRooms(ctx context.Context, s *realtime.Socket, user User) (signedOut time.Time, err error) {
	for range settleAttempts {
		ids, signedOut, err := c.store.Admission(ctx, user.ID)
		if err != nil {
			return signedOut, err
		}
		joins, leaves := compareRooms(s, c.heard(ids))
		if len(joins)+len(leaves) == 0 {
			return signedOut, nil
		}
		if err := errors.Join(s.Join(ctx, joins...), s.Leave(ctx, leaves...)); err != nil {
			return signedOut, err
		}
	}
	return time.Time{}, errUnsettled
}

// heard returns those of a user's rooms that their sockets hear: all, unless they are in more
// than a person may be, which they were before there was a limit.
func (c *core) heard(roomIDs []string) []string {
	const others = 1 + maxWatched // the room of the user's devices, and those that are watched
	return roomIDs[:min(len(roomIDs), MaxRooms, max(c.server.MaxRooms()-others, 0))]
}

// ignoreFull returns the error of sockets that join a room, without those of sockets that are in
// as many rooms as the engine allows: nothing that others do may fail because of them.
func ignoreFull(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, err := range several.Unwrap() {
			rest = append(rest, ignoreFull(err))
		}
		return errors.Join(rest...)
	}
	var e *realtime.Error
	if errors.As(err, &e) && e.Code == CodeTooManyRooms {
		return nil
	}
	return err
}

// compareRooms returns the realtime rooms that a socket has to join and to leave, so that it is
// in the audiences of its user's rooms, and watches no others.
func compareRooms(s *realtime.Socket, roomIDs []string) (joins, leaves []string) {
	for _, id := range roomIDs {
		if room := audience(id); !s.InRoom(room) {
			joins = append(joins, room)
		}
	}
	for _, room := range s.Rooms() {
		id, isAudience := strings.CutPrefix(room, audience(""))
		if !isAudience {
			var watches bool
			if id, watches = strings.CutPrefix(room, watchers("")); !watches {
				continue
			}
		}
		if !slices.Contains(roomIDs, id) {
			leaves = append(leaves, room)
		}
	}
	return joins, leaves
}

// finish does what follows a change of a membership: it lets the user's sockets follow it and
// tells the room. It reports whether the user is a member now.
func (r *rooms) finish(ctx context.Context, c Change) (member bool, err error) {
	if member, err = r.followMarked(ctx, c.RoomID, c.User.ID, c.At); err != nil {
		return false, err
	}
	to, change := r.server.To(audience(c.RoomID)), memberChanged{c.RoomID, c.User, "joined"}
	if !member {
		to, change.Change = to.To(devices(c.User.ID)), "left"
	}
	if err := to.Emit(ctx, "memberChanged", change); err != nil {
		return false, err
	}
	return member, r.store.FinishChange(ctx, c)
}

// finishRoom does what follows the creation of a room.
func (r *rooms) finishRoom(ctx context.Context, c Change) error {
	room, err := r.store.Room(ctx, c.RoomID)
	if err != nil {
		return err
	}
	members, err := r.store.Members(ctx, c.RoomID, maxMembers)
	if err != nil {
		return err
	}
	invited, err := r.store.Invited(ctx, c.RoomID, r.now())
	if err != nil {
		return err
	}
	return r.announce(ctx, c, room, members, invited)
}

// repairParallel bounds how many changes the sweep looks after at a time.
const repairParallel = 16

// repair finishes changes whose functions died or failed, and forgets old ones. The sweep
// calls it on each run.
func (r *rooms) repair(ctx context.Context) error {
	changes, err := r.store.Changes(ctx)
	if err != nil {
		return err
	}
	return wait.ForEach(ctx, repairParallel, changes, func(ctx context.Context, c Change) error {
		if err := r.repairChange(ctx, c); err != nil {
			r.log.WarnContext(ctx, "membership not repaired yet", "room", c.RoomID, "user", c.User.ID, "error", err)
		}
		return nil // the others are repaired, and this one by the next run
	})
}

func (r *rooms) repairChange(ctx context.Context, c Change) (err error) {
	over := r.now().Sub(c.At) > changeLease
	switch {
	case c.User.ID == "" && !c.Finished:
		err = r.finishRoom(ctx, c)
	case c.User.ID == "":
	case !c.Finished:
		_, err = r.finish(ctx, c)
	case over:
		// A socket may have connected during the change, or another attempt may have moved one,
		// and its function may have died since.
		_, err = r.followMarked(ctx, c.RoomID, c.User.ID, c.At)
	}
	if err != nil || !over {
		return err
	}
	if c.User.ID != "" {
		if err := r.store.UnmarkLeft(ctx, c.RoomID, c.User.ID, c.At); err != nil {
			return err
		}
	}
	return r.store.ForgetChange(ctx, c)
}
