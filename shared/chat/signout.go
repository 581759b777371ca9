package chat

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// SignOut is that a person signed out everywhere. Nobody is admitted any more by what the
// person signed in with until then.
type SignOut struct {
	UserID string
	// Until is in whole seconds, as the times of tokens are. Whoever signed in within this second
	// is signed out too: nothing tells whether that was before.
	Until time.Time
	// Kept is the id of the socket that stays, with its token refused; empty if none does.
	Kept string
}

// isSignedOut reports whether somebody who signed in at a time has signed out everywhere since.
// Of somebody who signed in at an unknown time, which is zero, the answer is yes.
func isSignedOut(since, until time.Time) bool {
	return !until.IsZero() && since.Unix() <= until.Unix()
}

// SignOutEverywhere asks to end all sessions of the actor.
type SignOutEverywhere struct {
	// ExceptThis lets the asking socket stay.
	ExceptThis bool `json:"exceptThis,omitzero"`
}

// signOutResult has another token for a guest who stays: the one before is refused.
type signOutResult struct {
	Token string `json:"token,omitempty"`
}

// signOutEverywhere refuses every token by which the actor has signed in until now, and ends
// their sockets. What its function does not get to do, the sweep does.
func (s *sessions) signOutEverywhere(ctx context.Context, a actor, in SignOutEverywhere) (signOutResult, error) {
	if in.ExceptThis && a.socket == nil { // its answer could be lost, and with it a guest's only token
		return signOutResult{}, badRequest(`"exceptThis" is for connections. Leave it out.`)
	}
	o := SignOut{UserID: a.ID, Until: s.now().Truncate(time.Second)}
	if a.since.After(o.Until) { // the clocks may differ
		o.Until = a.since.Truncate(time.Second)
	}
	if in.ExceptThis {
		o.Kept = a.socket.ID()
	}
	var result signOutResult
	if in.ExceptThis && auth.IsGuest(a.ID) && s.guests != nil {
		var err error
		if result.Token, _, err = s.guests.Renew(a.ID, a.Name, o.Until.Add(time.Second)); err != nil {
			return signOutResult{}, err
		}
	}
	if err := s.store.SignOut(ctx, o); err != nil {
		return signOutResult{}, err
	}
	s.log.InfoContext(ctx, "signed out everywhere", "user", a.ID)
	if err := s.endSessions(ctx, o, a.socket); err != nil {
		s.log.WarnContext(ctx, "not all devices are signed out yet", "user", a.ID, "error", err)
	}
	return result, nil
}

// endSessions ends the sockets of somebody who signed out everywhere. The asking socket, which
// may be nil, still gets its answer: its next message or the sweep ends it.
func (s *sessions) endSessions(ctx context.Context, o SignOut, asking *realtime.Socket) error {
	sockets, err := s.server.In(devices(o.UserID)).FetchSockets(ctx)
	if err != nil {
		return err
	}
	return wait.ForEach(ctx, lookupsAtOnce, sockets, func(ctx context.Context, other realtime.RemoteSocket) error {
		var p person
		switch err := other.Data(&p); {
		case err != nil:
			return err
		case other.ID == o.Kept, !isSignedOut(p.since(), o.Until):
			return nil
		case asking != nil && other.ID == asking.ID():
			return asking.SetExpiry(ctx, s.now())
		default:
			return other.Disconnect(ctx, true)
		}
	})
}

// repairSignOuts ends the sockets that functions which died or failed have left, and those that
// were admitted meanwhile. The sweep calls it on each run.
func (s *sessions) repairSignOuts(ctx context.Context) error {
	all, err := s.store.SignOuts(ctx)
	if err != nil {
		return err
	}
	return wait.ForEach(ctx, repairParallel, all, func(ctx context.Context, o SignOut) error {
		err := s.endSessions(ctx, o, nil)
		if err == nil && s.now().Sub(o.Until) > changeLease {
			err = s.store.ForgetSignOut(ctx, o)
		}
		if err != nil {
			s.log.WarnContext(ctx, "not all devices are signed out yet", "user", o.UserID, "error", err)
		}
		return nil // the others are ended, and these by the next run
	})
}

// admit returns an error if somebody has signed out everywhere since they signed in.
func (s *sessions) admit(ctx context.Context, id auth.Identity) error {
	until, err := s.store.SignedOut(ctx, id.ID)
	if err == nil && isSignedOut(id.Since, until) {
		err = errSignedOut
	}
	return err
}
