package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// breakage takes out parts that the guarantees rest on, to see that the checker notices.
type breakage struct {
	// idempotency: the record of sender and tempID. position: the condition that a position is
	// empty. holes: tombstones are not stored. repair: changes of memberships are not found
	// again. gone: nobody is told that a connection is gone. strangers: everybody counts as
	// somebody whom one shares a room with. invitation: who is not invited may join, too. decline:
	// an invitation is not deleted. checks: the sweep does not look who is online. tempID: a
	// message that is stored does not have its sender's name for it. counting: a reply is stored, and
	// its thread's first message stays as it was. answering: nobody is told that a socket waits for the
	// reply to its CONNECT. mentions: a message is stored without the lists of those whom it mentions.
	// earlier: nobody looks for an earlier attempt.
	idempotency, earlier, position, holes, repair, gone, strangers, invitation, decline, checks, tempID, counting, answering, marks, mentions bool
}

// brokenStore is a store of the chat without some of these parts.
type brokenStore struct {
	chat.Store
	breakage
	mu sync.Mutex
	// over has what was put at positions that were taken.
	over map[string]map[int64]chat.Entry
	// made has the rooms that were made.
	made []string
}

func brokenChat(inner chat.Store, b breakage) chat.Store {
	if b == (breakage{}) {
		return inner
	}
	return &brokenStore{Store: inner, breakage: b, over: map[string]map[int64]chat.Entry{}}
}

// CreateRoom implements chat.Store.
func (s *brokenStore) CreateRoom(ctx context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, bool, error) {
	s.mu.Lock()
	s.made = append(s.made, r.ID)
	s.mu.Unlock()
	return s.Store.CreateRoom(ctx, r, members, invited, tempID)
}

// Take gives every attempt a position of its own.
func (s *brokenStore) Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (chat.Taken, error) {
	if s.idempotency {
		tempID = rand.Text()
	}
	at, err := s.Store.Take(ctx, roomID, senderID, tempID, now, taken)
	if s.earlier {
		at.Earlier = 0
	}
	return at, err
}

// Put overwrites what stands at a position, or forgets what the sender has put.
func (s *brokenStore) Put(ctx context.Context, m chat.Message) (chat.Message, bool, error) {
	if s.mentions {
		m.Mentioned = nil
	}
	if s.idempotency {
		tempID := m.TempID
		m.TempID = rand.Text()
		stored, fresh, err := s.Store.Put(ctx, m)
		stored.TempID = tempID
		s.lay(stored)
		return stored, fresh, err
	}
	stored, fresh, err := s.Store.Put(ctx, m)
	if s.tempID {
		stored.TempID = ""
	}
	if s.position && errors.Is(err, chat.ErrTaken) {
		s.lay(m)
		return m, true, nil
	}
	return stored, fresh, err
}

// MarkRead forgets the mark.
func (s *brokenStore) MarkRead(ctx context.Context, log, userID string, seq int64, version *int64) (chat.Mark, error) {
	if !s.marks {
		return s.Store.MarkRead(ctx, log, userID, seq, version)
	}
	marks, err := s.Marks(ctx, log, []string{userID})
	mark, ok := marks[userID]
	if err == nil && !ok {
		err = chat.ErrNotMember
	}
	mark.Seq = max(mark.Seq, seq)
	return mark, err
}

// PutReply does not count the reply.
func (s *brokenStore) PutReply(ctx context.Context, reply, first, was chat.Message) (chat.Message, bool, error) {
	if s.counting {
		first.Thread = was.Thread
	}
	return s.Store.PutReply(ctx, reply, first, was)
}

func (s *brokenStore) lay(m chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over[m.RoomID] == nil {
		s.over[m.RoomID] = map[int64]chat.Entry{}
	}
	s.over[m.RoomID][m.Seq] = chat.Entry{Seq: m.Seq, Message: m}
}

// Entries implements chat.Store.
func (s *brokenStore) Entries(ctx context.Context, roomID string, first, last int64) ([]chat.Entry, error) {
	entries, err := s.Store.Entries(ctx, roomID, first, last)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range entries {
		if over, ok := s.over[roomID][e.Seq]; ok {
			entries[i] = over
		}
	}
	return entries, err
}

// Changes implements chat.Store.
func (s *brokenStore) Changes(ctx context.Context) ([]chat.Change, error) {
	if s.repair {
		return nil, nil
	}
	return s.Store.Changes(ctx)
}

// StandingOf implements chat.Store.
func (s *brokenStore) StandingOf(ctx context.Context, userID string, now time.Time) (chat.Standing, error) {
	standing, err := s.Store.StandingOf(ctx, userID, now)
	if s.strangers && err == nil {
		standing.Rooms = s.made
	}
	return standing, err
}

// AcceptInvitation implements chat.Store.
func (s *brokenStore) AcceptInvitation(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	added, err := s.Store.AcceptInvitation(ctx, roomID, m, at)
	if s.invitation && errors.Is(err, chat.ErrNotInvited) {
		return s.AddMember(ctx, roomID, m, at)
	}
	return added, err
}

// DeclineInvitation implements chat.Store.
func (s *brokenStore) DeclineInvitation(ctx context.Context, roomID, userID string) error {
	if s.decline {
		return nil
	}
	return s.Store.DeclineInvitation(ctx, roomID, userID)
}

// Checks implements chat.Store.
func (s *brokenStore) Checks(ctx context.Context, before time.Time) ([]chat.Check, error) {
	if s.checks {
		return nil, nil
	}
	return s.Store.Checks(ctx, before)
}

// Void implements chat.Store.
func (s *brokenStore) Void(ctx context.Context, roomID string, seq int64, now time.Time) (chat.Entry, error) {
	if s.holes {
		return chat.Entry{Seq: seq, Void: true}, nil
	}
	return s.Store.Void(ctx, roomID, seq, now)
}

// A simulation that finds nothing proves nothing unless it would find something: each part
// that the guarantees rest on is taken out, and has to be missed.
func TestBreakagesAreNoticed(t *testing.T) {
	cases := map[string]struct {
		breakage
		kinds []string
	}{
		"the idempotency record":              {breakage{idempotency: true}, []string{"2 stored twice"}},
		"the look for earlier attempts":       {breakage{earlier: true}, []string{"2 stored twice"}},
		"the condition that a place is empty": {breakage{position: true}, []string{"3 position changed"}},
		"the filling of holes":                {breakage{holes: true}, []string{"3 position changed"}},
		"the tempId of a stored message":      {breakage{tempID: true}, []string{"6 echo without tempId"}},
		"what is sent again is the same":      {breakage{idempotency: true}, []string{"6 replaced twice"}},
		"the repair of memberships":           {breakage{repair: true}, []string{"deaf: not in the record", "overhears: in the record"}},
		"that strangers are asked":            {breakage{strangers: true}, []string{"9 let in without being asked"}},
		"that only who is invited joins":      {breakage{invitation: true}, []string{"9 in a room that was not made with them"}},
		"declining":                           {breakage{decline: true}, []string{"9 let in after declining"}},
		"the look at who is online":           {breakage{checks: true}, []string{"8 told otherwise", "8 online without a socket"}},
		"the count of replies":                {breakage{counting: true}, []string{"11 replies not counted"}},
		"the handling of 410":                 {breakage{gone: true}, []string{"record left"}},
		"waiting for the replies to CONNECTs": {breakage{answering: true}, []string{"heard before the CONNECT reply"}},
		"the lists of mentions":               {breakage{mentions: true}, []string{"14 mentions miscounted"}},
		"the storing of marks":                {breakage{marks: true}, []string{"13 mark went back"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2000) {
				p := profileOf(scramble(seed))
				p.rooms, p.operations = 1, 60              // many writers of one log,
				p.slow = []float64{0.05, 0.2, 0.4}[seed%3] // and holes in it
				if c.strangers || c.invitation || c.decline {
					p.rooms = 3
				}
				w := simulate(t, p, seed, inMemory(c.breakage))
				for _, v := range w.found {
					if slices.Contains(c.kinds, v.kind) {
						return
					}
				}
			}
			t.Error("2,000 histories do not miss it")
		})
	}
}
