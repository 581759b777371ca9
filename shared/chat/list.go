package chat

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// lists shows rooms in pages.
type lists struct{ *core }

// ListRooms asks for a page of the actor's list of rooms.
type ListRooms struct {
	// Cursor is the "next" of the page before; empty for the first.
	Cursor string `json:"cursor,omitzero"`
}

// roomList is a page of the list: first the user's rooms, then their invitations, then the
// channels that they may join, each the newest first.
type roomList struct {
	Rooms       []joinedRoom `json:"rooms"`
	Invitations []Invitation `json:"invitations"`
	Open        []Room       `json:"open"`
	// Next is the cursor of the next page; empty on the last.
	Next string `json:"next,omitempty"`
	// Unheard is how many of the user's rooms their sockets do not hear, because they are in too
	// many.
	Unheard int `json:"unheard,omitempty"`
}

// joinedRoom is a room that the user is in.
type joinedRoom struct {
	Room
	// Unread is how many positions come after the Mark.
	Unread int64 `json:"unread"`
	// Mark is missing if the user was in the room before there were marks. All of it is read then.
	Mark *Mark `json:"mark,omitempty"`
	// Mentions is how many messages after the mark mention the user.
	Mentions int64 `json:"mentions,omitempty"`
	// Draft is what the user has typed there and not sent.
	Draft *Draft `json:"draft,omitempty"`
}

func joined(r Room, s Standing) joinedRoom {
	out := joinedRoom{Room: r, Draft: s.Drafts[r.ID].shown()}
	if mark, marked := s.Marks[r.ID]; marked {
		out.Unread, out.Mark, out.Mentions = max(r.Head-mark.Seq, 0), &mark, s.Mentions[r.ID]
	}
	return out
}

// Place is a place in a list that has the newest first: behind the room that was made at a
// time. The zero Place is the beginning.
type Place struct {
	At time.Time
	ID string
}

// NewestFirst orders rooms for lists.
func NewestFirst(a, b Room) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt.Time), strings.Compare(b.ID, a.ID))
}

// Precedes reports whether a room comes after a place.
func (p Place) Precedes(r Room) bool {
	return p.ID == "" || NewestFirst(Room{ID: p.ID, CreatedAt: At(p.At)}, r) < 0
}

// The parts of the list, in order.
const (
	partRooms       = "rooms"
	partInvitations = "invitations"
	partOpen        = "open"
)

var parts = []string{partRooms, partInvitations, partOpen}

// cursor is where a page begins.
type cursor struct {
	part string
	Place
}

func (c cursor) String() string { return fmt.Sprintf("%s:%d:%s", c.part, c.At.UnixMilli(), c.ID) }

var cursorPattern = regexp.MustCompile(`^(rooms|invitations|open):([0-9]{1,15}):([A-Za-z0-9_-]{0,128})$`)

// readCursor decodes a cursor, which is empty for the beginning.
func readCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{part: partRooms}, nil
	}
	match := cursorPattern.FindStringSubmatch(s)
	if match == nil {
		return cursor{}, badRequest("Use next of an earlier answer for cursor.")
	}
	ms, err := strconv.ParseInt(match[2], 10, 64)
	return cursor{match[1], Place{time.UnixMilli(ms), match[3]}}, err
}

// startOf returns where a page begins within a part; ok is false if the part is behind it.
func (c cursor) startOf(part string) (start Place, ok bool) {
	switch {
	case part == c.part:
		return c.Place, true
	case slices.Index(parts, part) > slices.Index(parts, c.part):
		return Place{}, true
	default:
		return Place{}, false
	}
}

// list returns a page of the rooms of the actor, their invitations, and the channels that they
// may join.
func (l *lists) list(ctx context.Context, a actor, in ListRooms) (roomList, error) {
	from, err := readCursor(in.Cursor)
	if err != nil {
		return roomList{}, err
	}
	standing, unheard, err := l.standingOf(ctx, a)
	if err != nil {
		return roomList{}, err
	}
	p := pager{left: maxListBytes}
	p.Unheard = unheard
	for _, step := range []func(context.Context, *pager, cursor, Standing) error{l.listMine, l.listInvitations, l.listOpen} {
		if err := step(ctx, &p, from, standing); err != nil {
			return roomList{}, err
		}
	}
	p.Rooms, p.Invitations, p.Open = orEmpty(p.Rooms), orEmpty(p.Invitations), orEmpty(p.Open)
	return p.roomList, nil
}

// standingOf returns how the actor stands to rooms, and how many of theirs their sockets do not hear.
// Their socket, if it is one that asks, follows the others.
func (l *lists) standingOf(ctx context.Context, a actor) (s Standing, unheard int, err error) {
	if s, err = l.store.StandingWithDrafts(ctx, a.ID, l.now()); err != nil {
		return s, 0, err
	}
	if err := spendReads(ctx, readUnits(s.Drafts)); err != nil {
		return s, 0, err
	}
	if s.Mentions, err = l.unreadMentions(ctx, a.ID, s.Marks); err != nil {
		return s, 0, err
	}
	heard := l.heard(s.Rooms)
	if a.socket != nil {
		if joins, leaves := compareRooms(a.socket, heard); len(joins)+len(leaves) > 0 {
			if _, err := l.followRooms(ctx, a.socket, a.User); err != nil {
				l.log.WarnContext(ctx, "socket does not follow its user's rooms yet", "user", a.ID, "error", err)
			}
		}
	}
	return s, len(s.Rooms) - len(heard), nil
}

// pager fills a page until it is full.
type pager struct {
	roomList
	left space
}

// takes reports whether an item still fits. If it does not, the next page begins at it, behind
// the one before.
func (p *pager) takes(item any, part string, before Place) (bool, error) {
	if p.Next != "" {
		return false, nil
	}
	fits, err := p.left.takes(item)
	if err == nil && !fits {
		p.Next = cursor{part, before}.String()
	}
	return fits, err
}

func (l *lists) listMine(ctx context.Context, p *pager, from cursor, s Standing) error {
	start, ok := from.startOf(partRooms)
	if !ok {
		return nil
	}
	if err := spendReads(ctx, 2*len(s.Rooms)); err != nil {
		return err
	}
	mine, err := l.store.Rooms(ctx, s.Rooms)
	if err != nil {
		return err
	}
	if err := spendReads(ctx, withLongData(mine)); err != nil {
		return err
	}
	slices.SortFunc(mine, NewestFirst)
	for _, room := range mine {
		if !start.Precedes(room) {
			continue
		}
		listed := joined(room, s)
		if fits, err := p.takes(listed, partRooms, start); err != nil || !fits {
			return err
		}
		p.Rooms, start = append(p.Rooms, listed), placeOf(room)
	}
	return nil
}

// withLongData counts the rooms whose items may be longer than what DynamoDB reads as one unit.
func withLongData(rooms []Room) int {
	const unit, rest = 4 << 10, 1 << 10
	n := 0
	for _, r := range rooms {
		if len(r.Data) > unit-rest {
			n++
		}
	}
	return n
}

func (l *lists) listInvitations(_ context.Context, p *pager, from cursor, s Standing) error {
	start, ok := from.startOf(partInvitations)
	if !ok {
		return nil
	}
	slices.SortFunc(s.Invitations, func(a, b Invitation) int { return NewestFirst(a.Room, b.Room) })
	for _, invitation := range s.Invitations {
		if !start.Precedes(invitation.Room) {
			continue
		}
		if fits, err := p.takes(invitation, partInvitations, start); err != nil || !fits {
			return err
		}
		p.Invitations, start = append(p.Invitations, invitation), placeOf(invitation.Room)
	}
	return nil
}

// listOpen lists channels that the user is not in.
func (l *lists) listOpen(ctx context.Context, p *pager, from cursor, s Standing) error {
	start, _ := from.startOf(partOpen)
	if p.Next != "" {
		return nil
	}
	open, err := l.store.OpenRooms(ctx, start, maxOpen)
	if err != nil {
		return err
	}
	for _, room := range open {
		if !slices.Contains(s.Rooms, room.ID) {
			if fits, err := p.takes(room, partOpen, start); err != nil || !fits {
				return err
			}
			p.Open = append(p.Open, room)
		}
		start = placeOf(room)
	}
	if len(open) == maxOpen {
		p.Next = cursor{partOpen, start}.String()
	}
	return nil
}

func placeOf(r Room) Place { return Place{r.CreatedAt.Time, r.ID} }

// SearchRooms asks for the channels whose name contains a text, in any case.
type SearchRooms struct {
	Search string `json:"search,omitzero"`
	// Cursor is the "next" of the page before; empty for the first.
	Cursor string `json:"cursor,omitzero"`
}

// found is a page of channels.
type found struct {
	Open []Room `json:"open"`
	// Next is the cursor of the next page; empty on the last. A page may be empty and not the
	// last.
	Next string `json:"next,omitempty"`
}

// search looks through channels, the newest first. What it reads is bounded for each page.
func (l *lists) search(ctx context.Context, _ actor, in SearchRooms) (found, error) {
	if utf8.RuneCountInString(in.Search) > maxRoomName {
		return found{}, badRequest("Search for at most %d characters.", maxRoomName)
	}
	from, err := readCursor(in.Cursor)
	if err != nil {
		return found{}, err
	}
	start, _ := from.startOf(partOpen)
	rooms, err := l.store.OpenRooms(ctx, start, maxSearched)
	if err != nil {
		return found{}, err
	}
	p, text := pager{left: maxListBytes}, strings.ToLower(strings.TrimSpace(in.Search))
	for _, room := range rooms {
		if strings.Contains(strings.ToLower(room.Name), text) {
			fits, err := p.takes(room, partOpen, start)
			if err != nil {
				return found{}, err
			}
			if !fits {
				break
			}
			p.Open = append(p.Open, room)
		}
		start = placeOf(room)
	}
	if p.Next == "" && len(rooms) == maxSearched {
		p.Next = cursor{partOpen, start}.String()
	}
	return found{orEmpty(p.Open), p.Next}, nil
}

// orEmpty makes an empty list [] in JSON, not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
