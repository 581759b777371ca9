// Package realtimestore keeps the engine's connections, rooms, acknowledgements and
// binary fragments in DynamoDB: it is a store.Store. Enter at [New].
//
// What to beware of: a connection's rooms are noted on its record before the
// memberships are written and after they are deleted, so that whatever dies in
// between, the ending finds every membership there may be. Everything has a time
// to live. docs/data-model.md shows the items.
package realtimestore

import (
	"time"

	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Store is a store.Store on one table of schema.Realtime's form.
//
//layout:large because it implements the whole port, each role in a file
type Store struct {
	table table.Table
	now   func() time.Time
}

var _ store.Store = (*Store)(nil)

// Options configure a Store. Client and Table are required.
type Options struct {
	Client table.Client
	Table  string
	// Now is the clock: time.Now.
	Now func() time.Time
}

// New returns a Store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{table: table.Table{Client: o.Client, Name: o.Table, Now: o.Now}, now: o.Now}
}
