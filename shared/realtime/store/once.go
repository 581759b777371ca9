package store

import (
	"context"
	"encoding/json"
	"time"
)

// OnceStore makes sure that an effect happens once.
type OnceStore interface {
	// Begin asks for the right to do what a key names. It returns a claim, or the result
	// if it has been done. ErrClaimed while another caller holds the claim, for at most
	// ClaimLease. Finish stores the result (ErrClaimed when the claim was lost), Abandon
	// gives the claim back.
	Begin(ctx context.Context, key string, now, expires time.Time) (Attempt, error)
	Finish(ctx context.Context, key, claim string, result json.RawMessage, expires time.Time) error
	Abandon(ctx context.Context, key, claim string) error
}

// Attempt is what Begin returns.
type Attempt struct {
	// Claim is the right to do it, for Finish or Abandon. Empty: it has been done.
	Claim string
	// Result is the stored result, as socketio.Args.Save writes it.
	Result json.RawMessage
}
