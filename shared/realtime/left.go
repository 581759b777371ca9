package realtime

import (
	"errors"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// becauseLeft reports whether an error says no more than that a client has left: what was done
// for it found no socket or no connection. Clients may leave at any moment, so this is nobody's
// fault.
func becauseLeft(err error) bool {
	if err == ErrGone || err == store.ErrNoConnection || err == store.ErrNoSocket {
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if !becauseLeft(one) {
				return false
			}
		}
		return len(joined.Unwrap()) > 0
	}
	wrapped := errors.Unwrap(err)
	return wrapped != nil && becauseLeft(wrapped)
}
