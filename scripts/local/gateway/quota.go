package gateway

import "golang.org/x/time/rate"

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

// newLimiter returns a token bucket. One without a rate allows everything.
func newLimiter(perSecond, burst int) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}
