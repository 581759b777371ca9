package chat

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// publish lets a message show the reactions that are stored, and tells the room. If another
// summary was published a moment ago, it waits: somebody else may publish for both of them. now is
// the message as it was before the reaction was stored.
func (r *reactions) publish(ctx context.Context, a actor, log string, now Revisable) (messageResult, error) {
	stored := r.now()
	var waitedFor Time
	first, last := true, error(nil)
	for range reviseAgain.Attempts(ctx) {
		for pause := r.untilPublished(now.Message); pause > 0 && now.Message.ReactedAt != waitedFor; pause = r.untilPublished(now.Message) {
			waitedFor = now.Message.ReactedAt
			if err := wait.Sleep(ctx, pause+rand.N(publishPause)); err != nil {
				return messageResult{}, realtime.Unavailable(err)
			}
			var err error
			if now, err = r.look(ctx, log, now.Message.Seq); err != nil {
				return messageResult{}, err
			}
			if now.Message.ReactedAt.After(stored.Add(clockSkew)) {
				return messageResult{now.Message}, nil // whoever published it has told the room
			}
			first = false
		}
		next, err := r.summarized(ctx, log, now)
		if errors.Is(err, errSame) && !first {
			return messageResult{next}, nil
		}
		if err == nil {
			err = r.store.Revise(ctx, next, now.Message, a.ID)
		}
		switch {
		case err == nil, errors.Is(err, errSame):
			// A repetition tells the room again: the attempt before may have died.
			return messageResult{next}, r.tellChanged(ctx, a, next, now.Left)
		case !errors.Is(err, ErrRevised):
			return messageResult{}, err
		}
		first, last = false, err
		if now, err = r.look(ctx, log, now.Message.Seq); err != nil {
			return messageResult{}, err
		}
	}
	return messageResult{}, realtime.Unavailable(last)
}

// untilPublished returns how long the next summary of a message has to wait.
func (r *reactions) untilPublished(now Message) time.Duration {
	return min(now.ReactedAt.Add(publishPause).Sub(r.now()), publishPause)
}

// look reads a message again that others change at the same time, and pays for it.
func (r *reactions) look(ctx context.Context, log string, seq int64) (Revisable, error) {
	if err := realtime.Spend(ctx, reviseWork); err != nil {
		return Revisable{}, err
	}
	now, err := r.store.Revisable(ctx, log, seq)
	if err == nil && !now.Message.DeletedAt.IsZero() {
		err = errors.Join(r.store.ForgetReactions(ctx, log, seq), errNoMessage)
	}
	return now, err
}

// summarized returns a message as its next revision, with the reactions that are stored. It
// returns errSame if it shows them already.
func (r *reactions) summarized(ctx context.Context, log string, now Revisable) (Message, error) {
	next := now.Message
	next.ReactedAt = At(r.now()) // before they are read: it shows all that were stored until now
	all, err := r.store.Reactions(ctx, log, next.Seq)
	if err != nil {
		return next, err
	}
	if err := realtime.Spend(ctx, len(all)/summaryReads); err != nil {
		return next, err
	}
	next.Reactions = summary(all)
	if reflect.DeepEqual(next.Reactions, now.Message.Reactions) {
		return now.Message, errSame
	}
	next.Rev = now.Head + 1
	encoded, err := json.Marshal(next)
	if err != nil {
		return next, err
	}
	return next, realtime.Spend(ctx, len(encoded)/1024*rewriteWork)
}

// summary is what a message shows of its reactions, which are in the order of emojis and ids.
func summary(all []Reacted) map[string]Reaction {
	shown := map[string]Reaction{}
	var emojis []string
	for _, r := range all {
		s, there := shown[r.Emoji]
		if !there {
			emojis = append(emojis, r.Emoji)
		}
		if s.Count++; s.Count <= maxShown {
			s.Users = append(s.Users, r.User)
		}
		shown[r.Emoji] = s
	}
	slices.SortStableFunc(emojis, func(a, b string) int { return shown[b].Count - shown[a].Count })
	for _, emoji := range emojis[min(maxEmojis, len(emojis)):] {
		delete(shown, emoji)
	}
	if len(shown) == 0 {
		return nil // as it is read from a message without reactions
	}
	return shown
}

// repairAtOnce bounds how many notes of reactions the sweep looks after in one run.
const repairAtOnce = 1000

// repair publishes reactions whose functions died, or which others left out. The sweep
// calls it on each run.
func (r *reactions) repair(ctx context.Context) error {
	notes, err := r.store.ReactionNotes(ctx, r.now().Add(-changeLease), repairAtOnce)
	if err != nil {
		return err
	}
	type place struct {
		log string
		seq int64
	}
	of := map[place][]ReactionNote{}
	var places []place
	for _, n := range notes {
		p := place{n.Log, n.Seq}
		if of[p] == nil {
			places = append(places, p)
		}
		of[p] = append(of[p], n)
	}
	return wait.ForEach(ctx, repairParallel, places, func(ctx context.Context, p place) error {
		if err := r.repairOne(ctx, p.log, p.seq, of[p]); err != nil {
			r.log.WarnContext(ctx, "reactions not repaired yet", "log", p.log, "seq", p.seq, "error", err)
			return nil // the others are repaired, and these by the next run
		}
		return r.store.ForgetReactionNotes(ctx, of[p])
	})
}

// repairOne publishes the reactions to one message, in the name of somebody who reacted
// and is still a member. If nobody is, the next one who reacts does it.
func (r *reactions) repairOne(ctx context.Context, log string, seq int64, notes []ReactionNote) error {
	now, err := r.store.Revisable(ctx, log, seq)
	if err != nil {
		return err
	}
	if now.Message.Seq == 0 || !now.Message.DeletedAt.IsZero() {
		return r.store.ForgetReactions(ctx, log, seq)
	}
	next, err := r.summarized(ctx, log, now)
	if errors.Is(err, errSame) {
		return nil
	}
	for i := 0; err == nil && i < len(notes); i++ {
		a := actor{User: User{ID: notes[i].UserID}}
		switch revised := r.store.Revise(ctx, next, now.Message, a.ID); {
		case revised == nil:
			return r.tellChanged(ctx, a, next, now.Left)
		case !errors.Is(revised, ErrNotMember):
			err = revised
		}
	}
	return err
}
