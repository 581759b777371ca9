package realtimestore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Connections, and the members of a large room, are spread over partitions. A partition takes
// 1,000 writes a second. So a whole API takes about 36,000 messages a second, and a large room
// 16,000 joins. The numbers never change, because they are part of the keys.
const (
	connectionPartitions = store.Parts * store.Slots
	roomShards           = 16
)

// connectionKey returns a connection's key. The partition's number modulo Slots is the
// connection's slot, and the number of times that it has Slots is its part.
func connectionKey(id string) table.Item {
	return table.Key(connectionPartition(int(table.Hash(id)%connectionPartitions)), id)
}

func connectionPartition(n int) string { return "C#" + strconv.Itoa(n) }

// memberKey returns the key of a connection's membership in the base of a room, and shardKey that in
// one of the shards of a large room. Everyone is a room like any other.
func memberKey(namespace, room, connectionID string) table.Item {
	return table.Key(roomPartition(namespace, room), connectionID)
}

func shardKey(namespace, room, connectionID string) table.Item {
	return table.Key(shardPartition(namespace, room, int(table.Hash(connectionID)%roomShards)), connectionID)
}

func roomPartition(namespace, room string) string {
	return "R#" + escape(namespace) + "#" + room
}

// shardPartitions returns the partitions of all shards of a room.
func shardPartitions(namespace, room string) []string {
	all := make([]string, roomShards)
	for i := range all {
		all[i] = shardPartition(namespace, room, i)
	}
	return all
}

func shardPartition(namespace, room string, shard int) string {
	return fmt.Sprintf("%s%d#%s#%s", shardPrefix, shard, escape(namespace), room)
}

const shardPrefix = "M#"

// isSharded reports whether a membership is in a shard.
func isSharded(membership table.Item) bool {
	return strings.HasPrefix(table.String(membership, schema.PartitionKey), shardPrefix)
}

// handshakeKey is the key of a handshake that is too large for its connection's record, and
// roomsKey that of the rooms of a socket that the record has no place for.
func handshakeKey(connectionID string) table.Item {
	return table.Key("H#"+connectionID, "handshake")
}

func roomsKey(connectionID, namespace string) table.Item {
	return table.Key("J#"+connectionID, namespace)
}

func ackPartition(namespace string, id uint64) string {
	return fmt.Sprintf("A#%s#%d", escape(namespace), id)
}

func fragmentPartition(connectionID string) string { return "B#" + connectionID }

// bodyKey is the key of the body of a fragment that is too large for fragmentKey's item.
func bodyKey(connectionID string, f store.Fragment) table.Item {
	return table.Key("D#"+connectionID, fragmentName(f))
}

// notePartition returns the partition of a part of the notes of what has begun with connections.
func notePartition(part int) string { return "P#notes#" + strconv.Itoa(part) }

// noteKey returns the key of a connection's note.
func noteKey(connectionID string) table.Item {
	return table.Key(notePartition(int(table.Hash(connectionID)%store.Parts)), connectionID)
}

const slotPartition = "P#slots"

func logPartition(namespace, room string) string { return "L#" + escape(namespace) + "#" + room }

// clockKey is the key of the clock of all logs.
func clockKey() table.Item { return table.Key("P#clock", "clock") }

var escaper = strings.NewReplacer("%", "%25", "#", "%23")

// escape escapes the separator in a namespace's name.
func escape(namespace string) string { return escaper.Replace(namespace) }
