package store

import (
	"context"
	"time"
)

// CountStore counts what is bounded for all functions together.
type CountStore interface {
	// Count adds one to the count of a key and returns it. The count starts at zero, and
	// may start again after it expires.
	Count(ctx context.Context, key string, expires time.Time) (int64, error)
}
