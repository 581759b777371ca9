package realtimestore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Connections, and the sockets of a namespace, are spread over partitions. A partition takes
// 1,000 writes a second. So a whole API takes about 36,000 messages a second, and a namespace
// about 4,000 new sockets.
const (
	connectionPartitions = 4 * store.Slots
	everyoneShards       = 4
)

// connectionKey returns a connection's key. The partition's number modulo Slots is the
// connection's slot.
func connectionKey(id string) table.Item {
	return table.Key(connectionPartition(int(table.Hash(id)%connectionPartitions)), id)
}

func connectionPartition(n int) string { return "C#" + strconv.Itoa(n) }

// memberPartitions returns the partitions that hold the sockets of a room.
func memberPartitions(namespace, room string) []string {
	if room != store.Everyone {
		return []string{roomPartition(namespace, room)}
	}
	all := make([]string, everyoneShards)
	for i := range all {
		all[i] = everyonePartition(namespace, i)
	}
	return all
}

// memberKey returns the key of a connection's socket in a room, or in Everyone.
func memberKey(namespace, room, connectionID string) table.Item {
	if room == store.Everyone {
		return table.Key(everyonePartition(namespace, int(table.Hash(connectionID)%everyoneShards)), connectionID)
	}
	return table.Key(roomPartition(namespace, room), connectionID)
}

func roomPartition(namespace, room string) string {
	return "R#" + escape(namespace) + "#" + room
}

func everyonePartition(namespace string, shard int) string {
	return fmt.Sprintf("E#%s#%d", escape(namespace), shard)
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

// noteShards spreads the notes of what has begun with connections.
const noteShards = 4

func notePartition(shard int) string { return "P#notes#" + strconv.Itoa(shard) }

// noteKey returns the key of a connection's note.
func noteKey(connectionID string) table.Item {
	return table.Key(notePartition(int(table.Hash(connectionID)%noteShards)), connectionID)
}

const slotPartition = "P#slots"

func logPartition(namespace, room string) string { return "L#" + escape(namespace) + "#" + room }

// clockKey is the key of the clock of all logs.
func clockKey() table.Item { return table.Key("P#clock", "clock") }

var escaper = strings.NewReplacer("%", "%25", "#", "%23")

// escape escapes the separator in a namespace's name.
func escape(namespace string) string { return escaper.Replace(namespace) }
