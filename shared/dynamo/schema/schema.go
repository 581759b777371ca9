// Package schema declares the two DynamoDB tables in one place: the CDK stack
// creates them from it, the local cloud does, and the code reads its key names
// here. It imports nothing, so that infra and tools can use it.
package schema

// Attributes with a meaning of their own in both tables. Both keys are strings.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
	// TTL holds the second (Unix time) after which DynamoDB may delete an item.
	// Deletion is late by hours, so every reader also filters by it.
	TTL = "ttl"
)

// Table is what is to be created. Both tables are billed on demand, have
// PartitionKey and SortKey as their key and TTL as their time to live.
type Table struct {
	// ID is the construct's id and the name of the table in the local cloud.
	ID string
	// Durable tables hold what outlives sessions, and are encrypted with a key whose
	// use is in the account's audit trail.
	Durable bool
}

// Realtime holds connections, rooms, pending acks and what else lives as long as
// a session. Chat holds what people wrote.
var (
	Realtime = Table{ID: "realtime"}
	Chat     = Table{ID: "chat", Durable: true}
)

// Tables returns both.
func Tables() []Table { return []Table{Realtime, Chat} }
