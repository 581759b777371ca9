package chat

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// How often guests may sign in from one address in a window. Through CloudFront all come from the
// addresses of its edges, so the address that somebody connects from may sign in more often than
// the one that CloudFront names, which somebody who goes around CloudFront can make up.
const (
	guestWindow       = 10 * time.Minute
	defaultGuests     = 20
	guestsOfConnector = 20 // times as many
)

// countGuest counts a sign-in for its addresses, in all functions together, and returns an error
// if it is one too many.
func (s *sessions) countGuest(ctx context.Context, r *http.Request) error {
	counts := []struct {
		key   string
		bound int
	}{{"guest " + clientAddress(r), s.maxGuests}, {"guests through " + r.RemoteAddr, s.maxGuests * guestsOfConnector}}
	for _, c := range counts {
		n, err := s.server.Count(ctx, c.key, guestWindow)
		if err != nil {
			return err
		}
		if n > int64(c.bound) {
			now := s.now()
			return realtime.RateLimited(now.Truncate(guestWindow).Add(guestWindow).Sub(now))
		}
	}
	return nil
}

// clientAddress returns the address of a client: the last but one that the request was forwarded
// for, because the last one is CloudFront's; or without one, where the request comes from.
func clientAddress(r *http.Request) string {
	forwarded := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	if len(forwarded) < 2 {
		return r.RemoteAddr
	}
	return strings.TrimSpace(forwarded[len(forwarded)-2])
}
