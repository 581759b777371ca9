package chat

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// checksAtOnce is how many checks the sweep makes at a time. What they find leaves together.
const checksAtOnce = 100

// repair makes the checks that are due: it takes offline whose last socket is gone, and tells
// others of those who came online and of whom nobody was told. The sweep calls it on each run.
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
	lives, err := p.living(ctx, checks)
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.User.ID)
	}
	presences, err := p.store.Presences(ctx, ids, p.now())
	if err != nil {
		return err
	}
	done := slices.Clone(checks)
	changes := map[string]presenceChange{}
	for _, c := range checks {
		now := presences[c.User.ID]
		switch {
		case lives[c.Key()]:
			if now.Online && !now.Told {
				changes[c.User.ID] = presenceChange{user: c.User, now: now}
			}
			continue
		case !c.Lost && !slices.Contains(now.Sockets, c.Key()):
			continue // its disconnect handlers have seen to it
		case !c.Lost:
			// They ran before it came online. Whoever repeats this check must know.
			c.Due, c.Lost = At(p.now()).Time, true
			if err := p.store.NoteCheck(ctx, c); err != nil {
				return err
			}
			done = append(done, c)
		}
		t, gone, err := p.end(ctx, c)
		if err != nil {
			return err
		}
		if gone {
			changes[c.User.ID] = offline(c.User, t)
		}
	}
	if err := p.tellFound(ctx, changes); err != nil {
		return err
	}
	return p.store.ForgetChecks(ctx, done)
}

// living returns which of the sockets live, by their keys.
func (p *presence) living(ctx context.Context, checks []Check) (map[string]bool, error) {
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.SocketID)
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

// end takes a socket that is gone off its user's, and reports whether that makes them offline.
func (p *presence) end(ctx context.Context, c Check) (t Transition, gone bool, err error) {
	t, err = p.store.Offline(ctx, c.User.ID, c.Key(), At(p.now()).Time)
	if err != nil || t.Others > 0 || t.Version == 0 || p.tells == mode.NoPresence {
		return t, false, err
	}
	gone, err = p.store.SetTold(ctx, c.User.ID, t.Version, false)
	return t, gone, err
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
