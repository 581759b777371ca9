// Package memstore is a chat.Store in memory, for tests and simulations. Enter at [New].
// It forgets nothing: an idempotency record is there for longer than a store has to keep
// it. One mutex guards everything, so every method is one step.
package memstore

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// Store is a chat.Store in memory. It is safe for concurrent use.
//
//layout:large because it has the methods of chat.Store
type Store struct {
	mu sync.Mutex
	// rooms by id.
	rooms map[string]chat.Room
	// created has what was created by creator and tempID.
	created map[tempKey]created
	// members by room and user.
	members map[string]map[string]chat.Member
	// marks by room and user.
	marks map[membership]chat.Mark
	// follows tells by thread and user who follows, and who has stopped it.
	follows map[membership]bool
	// drafts by room or thread and user.
	drafts map[membership]chat.Draft
	// mentions are where users were mentioned.
	mentions map[mention]bool
	// invitations by room and user.
	invitations map[membership]chat.Invitation
	// made has how much a user made on a day.
	made map[day]made
	// typing is when members last began to type.
	typing map[membership]typing
	// changes by room and user.
	changes map[membership]chat.Change
	// logs by their ids.
	logs map[string]*log
	// reactions by themselves, and what is noted of them.
	reactions     map[chat.Reacted]bool
	reactionNotes map[chat.ReactionNote]bool
	checks        map[chat.Check]bool
	links         map[link]knownLink
	// users who were ever online, by id.
	users map[string]*user
	// paid is until when the users' deliveries take at their budgets' rate.
	paid map[string]time.Time
	// signedOut is until when users are signed out everywhere, signOuts what is noted of it.
	signedOut map[string]time.Time
	signOuts  map[string]chat.SignOut
}

// tempKey is a tempID with whom it belongs to.
type tempKey struct{ userID, tempID string }

// membership names a user in a room or a thread; without a user, the room itself.
type membership struct{ roomID, userID string }

var _ chat.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		rooms:         map[string]chat.Room{},
		created:       map[tempKey]created{},
		members:       map[string]map[string]chat.Member{},
		marks:         map[membership]chat.Mark{},
		follows:       map[membership]bool{},
		mentions:      map[mention]bool{},
		drafts:        map[membership]chat.Draft{},
		invitations:   map[membership]chat.Invitation{},
		made:          map[day]made{},
		changes:       map[membership]chat.Change{},
		logs:          map[string]*log{},
		checks:        map[chat.Check]bool{},
		links:         map[link]knownLink{},
		users:         map[string]*user{},
		typing:        map[membership]typing{},
		paid:          map[string]time.Time{},
		signedOut:     map[string]time.Time{},
		signOuts:      map[string]chat.SignOut{},
		reactions:     map[chat.Reacted]bool{},
		reactionNotes: map[chat.ReactionNote]bool{},
	}
}
