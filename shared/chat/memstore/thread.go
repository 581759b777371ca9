package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/chat"
)

// PutReply implements chat.Store.
func (s *Store) PutReply(_ context.Context, reply, first, was chat.Message) (chat.Message, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	room, key := s.log(reply.RoomID), tempKey{reply.Sender.ID, reply.TempID}
	if _, member := s.members[reply.RoomID][reply.Sender.ID]; !member {
		return chat.Message{}, false, chat.ErrNotMember
	}
	if earlier, exists := room.sent[key]; exists {
		stored, err := s.earlier(earlier, reply)
		return stored, false, err
	}
	if err := s.revise(first, was); err != nil {
		return chat.Message{}, false, err
	}
	reply.SentAt = chat.At(reply.SentAt.Time)
	reply = s.putMentions(reply)
	room.sent[key] = sent{reply.Seq, reply.Fingerprint()}
	s.log(reply.Log()).entries[reply.Seq] = chat.Entry{Seq: reply.Seq, Message: reply}
	starter := membership{reply.Log(), first.Sender.ID}
	if _, known := s.follows[starter]; reply.Seq == 1 && !known {
		s.follows[starter] = true
	}
	own := membership{reply.Log(), reply.Sender.ID}
	s.follows[own] = true
	s.setMark(own, reply.Seq)
	return reply, true, nil
}

// Follow implements chat.Store.
func (s *Store) Follow(_ context.Context, log, userID string, on bool, seq int64) (chat.Follow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{log, userID}
	if on && !s.follows[key] {
		s.setMark(key, seq)
	}
	s.follows[key] = on
	return chat.Follow{On: on, Mark: s.marks[key]}, nil
}

// FollowOf implements chat.Store.
func (s *Store) FollowOf(_ context.Context, log, userID string) (chat.Follow, chat.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{log, userID}
	return chat.Follow{On: s.follows[key], Mark: s.marks[key]}, s.drafts[key], nil
}

// Followed implements chat.Store.
func (s *Store) Followed(_ context.Context, userID, after string, limit int) ([]chat.Followed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.Followed
	for key, on := range s.follows {
		if key.userID == userID && on && key.roomID > after {
			all = append(all, chat.Followed{First: s.firstOf(key.roomID), Mark: s.marks[key]})
		}
	}
	slices.SortFunc(all, func(a, b chat.Followed) int { return strings.Compare(a.First.ID, b.First.ID) })
	return all[:min(limit, len(all))], nil
}

// firstOf returns the first message of a thread.
func (s *Store) firstOf(log string) chat.Message {
	roomID, seq := chat.SplitLogID(log)
	return s.log(roomID).entries[seq].Message
}

// setMark sets a mark to a position.
func (s *Store) setMark(key membership, seq int64) {
	s.marks[key] = chat.Mark{Seq: seq, Version: s.marks[key].Version}
}
