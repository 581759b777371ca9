package gateway

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/time/rate"
)

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

// Throttle is a stage's bound on the requests of all clients together: a steady rate a second,
// and how many may come at once. Zero means no bound.
type Throttle struct{ Rate, Burst int }

// UnmarshalText implements encoding.TextUnmarshaler. The text is a rate, for which the burst is
// half of it as in the stack, or a rate and a burst: "5000" or "5000,2500".
func (t *Throttle) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Throttle{}
		return nil
	}
	first, second, both := strings.Cut(string(text), ",")
	rate, err := strconv.Atoi(first)
	burst := (rate + 1) / 2
	if both && err == nil {
		burst, err = strconv.Atoi(second)
	}
	if err != nil || rate <= 0 || burst <= 0 {
		return errors.New("must be a rate, or a rate and a burst such as 5000,2500")
	}
	*t = Throttle{Rate: rate, Burst: burst}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (t Throttle) MarshalText() ([]byte, error) {
	if t == (Throttle{}) {
		return nil, nil
	}
	return fmt.Appendf(nil, "%d,%d", t.Rate, t.Burst), nil
}

// newLimiter returns a token bucket. One without a rate allows everything.
func newLimiter(perSecond, burst int) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}
