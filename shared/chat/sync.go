package chat

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// Sync asks for a page of the actor's list of rooms, with what is new in some of them.
type Sync struct {
	// Rooms are those of which the news are asked for, by their ids: at most 50. They are the same for
	// each page.
	Rooms map[string]Known `json:"rooms,omitzero"`
	// Cursor is the "next" of the page before; empty for the first.
	Cursor string `json:"cursor,omitzero"`
	// Watch, History and Members are requests to answer along with the page, which a client would make
	// next: see syncedToo.
	Watch   *Watch        `json:"watch,omitzero"`
	History *History      `json:"history,omitzero"`
	Members *MembersQuery `json:"members,omitzero"`
}

// Known is up to where somebody knows a room.
type Known struct {
	Seq int64 `json:"seq"`
	Rev int64 `json:"rev"`
	// Limit bounds the positions and the revisions that the news cover: 50, and at most 100.
	Limit *int64 `json:"limit,omitzero"`
}

// synced is a page of a list of rooms as in roomList. Each room has its last message, and its news if they
// were asked for.
type synced struct {
	Rooms       []syncedRoom `json:"rooms"`
	Invitations []Invitation `json:"invitations"`
	Open        []Room       `json:"open"`
	// Next is the cursor of the next page; empty on the last.
	Next string `json:"next,omitempty"`
	// Unheard is how many of the user's rooms their sockets do not hear, because they are in too
	// many.
	Unheard int `json:"unheard,omitempty"`
	// Gone are those of the rooms asked for that the user is not in.
	Gone []string `json:"gone"`
	syncedToo
}

type syncedRoom struct {
	joinedRoom
	Last *Preview `json:"last,omitempty"`
	News *news    `json:"news,omitempty"`
}

// Preview is the last message of a room, as a list shows it.
type Preview struct {
	Seq    int64 `json:"seq"`
	Sender User  `json:"sender"`
	// Text is the beginning of the message's.
	Text string `json:"text"`
	// Attached is the media type of its first file.
	Attached  string `json:"attached,omitempty"`
	SentAt    Time   `json:"sentAt"`
	DeletedAt Time   `json:"deletedAt,omitzero"`
	Rev       int64  `json:"rev,omitempty"`
}

func previewOf(m Message) *Preview {
	text := []rune(m.Text)
	p := &Preview{
		Seq: m.Seq, Sender: m.Sender, Text: string(text[:min(len(text), maxPreview)]),
		SentAt: m.SentAt, DeletedAt: m.DeletedAt, Rev: m.Rev,
	}
	if len(m.Attachments) > 0 {
		p.Attached = m.Attachments[0].Type
	}
	return p
}

// news is what has happened in a room. Its parts are as history and changes answer them, which tell
// the rest where there is more.
type news struct {
	page
	Changes changesResult `json:"changes"`
}

// Bounds of the reads of one sync.
const (
	// fewNews is how many messages of a room are read in one batch with those of other rooms.
	fewNews = 5
	// syncsAtOnce is how many rooms with more news are read at a time.
	syncsAtOnce = 16
	// lookBack is how many positions before an empty one are looked at to find a room's last message.
	lookBack = 10
	// queryWork is what a Query costs in the budget, beside what it reads.
	queryWork = 1
)

// syncs tells devices what they have missed, in one request.
type syncs struct {
	*core
	lists    *lists
	messages *messages
	rooms    *rooms
	presence *presence
}

// sync returns a page of the actor's rooms with their news, then of their invitations and of the channels.
func (s *syncs) sync(ctx context.Context, a actor, in Sync) (synced, error) {
	if err := in.check(a); err != nil {
		return synced{}, err
	}
	from, err := readCursor(in.Cursor)
	if err != nil {
		return synced{}, err
	}
	standing, unheard, err := s.lists.standingOf(ctx, a)
	if err != nil {
		return synced{}, err
	}
	out := synced{Unheard: unheard, Gone: orEmpty(in.gone(standing.Rooms))}
	too, err := s.askToo(ctx, a, in, standing.Rooms)
	if err != nil {
		return synced{}, err
	}
	p := pager{left: maxSyncBytes}
	var ends []end
	if start, ok := from.startOf(partRooms); ok {
		if out.Rooms, ends, err = s.list(ctx, &p, start, standing, in.Rooms); err != nil {
			return synced{}, err
		}
	}
	for _, list := range []func(context.Context, *pager, cursor, Standing) error{s.lists.listInvitations, s.lists.listOpen} {
		if err := list(ctx, &p, from, standing); err != nil {
			return synced{}, err
		}
	}
	out.Rooms, out.Invitations, out.Open, out.Next = orEmpty(out.Rooms), orEmpty(p.Invitations), orEmpty(p.Open), p.Next
	left := maxHistoryBytes - maxSyncBytes + max(int(p.left), 0)
	if out.syncedToo, left, err = too.cutTo(left); err != nil {
		return synced{}, err
	}
	return out, s.addNews(ctx, out.Rooms, ends, left)
}

// gone returns the ids of those rooms asked for that are none of the user's, in order.
func (in Sync) gone(rooms []string) (ids []string) {
	asked := slices.Collect(maps.Keys(in.Rooms))
	if in.Watch != nil {
		asked = append(asked, in.Watch.RoomIDs...)
	}
	if in.History != nil {
		asked = append(asked, in.History.RoomID)
	}
	if in.Members != nil {
		asked = append(asked, in.Members.RoomID)
	}
	for _, id := range union(asked, nil) {
		if !slices.Contains(rooms, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// list returns a page of the user's rooms, and of each the end of its log.
func (s *syncs) list(ctx context.Context, p *pager, start Place, standing Standing, known map[string]Known) (listed []syncedRoom, ends []end, err error) {
	if ends, err = s.ends(ctx, start, standing.Rooms, known); err != nil {
		return nil, nil, err
	}
	for _, e := range ends {
		r := syncedRoom{joinedRoom: joined(e.room, standing), Last: e.last}
		if fits, err := p.takes(r, partRooms, start); err != nil {
			return nil, nil, err
		} else if !fits {
			break
		}
		listed, start = append(listed, r), placeOf(e.room)
	}
	return listed, ends[:len(listed)], nil
}

// end is a room with the end of its log.
type end struct {
	room Room
	last *Preview
	// asked: the news after known are asked for. head has the revisions then.
	asked bool
	known Known
	head  Head
	// few are the new messages if they are few, and more reports that they are more.
	few  []Entry
	more bool
}

// ends reads the ends of the user's rooms that come after a place, the newest room first, with the
// new messages of those that have few.
func (s *syncs) ends(ctx context.Context, start Place, ids []string, known map[string]Known) ([]end, error) {
	if err := spendReads(ctx, 4*len(ids)+(2+fewNews)*len(known)); err != nil {
		return nil, err
	}
	rooms, err := s.store.Rooms(ctx, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rooms, NewestFirst)
	var ends []end
	var asked []string
	for _, room := range rooms {
		if !start.Precedes(room) {
			continue
		}
		e := end{room: room}
		if e.known, e.asked = known[room.ID]; e.asked {
			asked = append(asked, room.ID)
		}
		ends = append(ends, e)
	}
	heads, err := s.store.Heads(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i, e := range ends {
		if e.asked {
			ends[i].head = heads[e.room.ID]
			ends[i].room.Head = ends[i].head.Seq
		}
	}
	return ends, s.readEnds(ctx, ends)
}

// readEnds reads the last message of each room, and the new ones if they are few.
func (s *syncs) readEnds(ctx context.Context, ends []end) error {
	var positions []Position
	for i := range ends {
		e := &ends[i]
		first := max(e.room.Head, 1)
		if e.asked && e.known.Seq < e.room.Head {
			if e.more = e.room.Head-e.known.Seq > fewNews; !e.more {
				first = e.known.Seq + 1
			}
		}
		for seq := first; seq <= e.room.Head; seq++ {
			positions = append(positions, Position{e.room.ID, seq})
		}
	}
	entries, err := s.store.EntriesAt(ctx, positions)
	if err != nil {
		return err
	}
	var empty []*end
	for i := range ends {
		e := &ends[i]
		for seq := max(e.known.Seq+1, e.room.Head-fewNews+1); e.asked && !e.more && seq <= e.room.Head; seq++ {
			if entry, there := entries[Position{e.room.ID, seq}]; there {
				e.few = append(e.few, entry)
			}
		}
		if last, there := entries[Position{e.room.ID, e.room.Head}]; there && !last.Void {
			e.last = previewOf(last.Message)
		} else if e.room.Head > 1 {
			empty = append(empty, e)
		}
	}
	return s.lookBack(ctx, empty)
}

// lookBack finds the last messages of rooms whose last position has none, because its sender died or
// is about to fill it.
func (s *syncs) lookBack(ctx context.Context, ends []*end) error {
	if err := realtime.Spend(ctx, (queryWork+lookBack/readsPerDelivery)*len(ends)); err != nil {
		return err
	}
	return wait.ForEach(ctx, syncsAtOnce, ends, func(ctx context.Context, e *end) error {
		entries, err := s.store.Entries(ctx, e.room.ID, max(e.room.Head-lookBack, 1), e.room.Head-1)
		for _, entry := range slices.Backward(entries) {
			if !entry.Void {
				e.last = previewOf(entry.Message)
				break
			}
		}
		return err
	})
}

// addNews adds to rooms what is new in them, until it has so many bytes.
func (s *syncs) addNews(ctx context.Context, listed []syncedRoom, ends []end, bytes int) error {
	work := 0
	var some []int
	for i, e := range ends {
		if !e.asked {
			continue
		}
		some = append(some, i)
		limit := int(e.known.history().part(e.head).To - e.known.Seq)
		if e.more {
			work += queryWork + limit/readsPerDelivery
		}
		if changed := e.head.Rev - e.known.Rev; changed > 0 {
			work += 2*queryWork + 2*int(min(changed, maxPage))/readsPerDelivery
		}
	}
	if err := realtime.Spend(ctx, work); err != nil {
		return err
	}
	var mu sync.Mutex
	err := wait.ForEach(ctx, syncsAtOnce, some, func(ctx context.Context, i int) error {
		n, err := s.newsOf(ctx, ends[i])
		mu.Lock()
		defer mu.Unlock()
		listed[i].News = &n
		return err
	})
	if err != nil {
		return err
	}
	for _, i := range some {
		used, err := listed[i].News.cutTo(bytes, ends[i])
		if err != nil {
			return err
		}
		bytes -= used
	}
	return nil
}

// newsOf reads what is new in a room.
func (s *syncs) newsOf(ctx context.Context, e end) (n news, err error) {
	in := e.known.history()
	if e.more {
		n.page, err = s.messages.readUpTo(ctx, e.room.ID, e.head, in, maxHistoryBytes)
	} else {
		n.page = in.part(e.head)
		err = s.messages.fill(ctx, e.room.ID, &n.page, e.few, e.head)
	}
	if err != nil {
		return n, err
	}
	n.Changes = changesResult{Messages: []Message{}, Rev: e.known.Rev}
	if e.head.Rev > e.known.Rev {
		n.Changes, err = s.messages.changesAfter(ctx, e.room.ID, e.known.Rev, e.known.Limit)
	}
	return n, err
}

// cutTo leaves out what has more than so many bytes, and returns how many there are then. What
// is left out is more to ask for.
func (n *news) cutTo(bytes int, e end) (used int, err error) {
	if err := n.cut(max(bytes, 0), true); err != nil {
		return 0, err
	}
	if used, err = sizeOf(n.Messages, n.Changes.Messages); err != nil || used <= bytes {
		return used, err
	}
	n.Changes = changesResult{Messages: []Message{}, Rev: e.known.Rev, More: e.head.Rev > e.known.Rev}
	if used, err = sizeOf(n.Messages); err != nil || used <= bytes {
		return used, err
	}
	n.page = page{Messages: []Message{}, From: n.From, To: n.From - 1, Head: n.Head, Rev: n.Rev, More: true}
	return 0, nil
}

func sizeOf(lists ...[]Message) (bytes int, err error) {
	for _, messages := range lists {
		encoded, err := json.Marshal(messages)
		if err != nil {
			return 0, err
		}
		bytes += len(encoded) - len("[]")
	}
	return bytes, nil
}

// history asks for the messages that are new.
func (k Known) history() History { return History{After: &k.Seq, Limit: k.Limit} }

func (in Sync) check(a actor) error {
	if err := in.checkToo(a); err != nil {
		return err
	}
	if len(in.Rooms) > maxSynced {
		return realtime.Errorf(realtime.CodeTooLarge, "Name at most %d rooms in rooms.", maxSynced)
	}
	for id, k := range in.Rooms {
		switch {
		case k.Seq < 0 || k.Seq > maxSeq:
			return badRequest("Use a position of the room for seq, or 0.")
		case k.Rev < 0 || k.Rev > maxSeq:
			return badRequest("Use a revision of an earlier answer for rev, or 0.")
		case k.Limit != nil && (*k.Limit < 1 || *k.Limit > maxPage):
			return badRequest("Use a limit from 1 to %d.", maxPage)
		}
		if err := checkID("room", id); err != nil {
			return err
		}
	}
	return nil
}
