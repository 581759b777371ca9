package gateway

import "golang.org/x/time/rate"

// Quotas are bounds on an account's rates. Zero means no bound.
type Quotas struct {
	// Requests are those per second of HTTP, messages and @connections together; Burst of
	// them may come at once.
	Requests, Burst int
	// Connects are new connections per second.
	Connects int
}

// AccountQuotas are the default quotas of an AWS account in a region.
var AccountQuotas = Quotas{Requests: 10_000, Burst: 5_000, Connects: 500}

// newLimiter returns a token bucket. One without a rate allows everything.
func newLimiter(perSecond, burst int) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}
