package gateway

import (
	"sync"
	"time"
)

// Quotas are an account's rates. Zero values do not limit.
type Quotas struct {
	// Requests per second, shared by HTTP, messages and @connections, of which Burst
	// may come at once.
	Requests, Burst int
	// Connects per second.
	Connects int
}

// AccountQuotas are the rates that an AWS account has in a region by default.
var AccountQuotas = Quotas{Requests: 10_000, Burst: 5_000, Connects: 500}

// bucket is a token bucket. A nil bucket allows everything.
type bucket struct {
	rate, burst float64

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

func newBucket(rate, burst int) *bucket {
	if rate <= 0 {
		return nil
	}
	return &bucket{rate: float64(rate), burst: float64(burst), tokens: float64(burst), last: time.Now()}
}

// allow takes a token if there is one.
func (b *bucket) allow() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.last).Seconds())
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
