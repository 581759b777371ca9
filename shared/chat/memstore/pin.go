package memstore

import "context"

// Pinned implements chat.Store.
func (s *Store) Pinned(_ context.Context, roomID string, before int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(roomID)
	var seqs []int64
	for seq := min(before-1, l.head.Seq); seq > 0 && len(seqs) < limit; seq-- {
		if l.entries[seq].Message.Pinned != nil {
			seqs = append(seqs, seq)
		}
	}
	return seqs, nil
}
