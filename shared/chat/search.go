package chat

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/wait"
)

// Search asks for the messages that have all words of a text, or words that begin with them. Case
// and accents do not count.
type Search struct {
	Text string `json:"text"`
	// RoomID is the room to look through. Without it, all rooms of the actor are.
	RoomID string `json:"roomId,omitzero"`
	// Before is a position of the room, and BeforeReply one of its revisions: the messages and the replies in
	// threads before them are looked through. With one of them only, the others are left out.
	Before      *int64 `json:"before,omitzero"`
	BeforeReply *int64 `json:"beforeReply,omitzero"`
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
	// Replies are those in its threads, and BeforeReply is where to go on with them.
	Replies     []Message `json:"replies"`
	BeforeReply int64     `json:"beforeReply,omitempty"`
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
	// Of replies, it takes a fifth of that.
	replyShare = 5
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
	both := in.Before == nil && in.BeforeReply == nil
	look := s.lookIn(in.RoomID, head, terms, maxFound, searchUnits)
	look.messages.begin(in.Before, both)
	look.replies.begin(in.BeforeReply, both)
	if err := look.run(ctx); err != nil {
		return searchResult{}, err
	}
	return searchResult{Rooms: []foundIn{look.found()}}, nil
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
			units += l.messages.taken + l.replies.taken
			if found := l.found(); !found.isNothing() {
				fits, err := left.takes(found)
				if err != nil || !fits && len(out.Rooms) > 0 {
					return out, err
				}
				out.Rooms = append(out.Rooms, found)
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
func (s *searches) lookThroughAll(ctx context.Context, rooms []string, terms []string) ([]*lookIn, error) {
	if err := spendReads(ctx, 2*len(rooms)); err != nil {
		return nil, err
	}
	heads, err := s.store.Heads(ctx, rooms)
	if err != nil {
		return nil, err
	}
	var looks []*lookIn
	for _, id := range rooms {
		looks = append(looks, s.lookIn(id, heads[id], terms, maxFoundEach, searchUnitsEach))
	}
	return looks, wait.ForEach(ctx, roomsAtOnce, looks, func(ctx context.Context, l *lookIn) error { return l.run(ctx) })
}

// lookIn looks through a room and its threads.
type lookIn struct {
	roomID            string
	messages, replies lookThrough
}

func (s *searches) lookIn(roomID string, head Head, terms []string, count int, units float64) *lookIn {
	look := lookThrough{searches: s, roomID: roomID, terms: terms, count: count}
	messages, replies := look, look
	messages.before, messages.units, messages.search = head.Seq+1, units, s.messagesIn
	replies.before, replies.units, replies.search = head.Rev+1, units/replyShare, s.store.SearchReplies
	return &lookIn{roomID, messages, replies}
}

// messagesIn is SearchReplies for the messages of a room, whose places are their positions.
func (s *searches) messagesIn(ctx context.Context, roomID string, first, last int64, terms []string) (found []Hit, units float64, err error) {
	seqs, units, err := s.store.Search(ctx, roomID, first, last, terms)
	for _, seq := range seqs {
		found = append(found, Hit{seq, Position{roomID, seq}})
	}
	return found, units, err
}

func (l *lookIn) run(ctx context.Context) error {
	both := []*lookThrough{&l.messages, &l.replies}
	return wait.ForEach(ctx, len(both), both, func(ctx context.Context, l *lookThrough) error { return l.run(ctx) })
}

func (l *lookIn) found() foundIn {
	return foundIn{l.roomID, orEmpty(l.messages.found), l.messages.next(), orEmpty(l.replies.found), l.replies.next()}
}

func (f foundIn) isNothing() bool {
	return len(f.Messages)+len(f.Replies) == 0 && f.Before == 0 && f.BeforeReply == 0
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
	case (in.Before != nil || in.BeforeReply != nil) && in.RoomID == "":
		return nil, badRequest("Use before and beforeReply with a roomId only.")
	case !isPlace(in.Before):
		return nil, badRequest("Use before of an earlier answer.")
	case !isPlace(in.BeforeReply):
		return nil, badRequest("Use beforeReply of an earlier answer.")
	case in.AfterRoom != "" && in.RoomID != "":
		return nil, badRequest("Use either roomId or afterRoom.")
	case in.AfterRoom != "":
		return terms, checkID("room", in.AfterRoom)
	case in.RoomID != "":
		return terms, checkID("room", in.RoomID)
	}
	return terms, nil
}

// isPlace reports whether a position of a request is one, if there is any.
func isPlace(position *int64) bool { return position == nil || *position >= 1 && *position <= maxSeq }
