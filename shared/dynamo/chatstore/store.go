// Package chatstore is a chat.Store in DynamoDB. Enter at [New]; docs/data-model.md shows
// the items.
package chatstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// Store is a chat.Store on one table, which has the form of schema.Chat. It is safe for
// concurrent use.
//
//layout:large because it has the methods of chat.Store
type Store struct {
	table table.Table
}

var _ chat.Store = (*Store)(nil)

// Options configure a Store. Client and Table are required.
type Options struct {
	Client table.Client
	Table  string
	// Now is the clock that expiry is judged by: time.Now.
	Now func() time.Time
}

// New returns a Store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{table.Table{Client: o.Client, Name: o.Table, Now: o.Now}}
}

// bucketSize is how many positions of a log share a partition. A page touches two
// partitions at most, and none grows without end.
const bucketSize = 1000

func roomPartition(roomID string) string { return "R#" + roomID }
func userPartition(userID string) string { return "U#" + userID }

func roomKey(roomID string) table.Item { return table.Key(roomPartition(roomID), "ROOM") }

// memberPrefix sorts a room's members after the room itself.
const memberPrefix = "M#"

func memberKey(roomID, userID string) table.Item {
	return table.Key(roomPartition(roomID), memberPrefix+userID)
}

// userRoomPrefix sorts a user's rooms after the invitations, and apart from them.
const userRoomPrefix = "R#"

// admissionPrefix is that of a user's rooms, and of until when the user is signed out everywhere.
const admissionPrefix = "R"

func signedOutKey(userID string) table.Item {
	return table.Key(userPartition(userID), admissionPrefix+"!OUT")
}

// userRoomKey is the other direction of memberKey.
func userRoomKey(userID, roomID string) table.Item {
	return table.Key(userPartition(userID), userRoomPrefix+roomID)
}

// lastKey sorts after every id.
const lastKey = "\x7f"

// invitationPrefix sorts the invitations of a user, and the invited users of a room.
const invitationPrefix = "I#"

func invitationKey(userID, roomID string) table.Item {
	return table.Key(userPartition(userID), invitationPrefix+roomID)
}

// invitedKey is the other direction of invitationKey.
func invitedKey(roomID, userID string) table.Item {
	return table.Key(roomPartition(roomID), invitationPrefix+userID)
}

// limitPartition has what bounds a user: how many rooms they are in, and what they made on a
// day.
func limitPartition(userID string) string { return "L#" + userID }

// pinPrefix sorts a room's pinned messages after its members.
const pinPrefix = "P#"

func pinKey(roomID string, seq int64) table.Item {
	return table.Key(roomPartition(roomID), pinPrefix+position(seq))
}

// counterKey has a partition of its own, because every message writes to it.
func counterKey(roomID string) table.Item { return table.Key("Q#"+roomID, "COUNTER") }

func bucketPartition(log string, bucket int64) string {
	return "M#" + log + "#" + strconv.FormatInt(bucket, 10)
}

func entryKey(log string, seq int64) table.Item {
	return table.Key(bucketPartition(log, seq/bucketSize), position(seq))
}

// position is a sort key: positions have their order up to lastPosition.
func position(seq int64) string { return fmt.Sprintf("%015d", seq) }

// lastPosition is the last one that a log may have.
const lastPosition = 1e15 - 1

func onceKey(roomID, senderID, tempID string) table.Item {
	return table.Key("I#"+roomID+"#"+senderID, tempID)
}

// createdKey is the key of a room's idempotency record, onceKey that of a message's.
func createdKey(creatorID, tempID string) table.Item { return table.Key("N#"+creatorID, tempID) }

// followsPartition has the threads that a user follows. It is not that of their rooms, which every
// CONNECT reads.
func followsPartition(userID string) string { return "F#" + userID }

func followKey(userID, log string) table.Item { return table.Key(followsPartition(userID), log) }

// mentionsPartition has where a user was mentioned.
func mentionsPartition(userID string) string { return "A#" + userID }

func presenceKey(userID string) table.Item { return table.Key("P#"+userID, "PRESENCE") }

func budgetKey(userID string) table.Item { return table.Key("B#"+userID, "BUDGET") }

// changesPartition holds the changes of memberships that are noted.
const changesPartition = "K#changes"

func changeKey(roomID, userID string) table.Item {
	return table.Key(changesPartition, roomID+"#"+userID)
}

// signOutsPartition holds the sign-outs that are noted.
const signOutsPartition = "K#signouts"

func signOutKey(userID string) table.Item { return table.Key(signOutsPartition, userID) }

// checkShards spreads the checks, because each connection makes one or two.
const checkShards = 4

func checkPartition(shard int) string { return "K#checks#" + strconv.Itoa(shard) }

const openPartition = "D#open"

// attrJSON holds a room or a message in the form that clients get.
const attrJSON = "json"

// encode does not escape the signs of HTML, as json.Marshal does: data has to come back as it was,
// so that a repetition finds it the same.
func encode(v any) (string, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(out.String(), "\n"), err
}

func decode(item table.Item, v any) error {
	if err := json.Unmarshal([]byte(table.String(item, attrJSON)), v); err != nil {
		return fmt.Errorf("decode item: %w", err)
	}
	return nil
}
