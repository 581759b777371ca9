package host

// ErrThrottled means that as many functions as may be are already running. API Gateway does not
// wait for a place, and asynchronous invocations do.
var ErrThrottled error = throttled{}

type throttled struct{}

// Error implements error.
func (throttled) Error() string { return "TooManyRequestsException: Rate Exceeded." }

// Throttled tells the gateway that the function has not run.
func (throttled) Throttled() bool { return true }

// places are the places in which invocations run. An invocation keeps its place until its
// response; what the function does after that is not counted here.
type places struct {
	shared   chan struct{}
	reserved map[string]chan struct{}
}

// newPlaces returns the places that functions share, without a bound if shared is 0, and those
// that are reserved for some.
func newPlaces(shared int, reserved map[string]int) places {
	p := places{reserved: map[string]chan struct{}{}}
	if shared > 0 {
		p.shared = make(chan struct{}, shared)
	}
	for function, n := range reserved {
		if n > 0 {
			p.reserved[function] = make(chan struct{}, n)
		}
	}
	return p
}

// take takes a place for a function, which the caller leaves. It reports whether one was free.
func (p places) take(function string) (leave func(), free bool) {
	pool := p.shared
	if own := p.reserved[function]; own != nil {
		pool = own
	}
	if pool == nil {
		return func() {}, true
	}
	select {
	case pool <- struct{}{}:
		return func() { <-pool }, true
	default:
		return nil, false
	}
}
