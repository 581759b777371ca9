package chat

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// Search asks for the messages that have all words of a text, or words that begin with them. Case
// and accents do not count.
type Search struct {
	Text string `json:"text"`
	// RoomID is the room to look through. Without it, all rooms of the actor are.
	RoomID string `json:"roomId,omitzero"`
	// Before is a position of the room: what is before it is looked through.
	Before *int64 `json:"before,omitzero"`
	// AfterRoom is the "next" of an earlier answer: the rooms behind it are looked through.
	AfterRoom string `json:"afterRoom,omitzero"`
}

// searchResult is what was found, as far as one request looks.
type searchResult struct {
	// Rooms are those with messages that match, or with more to look through.
	Rooms []foundIn `json:"rooms"`
	// Next is where to go on with the other rooms; empty if all were looked through.
	Next string `json:"next,omitempty"`
}

// foundIn is what was found in a room.
type foundIn struct {
	RoomID string `json:"roomId"`
	// Messages have the newest first.
	Messages []Message `json:"messages"`
	// Before is where to go on in this room; missing if all of it was looked through.
	Before int64 `json:"before,omitempty"`
}

// Bounds of one search.
const (
	maxSearchText = 200
	maxTerms      = 10
	// maxFound is how many messages of the one room a search returns, and maxFoundEach of each room
	// if it looks through all.
	maxFound     = 20
	maxFoundEach = 3
	// searchUnits are the read capacity units that a search takes, at most one span further, and
	// searchUnitsEach those for each room if it looks through all. A unit is $0.125 a million.
	searchUnits     = 10000
	searchUnitsEach = 500
	// searchSpan is how many positions are looked through by one Query, and spansAtOnce how many of
	// those a room is worth at a time. The first is alone: what is searched is often new.
	searchSpan  = 1000
	spansAtOnce = 16
	// roomsAtOnce is how many rooms are looked through at a time.
	roomsAtOnce = 16
	// unitsPerDelivery is how many read capacity units cost as much as a delivery.
	unitsPerDelivery = 8
)

// searches finds messages. Nothing is indexed: DynamoDB filters what it reads.
type searches struct{ *core }

func (s *searches) search(ctx context.Context, a actor, in Search) (searchResult, error) {
	terms, err := in.check()
	if err != nil {
		return searchResult{}, err
	}
	if in.RoomID != "" {
		return s.searchRoom(ctx, a, in, terms)
	}
	rooms, err := s.store.RoomsOf(ctx, a.ID)
	if err != nil {
		return searchResult{}, err
	}
	rooms = slices.DeleteFunc(rooms, func(id string) bool { return id <= in.AfterRoom })
	if len(rooms) == 0 {
		return searchResult{Rooms: []foundIn{}}, nil
	}
	return s.searchRooms(ctx, rooms, terms)
}

func (s *searches) searchRoom(ctx context.Context, a actor, in Search, terms []string) (searchResult, error) {
	if err := s.authorize(ctx, a, in.RoomID); err != nil {
		return searchResult{}, err
	}
	head, err := s.store.Head(ctx, in.RoomID)
	if err != nil {
		return searchResult{}, err
	}
	before := head.Seq + 1
	if in.Before != nil {
		before = min(before, *in.Before)
	}
	look := lookThrough{searches: s, roomID: in.RoomID, terms: terms, before: before, count: maxFound, units: searchUnits}
	if err := look.run(ctx); err != nil {
		return searchResult{}, err
	}
	return searchResult{Rooms: []foundIn{look.found}}, nil
}

// searchRooms looks through rooms in the order of their ids, until enough was read or found.
func (s *searches) searchRooms(ctx context.Context, rooms []string, terms []string) (searchResult, error) {
	out, units, left := searchResult{Rooms: []foundIn{}}, 0.0, space(maxHistoryBytes)
	for some := range slices.Chunk(rooms, roomsAtOnce) {
		looks, err := s.lookThroughAll(ctx, some, terms)
		if err != nil {
			return out, err
		}
		for _, l := range looks {
			units += l.taken
			if len(l.found.Messages) > 0 || l.found.Before > 0 {
				fits, err := left.takes(l.found)
				if err != nil || !fits && len(out.Rooms) > 0 {
					return out, err
				}
				out.Rooms = append(out.Rooms, l.found)
			}
			out.Next = l.roomID
		}
		if units > searchUnits {
			break
		}
	}
	if out.Next == rooms[len(rooms)-1] {
		out.Next = ""
	}
	return out, nil
}

// lookThroughAll looks through several rooms at once.
func (s *searches) lookThroughAll(ctx context.Context, rooms []string, terms []string) ([]*lookThrough, error) {
	if err := spendReads(ctx, 2*len(rooms)); err != nil {
		return nil, err
	}
	heads, err := s.store.Rooms(ctx, rooms)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(heads, func(a, b Room) int { return cmp.Compare(a.ID, b.ID) })
	var looks []*lookThrough
	for _, room := range heads {
		looks = append(looks, &lookThrough{
			searches: s, roomID: room.ID, terms: terms, before: room.Head + 1, count: maxFoundEach, units: searchUnitsEach,
		})
	}
	return looks, wait.ForEach(ctx, roomsAtOnce, looks, func(ctx context.Context, l *lookThrough) error { return l.run(ctx) })
}

// lookThrough looks through a room, the newest messages first.
type lookThrough struct {
	*searches
	roomID string
	terms  []string
	// before is the position before which it goes on.
	before int64
	// It ends when it has found count messages, or taken units.
	count        int
	units, taken float64
	found        foundIn
}

func (l *lookThrough) run(ctx context.Context) error {
	var seqs []int64
	for spans := 1; l.before > 1 && len(seqs) < l.count && l.taken < l.units; spans = min(2*spans, spansAtOnce) {
		matching, err := l.lookFurther(ctx, spans)
		if err != nil {
			return err
		}
		seqs = append(seqs, matching...)
	}
	slices.SortFunc(seqs, func(a, b int64) int { return cmp.Compare(b, a) })
	if len(seqs) > l.count {
		seqs = seqs[:l.count]
		l.before = seqs[l.count-1]
	}
	messages, err := l.store.Messages(ctx, l.roomID, seqs)
	if err != nil {
		return err
	}
	// What was searched may have been slightly stale.
	messages = slices.DeleteFunc(messages, func(m Message) bool { return !matches(m.Text, l.terms) })
	shown, more, err := newestThatFit(messages, l.count, maxHistoryBytes/2)
	if more {
		l.before = shown[len(shown)-1].Seq
	}
	l.found = foundIn{RoomID: l.roomID, Messages: orEmpty(shown)}
	if l.before > 1 {
		l.found.Before = l.before
	}
	return err
}

// lookFurther looks through the next spans of the room, which end where a partition does.
func (l *lookThrough) lookFurther(ctx context.Context, spans int) (matching []int64, err error) {
	type span struct {
		first, last int64
		seqs        []int64
		units       float64
	}
	var all []*span
	for range spans {
		if l.before <= 1 {
			break
		}
		last := l.before - 1
		l.before = max(last-last%searchSpan, 1)
		all = append(all, &span{first: l.before, last: last})
	}
	err = wait.ForEach(ctx, len(all), all, func(ctx context.Context, s *span) (err error) {
		s.seqs, s.units, err = l.store.Search(ctx, l.roomID, s.first, s.last, l.terms)
		return err
	})
	if err != nil {
		return nil, err
	}
	units := 0.0
	for _, s := range all {
		matching = append(matching, s.seqs...)
		units += s.units
	}
	l.taken += units
	return matching, realtime.Spend(ctx, 1+int(units)/unitsPerDelivery)
}

func (in Search) check() (terms []string, err error) {
	terms = Terms(in.Text)
	switch {
	case utf8.RuneCountInString(in.Text) > maxSearchText:
		return nil, badRequest("Search for a text of at most %d characters.", maxSearchText)
	case len(terms) == 0:
		return nil, badRequest("A text to search for needs a letter or a digit.")
	case len(terms) > maxTerms:
		return nil, badRequest("Search for a text of at most %d words.", maxTerms)
	case in.Before != nil && in.RoomID == "":
		return nil, badRequest("Use before with a roomId only.")
	case in.Before != nil && (*in.Before < 1 || *in.Before > maxSeq):
		return nil, badRequest("Use before of an earlier answer.")
	case in.AfterRoom != "" && in.RoomID != "":
		return nil, badRequest("Use either roomId or afterRoom.")
	case in.AfterRoom != "":
		return terms, checkID("room", in.AfterRoom)
	case in.RoomID != "":
		return terms, checkID("room", in.RoomID)
	}
	return terms, nil
}
