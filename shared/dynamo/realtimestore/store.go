// Package realtimestore is the engine's store.Store on DynamoDB: connections with their
// sockets, rooms, slots, endings, acknowledgements, fragments of binary packets, sessions
// and packets for recovery, and the answers of Once. Enter at [New].
//
// What to beware of: a connection's item names a room before the membership is written,
// and until the membership is deleted, and whether it is in a shard of the room. So the ending
// of a connection finds every membership, wherever a function died. Every item has a time to live. docs/data-model.md
// shows the items.
package realtimestore

import (
	"cmp"
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
	large *largeRooms
}

var _ store.Store = (*Store)(nil)

// Options configure a Store. Client and Table are required.
type Options struct {
	Client table.Client
	Table  string
	// LargeRoom is how many members a room has at most before further ones are put into shards:
	// 1,000.
	LargeRoom int
	// Now is the clock: time.Now.
	Now func() time.Time
}

// New returns a Store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{
		table: table.Table{Client: o.Client, Name: o.Table, Now: o.Now},
		now:   o.Now,
		large: newLargeRooms(cmp.Or(o.LargeRoom, largeRoom)),
	}
}
