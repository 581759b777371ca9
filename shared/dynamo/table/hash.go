package table

import "hash/fnv"

// Hash spreads keys over the shards of a partition. It never changes, because it is part of the
// keys that are stored.
func Hash(key string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return h.Sum32()
}
