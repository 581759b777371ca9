package realtime

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Count adds one to the count of a key in the present window, for all functions together,
// and returns it. It is for bounds that must hold wherever a client's next message lands,
// such as wrong passwords. Each call is a call of the database. Windows follow each other:
// the count of a key starts again with the next.
func (s *Server) Count(ctx context.Context, key string, window time.Duration) (int64, error) {
	now := s.options.Now()
	start := now.Truncate(window)
	n, err := s.options.Store.Count(ctx, onceID(key, strconv.FormatInt(start.UnixMilli(), 10)), start.Add(2*window))
	if err != nil {
		return 0, Unavailable(fmt.Errorf("count: %w", err))
	}
	return n, nil
}
