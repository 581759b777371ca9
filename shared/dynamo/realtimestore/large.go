package realtimestore

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// The members of a room are in one partition, its base, which one Query reads. In the base of a
// room with many members stands a mark, and while it stands, who joins may be put into one of the
// room's shards instead. Who reads the base finds the mark, and reads the shards too. A mark lives
// longer than the memberships that were put into shards while it stood: docs/adr/0040.

const (
	// largeRoom is the default of Options.LargeRoom.
	largeRoom = 1000
	// markName is the sort key of a mark. It comes before the ids of connections, so that the first
	// page of the base has it.
	markName = "!"
	// largeFor is for how long a room is marked. The mark is renewed in its second half, while the
	// room is large. Half of it is longer than a connection lives.
	largeFor = 6 * time.Hour
	// looks is how often a function that puts members into a room looks for its mark, in the time in
	// which it puts in as many as make a room large.
	looks = 32
)

// largeRooms is what this process knows of rooms: which are large, and how many memberships it has
// written to others. It may know less than others do: then it puts members into the base.
type largeRooms struct {
	// size is how many members a room has at most that is not large.
	size int

	mu      sync.Mutex
	until   map[string]time.Time // by base: when the mark expires
	written map[string]int       // by base, since this process last looked
}

func newLargeRooms(size int) *largeRooms {
	return &largeRooms{size: size, until: map[string]time.Time{}, written: map[string]int{}}
}

// learn records until when a room is large.
func (l *largeRooms) learn(base string, until, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.until, func(_ string, until time.Time) bool { return !now.Before(until) })
	if until.After(l.until[base]) {
		l.until[base] = until
	}
}

// isUntil reports whether this process knows that a room is large, and will be until a time.
func (l *largeRooms) isUntil(base string, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return at.Before(l.until[base])
}

// maxCounted bounds the rooms of largeRooms.written.
const maxCounted = 10_000

// due counts memberships that have been written to rooms, and returns those rooms at which it is
// time to look.
func (l *largeRooms) due(bases []string) (due []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, base := range bases {
		if l.written[base]++; l.written[base] > l.size/looks {
			delete(l.written, base)
			due = append(due, base)
		}
	}
	if len(l.written) > maxCounted {
		clear(l.written)
	}
	return due
}

// shardable returns those of rooms that this process knows to be large until a time.
func (s *Store) shardable(namespace string, rooms []string, until time.Time) (large []string) {
	for _, room := range rooms {
		if s.large.isUntil(roomPartition(namespace, room), until) {
			large = append(large, room)
		}
	}
	return large
}

// lookAtRooms looks at rooms into which a member has just been put, once in a while: whether they
// are large, or still are. A failure is ignored, because the next look comes soon.
func (s *Store) lookAtRooms(ctx context.Context, socket store.SocketRef, rooms []string) {
	roomOf := map[string]string{}
	for _, room := range rooms {
		roomOf[roomPartition(socket.Namespace, room)] = room
	}
	due := s.large.due(slices.Sorted(maps.Keys(roomOf)))
	_ = wait.ForEach(ctx, atOnce, due, func(ctx context.Context, base string) error {
		return s.lookAtRoom(ctx, base, shardKey(socket.Namespace, roomOf[base], socket.ConnectionID))
	})
}

// lookAtRoom marks a room that has become large, or still is when its mark is old. shard is a key in one of
// its shards.
func (s *Store) lookAtRoom(ctx context.Context, base string, shard table.Item) error {
	marks, err := s.table.Get(ctx, []table.Item{table.Key(base, markName)})
	if err != nil {
		return err
	}
	partition, most := base, s.large.size
	if len(marks) > 0 {
		until := ttlOf(marks[0])
		s.large.learn(base, until, s.now())
		if !s.isOld(until) {
			return nil
		}
		partition, most = table.String(shard, schema.PartitionKey), s.large.size/2/roomShards
	}
	in := table.PartitionQuery(partition)
	in.TableName, in.Select, in.Limit = aws.String(s.table.Name), types.SelectCount, aws.Int32(int32(most)+1)
	out, err := s.table.Client.Query(ctx, &in)
	if err != nil || int(out.Count) <= most {
		return err
	}
	return s.markLarge(ctx, base)
}

// isOld reports whether a mark is in its second half.
func (s *Store) isOld(until time.Time) bool { return until.Before(s.now().Add(largeFor / 2)) }

// markLarge marks a room as large from now on.
func (s *Store) markLarge(ctx context.Context, base string) error {
	now := s.now()
	until := now.Add(largeFor).Truncate(time.Second)
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       table.Key(base, markName),
		UpdateExpression:          aws.String("SET #ttl = :ttl"),
		ExpressionAttributeNames:  map[string]string{"#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{":ttl": expiry(until)},
	})
	if err != nil {
		return table.Classify(err)
	}
	s.large.learn(base, until, now)
	return nil
}

// members returns the memberships in a room by key: those of its shards, and then those of its
// base that are in no shard.
func (s *Store) members(ctx context.Context, namespace, room string) ([]table.Item, error) {
	base, shards := roomPartition(namespace, room), shardPartitions(namespace, room)
	first := []string{base}
	known := s.large.isUntil(base, s.now())
	if known {
		first = append(first, shards...)
	}
	found, err := s.partitions(ctx, first)
	if err != nil {
		return nil, err
	}
	inBase, until := splitMark(found[base])
	if !until.IsZero() {
		s.large.learn(base, until, s.now())
		if !known {
			if found, err = s.partitions(ctx, shards); err != nil {
				return nil, err
			}
		}
	}
	var members []table.Item
	sharded := map[string]bool{}
	for _, shard := range shards {
		for _, item := range found[shard] {
			sharded[table.String(item, schema.SortKey)] = true
			members = append(members, item)
		}
	}
	// Of two memberships of a connection, that in a shard is the later one.
	for _, item := range inBase {
		if !sharded[table.String(item, schema.SortKey)] {
			members = append(members, item)
		}
	}
	if until.IsZero() && len(inBase) > s.large.size || !until.IsZero() && s.isOld(until) && len(members) > s.large.size/2 {
		_ = s.markLarge(ctx, base) // if it fails, the next reader does it
	}
	return members, nil
}

// splitMark separates the members in a base from its mark. until is when the mark expires; zero:
// there is none.
func splitMark(items []table.Item) (members []table.Item, until time.Time) {
	if len(items) > 0 && table.String(items[0], schema.SortKey) == markName {
		return items[1:], ttlOf(items[0])
	}
	return items, time.Time{}
}

// partitions returns what is in partitions, read at once.
func (s *Store) partitions(ctx context.Context, partitions []string) (map[string][]table.Item, error) {
	var mu sync.Mutex
	found := map[string][]table.Item{}
	return found, wait.ForEach(ctx, atOnce, partitions, func(ctx context.Context, partition string) error {
		items, err := s.table.Partition(ctx, partition)
		mu.Lock()
		defer mu.Unlock()
		found[partition] = items
		return err
	})
}

func ttlOf(item table.Item) time.Time {
	ttl, _ := table.Int(item, schema.TTL)
	return time.Unix(ttl, 0)
}
