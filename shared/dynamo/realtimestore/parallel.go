package realtimestore

import (
	"errors"
	"sync"
)

// atOnce bounds the calls that one operation has under way.
const atOnce = 25

// parallel calls f for 0 to n-1, several at once, and joins the errors.
func parallel(n int, f func(i int) error) error {
	if n == 1 {
		return f(0)
	}
	errs := make([]error, n)
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = f(i)
			<-slots
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
