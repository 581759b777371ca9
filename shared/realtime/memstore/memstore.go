// Package memstore is a store.Store in memory, for tests and simulations. Enter at [New].
//
// One mutex guards everything, so every method is one step. What a method takes and returns
// is copied, apart from the bytes of frames, which are not to be changed. What has expired is
// hidden at once, and deleted when the next slot is visited.
package memstore

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Store is a store.Store in memory. It is safe for concurrent use. Its methods do not look
// at their contexts.
//
//layout:large because it implements the whole port, each role in a file
type Store struct {
	now func() time.Time

	mu          sync.Mutex
	connections map[string]*connection        // by id
	notes       map[string]store.Note         // by connection
	rooms       map[roomKey]map[string]member // by connection
	answers     map[ackKey]map[string]answer  // by connection
	sessions    map[string]*session           // by pid
	left        map[leftKey]expiring
	logs        map[roomKey][]packet  // sorted by key
	clock       int64                 // of the logs
	attempts    map[string]attempt    // by key
	claims      int                   // handed out by Begin
	counts      map[string]count      // by key
	fragments   map[string][]fragment // by connection, in order
	pinged      [store.Slots][store.Parts]time.Time
	pageSize    int // zero: a page has all
}

var _ store.Store = (*Store)(nil)

// New returns an empty store that tells by now what has expired. Nil is time.Now.
func New(now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{
		now:         now,
		connections: map[string]*connection{},
		notes:       map[string]store.Note{},
		rooms:       map[roomKey]map[string]member{},
		answers:     map[ackKey]map[string]answer{},
		sessions:    map[string]*session{},
		left:        map[leftKey]expiring{},
		logs:        map[roomKey][]packet{},
		attempts:    map[string]attempt{},
		counts:      map[string]count{},
		fragments:   map[string][]fragment{},
	}
}
