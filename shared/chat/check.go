package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/wait"
)

// checksAtOnce is how many checks the sweep makes at a time. What they find leaves together.
const checksAtOnce = 100

// repair makes the checks that are due: it tells others of those who came online, and takes offline whose
// last socket is gone. The sweep calls it on each run.
func (p *presence) repair(ctx context.Context) error {
	checks, err := p.store.Checks(ctx, p.now())
	if err != nil {
		return err
	}
	var errs []error
	for chunk := range slices.Chunk(checks, checksAtOnce) {
		errs = append(errs, p.check(ctx, chunk))
	}
	return errors.Join(errs...)
}

func (p *presence) check(ctx context.Context, checks []Check) error {
	now := p.now()
	coming := func(c Check) bool { return c.isComing(now) }
	lives, err := p.living(ctx, slices.DeleteFunc(slices.Clone(checks), coming))
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.User.ID)
	}
	presences, err := p.store.Presences(ctx, ids, now)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	done := slices.DeleteFunc(slices.Clone(checks), coming)
	changes := map[string]presenceChange{}
	err = wait.ForEach(ctx, lookupsAtOnce, checks, func(ctx context.Context, c Check) error {
		found, noted, err := p.checkOne(ctx, c, coming(c) || lives[c.Key()], presences[c.User.ID])
		mu.Lock()
		defer mu.Unlock()
		done = append(done, noted...)
		if found != nil && found.now.Version > changes[c.User.ID].now.Version {
			changes[c.User.ID] = *found
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := p.tellFound(ctx, changes); err != nil {
		return err
	}
	return p.store.ForgetChecks(ctx, done)
}

// isComing reports whether the CONNECT of the socket may not be over. It lives then, and is looked at again.
func (c Check) isComing(now time.Time) bool { return !c.Lost && now.Before(c.Due.Add(changeLease)) }

// isUntold reports whether others are to be told that a user is online.
func (p *presence) isUntold(now Presence) bool {
	return now.Online && !now.Told && p.tells != mode.NoPresence
}

// checkOne makes one check of a socket of a user with this presence. It returns what others are
// to be told, or nil, and the checks that it has noted.
func (p *presence) checkOne(ctx context.Context, c Check, lives bool, now Presence) (found *presenceChange, noted []Check, err error) {
	switch {
	case lives && p.isUntold(now):
		return &presenceChange{user: c.User, now: now}, nil, nil
	case lives, !c.Lost && !slices.Contains(now.Sockets, c.Key()):
		return nil, nil, nil // nothing, or its disconnect handlers have seen to it
	case !c.Lost:
		// They ran before it came online. Whoever repeats this check must know.
		c.Due, c.Lost = At(p.now()).Time, true
		if err := p.store.NoteCheck(ctx, c); err != nil {
			return nil, nil, err
		}
		noted = append(noted, c)
	}
	t := now.Last
	if slices.Contains(now.Sockets, c.Key()) { // otherwise its disconnect handlers have taken it away
		t, err = p.store.Offline(ctx, c.User.ID, c.Key(), At(p.now()).Time)
	}
	if err != nil || t.Others > 0 || t.Version == 0 || p.tells == mode.NoPresence {
		return nil, noted, err
	}
	if current, err := p.store.SetTold(ctx, c.User.ID, t.Version, false); err != nil || !current {
		return nil, noted, err
	}
	change := offline(c.User, t)
	return &change, noted, nil
}

// living returns which of the sockets live, by their keys. Those whose lines were lost do not.
func (p *presence) living(ctx context.Context, checks []Check) (map[string]bool, error) {
	var ids []string
	for _, c := range checks {
		if !c.Lost {
			ids = append(ids, c.SocketID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	sockets, err := p.server.In(ids...).FetchSockets(ctx)
	if err != nil {
		return nil, err
	}
	lives := map[string]bool{}
	for _, s := range sockets {
		lives[Check{ConnectionID: s.ConnectionID, SocketID: s.ID}.Key()] = true
	}
	return lives, nil
}

// tellFound tells others of what checks have found, by user.
func (p *presence) tellFound(ctx context.Context, changes map[string]presenceChange) error {
	var all []presenceChange
	for _, id := range slices.Sorted(maps.Keys(changes)) {
		all = append(all, changes[id])
	}
	if err := p.others.tell(ctx, all); err != nil {
		return err
	}
	for _, c := range all {
		if !c.now.Online {
			continue
		}
		if _, err := p.store.SetTold(ctx, c.user.ID, c.now.Version, true); err != nil {
			return err
		}
	}
	return nil
}
