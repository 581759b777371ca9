package memstore

import (
	"context"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// log is the log of a room, or of a thread.
type log struct {
	head chat.Head
	// slots remember who was handed out a position lately. They are few, so that tests see what is forgotten.
	slots [4]slot
	// left has the users who left lately, with the time.
	left map[string]time.Time
	// sent has the messages that were sent.
	sent    map[tempKey]sent
	entries map[int64]chat.Entry
	// revisions are the positions of the messages that were changed.
	revisions []int64
}

// slot is the last of those whose hashes choose it, with the position that it was given, and the two that others
// were given before.
type slot struct {
	key                tempKey
	seq, before, bound int64
}

// slotOf returns the slot that a key's hash chooses.
func (l *log) slotOf(key tempKey) *slot {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key.userID+"\x00"+key.tempID)
	return &l.slots[h.Sum32()%uint32(len(l.slots))]
}

// sent is an idempotency record of a message.
type sent struct {
	seq         int64
	fingerprint string
}

// log returns the log with an id, which need not exist.
func (s *Store) log(id string) *log {
	l, exists := s.logs[id]
	if !exists {
		l = &log{left: map[string]time.Time{}, sent: map[tempKey]sent{}, entries: map[int64]chat.Entry{}}
		s.logs[id] = l
	}
	return l
}

// Take implements chat.Store. A tempID gets the same position until that is taken, or another one gets its slot.
func (s *Store) Take(_ context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (chat.Taken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, key := s.log(roomID), tempKey{senderID, tempID}
	left := slices.Sorted(maps.Keys(l.left))
	at := l.slotOf(key)
	if at.key != key || at.seq == taken {
		l.head = chat.Head{Seq: l.head.Seq + 1, At: chat.At(now).Time}
		*at = slot{key, l.head.Seq, at.seq, at.before}
	}
	return chat.Taken{Seq: at.seq, Earlier: at.bound, Left: left}, nil
}

// Put implements chat.Store.
func (s *Store) Put(_ context.Context, m chat.Message) (chat.Message, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, key := s.log(m.RoomID), tempKey{m.Sender.ID, m.TempID}
	if _, member := s.members[m.RoomID][m.Sender.ID]; !member {
		return chat.Message{}, false, chat.ErrNotMember
	}
	if earlier, exists := l.sent[key]; exists && m.Original == "" {
		stored, err := s.earlier(earlier, m)
		return stored, false, err
	}
	if there, exists := l.entries[m.Seq]; exists {
		stored, err := m.SentAs(there)
		return stored, false, err
	}
	m.SentAt = chat.At(m.SentAt.Time)
	m = s.putMentions(m)
	if m.Original == "" {
		l.sent[key] = sent{m.Seq, m.Fingerprint()}
	}
	s.moveMark(membership{m.RoomID, m.Sender.ID}, m.Seq)
	l.entries[m.Seq] = chat.Entry{Seq: m.Seq, Message: m}
	return m, true, nil
}

// WasSent implements chat.Store.
func (s *Store) WasSent(_ context.Context, m chat.Message) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, exists := s.log(m.RoomID).sent[tempKey{m.Sender.ID, m.TempID}]
	if exists && record.fingerprint != m.Fingerprint() {
		return false, chat.ErrConflict
	}
	return exists, nil
}

// earlier returns the message that an idempotency record names.
func (s *Store) earlier(record sent, m chat.Message) (chat.Message, error) {
	if record.fingerprint != m.Fingerprint() {
		return chat.Message{}, chat.ErrConflict
	}
	return s.log(m.Log()).entries[record.seq].Message, nil
}

// Head implements chat.Store.
func (s *Store) Head(ctx context.Context, log string) (chat.Head, error) {
	heads, err := s.Heads(ctx, []string{log})
	return heads[log], err
}

// Heads implements chat.Store.
func (s *Store) Heads(_ context.Context, logs []string) (map[string]chat.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heads := map[string]chat.Head{}
	for _, id := range logs {
		l := s.log(id)
		head := l.head
		head.Rev = int64(len(l.revisions))
		heads[id] = head
	}
	return heads, nil
}

// EntriesAt implements chat.Store.
func (s *Store) EntriesAt(_ context.Context, positions []chat.Position) (map[chat.Position]chat.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[chat.Position]chat.Entry{}
	for _, p := range positions {
		if e, exists := s.log(p.Log).entries[p.Seq]; exists {
			found[p] = e
		}
	}
	return found, nil
}

// Entries implements chat.Store.
func (s *Store) Entries(_ context.Context, log string, first, last int64) ([]chat.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(log)
	var entries []chat.Entry
	for seq := first; seq <= last; seq++ {
		if e, exists := l.entries[seq]; exists {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// Void implements chat.Store.
func (s *Store) Void(_ context.Context, log string, seq int64, _ time.Time) (chat.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(log)
	if _, exists := l.entries[seq]; !exists {
		l.entries[seq] = chat.Entry{Seq: seq, Void: true}
	}
	return l.entries[seq], nil
}
