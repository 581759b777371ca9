package chatstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

const (
	attrName     = "name"
	attrJoinedAt = "at"   // ms
	attrRoom     = "room" // the room that a request made
)

// creation are the writes that create a room, and where some of them are.
type creation struct {
	writes []types.TransactWriteItem
	// made counts what the creator makes, and inRooms the rooms of each member.
	made    int
	inRooms []int
}

func (c *creation) add(writes ...types.TransactWriteItem) (last int) {
	c.writes = append(c.writes, writes...)
	return len(c.writes) - 1
}

// CreateRoom implements chat.Store: one transaction, whose first write is the room and whose
// last is the idempotency record.
func (s *Store) CreateRoom(ctx context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, bool, error) {
	c, err := s.creationOf(r, members, invited)
	if err != nil {
		return chat.Room{}, false, fmt.Errorf("create room: %w", err)
	}
	record := table.With(createdKey(r.CreatedBy.ID, tempID), table.Item{
		attrRoom:        table.S(r.ID),
		attrFingerprint: table.S(r.Fingerprint(members, invited)),
		schema.TTL:      table.N(r.CreatedAt.Add(onceLifetime).Unix()),
	})
	if tempID != "" {
		c.add(s.table.PutNew(record))
	}
	err = s.table.Transact(ctx, c.writes)
	if err == nil {
		return r, true, nil
	}
	id := r.ID
	_, exists := table.RefusedAt(err, 0)
	if tempID != "" {
		once, repeated := table.RefusedAt(err, len(c.writes)-1)
		if exists && !repeated {
			// The two people have this room already. From now on the tempID stands for it.
			var put bool
			if once, put, err = s.table.PutItemNew(ctx, record); err != nil {
				return chat.Room{}, false, fmt.Errorf("create room: %w", err)
			}
			repeated = !put
		}
		if repeated {
			if conflicts(once, r.Fingerprint(members, invited)) {
				return chat.Room{}, false, chat.ErrConflict
			}
			exists, id = true, table.String(once, attrRoom)
		}
	}
	if !exists {
		return chat.Room{}, false, c.explain(err)
	}
	earlier, err := s.Room(ctx, id)
	return earlier, false, err
}

// EarlierRoom implements chat.Store: one or two Gets.
func (s *Store) EarlierRoom(ctx context.Context, r chat.Room, members []chat.Member, invited []string, tempID string) (chat.Room, error) {
	if tempID == "" {
		return s.Room(ctx, r.ID)
	}
	once, err := s.table.GetItem(ctx, createdKey(r.CreatedBy.ID, tempID))
	switch {
	case err != nil:
		return chat.Room{}, fmt.Errorf("earlier room: %w", err)
	case once == nil:
		return s.Room(ctx, r.ID)
	case conflicts(once, r.Fingerprint(members, invited)):
		return chat.Room{}, chat.ErrConflict
	default:
		return s.Room(ctx, table.String(once, attrRoom))
	}
}

func (s *Store) creationOf(r chat.Room, members []chat.Member, invited []string) (*creation, error) {
	encoded, err := encode(r)
	if err != nil {
		return nil, err
	}
	room, c := table.Item{attrJSON: table.S(encoded)}, &creation{}
	c.add(s.table.PutNew(table.With(roomKey(r.ID), room)), s.table.PutInTransaction(changeItem(chat.Change{RoomID: r.ID, At: r.CreatedAt.Time})))
	c.made = c.add(s.countMade(r.CreatedBy.ID, r.CreatedAt.Time, len(invited)))
	for _, m := range members {
		c.add(s.table.PutInTransaction(memberItem(r.ID, m)), s.table.PutInTransaction(userRoomItem(r.ID, m)))
		c.inRooms = append(c.inRooms, c.add(s.countRoom(m.ID)))
	}
	invitations, err := s.putInvitations(r, invited)
	if err != nil {
		return nil, err
	}
	c.add(invitations...)
	if r.Kind == chat.Channel {
		listed, err := encode(r.WithoutData())
		if err != nil {
			return nil, err
		}
		c.add(s.table.PutInTransaction(table.With(openKey(chat.Place{At: r.CreatedAt.Time, ID: r.ID}), table.Item{attrJSON: table.S(listed)})))
	}
	return c, nil
}

// explain returns why a room was not created.
func (c *creation) explain(err error) error {
	for _, count := range c.inRooms {
		if _, full := table.RefusedAt(err, count); full {
			return chat.ErrTooManyRooms
		}
	}
	if _, tooMany := table.RefusedAt(err, c.made); tooMany {
		return chat.ErrTooManyMade
	}
	return fmt.Errorf("create room: %w", err)
}

// openKey sorts the channels by their age.
func openKey(p chat.Place) table.Item {
	return table.Key(openPartition, fmt.Sprintf("%013d#%s", p.At.UnixMilli(), p.ID))
}

func memberItem(roomID string, m chat.Member) table.Item {
	return table.With(memberKey(roomID, m.ID), table.Item{
		attrName:     table.S(m.Name),
		attrJoinedAt: table.N(m.JoinedAt.UnixMilli()),
	})
}

// userRoomItem is the other direction of memberItem, with the member's mark.
func userRoomItem(roomID string, m chat.Member) table.Item {
	mark := chat.FirstMark(m)
	return table.With(userRoomKey(m.ID, roomID), table.Item{attrRead: table.N(mark.Seq), attrMarkVersion: table.N(mark.Version)})
}

// Room implements chat.Store.
func (s *Store) Room(ctx context.Context, roomID string) (chat.Room, error) {
	item, err := s.table.GetItem(ctx, roomKey(roomID))
	if err != nil {
		return chat.Room{}, fmt.Errorf("room: %w", err)
	}
	if item == nil {
		return chat.Room{}, chat.ErrNoRoom
	}
	var r chat.Room
	err = decode(item, &r)
	return r, err
}

// Rooms implements chat.Store.
func (s *Store) Rooms(ctx context.Context, roomIDs []string) ([]chat.Room, error) {
	var keys []table.Item
	for _, id := range roomIDs {
		keys = append(keys, roomKey(id), counterKey(id))
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("rooms: %w", err)
	}
	heads := map[string]int64{}
	var rooms []chat.Room
	for _, item := range items {
		if id, ok := strings.CutPrefix(table.String(item, schema.PartitionKey), "Q#"); ok {
			heads[id], _ = table.Int(item, attrNext)
			continue
		}
		var r chat.Room
		if err := decode(item, &r); err != nil {
			return nil, err
		}
		rooms = append(rooms, r)
	}
	for i := range rooms {
		rooms[i].Head = heads[rooms[i].ID]
	}
	return rooms, nil
}

// OpenRooms implements chat.Store.
func (s *Store) OpenRooms(ctx context.Context, after chat.Place, limit int) ([]chat.Room, error) {
	in := table.PartitionQuery(openPartition)
	if after != (chat.Place{}) {
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk < :after")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":after"] = openKey(after)[schema.SortKey]
	}
	in.ScanIndexForward = aws.Bool(false)
	in.ConsistentRead = aws.Bool(true)
	rooms, err := firstOf(ctx, s.table, in, limit, func(item table.Item) (r chat.Room, err error) { return r, decode(item, &r) })
	if err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	return rooms, nil
}

// IsMember implements chat.Store.
func (s *Store) IsMember(ctx context.Context, roomID, userID string) (bool, error) {
	item, err := s.table.GetItem(ctx, memberKey(roomID, userID))
	if err != nil {
		return false, fmt.Errorf("is member: %w", err)
	}
	return item != nil, nil
}

// Members implements chat.Store.
func (s *Store) Members(ctx context.Context, roomID string, limit int) ([]chat.Member, error) {
	return s.MembersAfter(ctx, roomID, "", limit)
}

// MembersAfter implements chat.Store.
func (s *Store) MembersAfter(ctx context.Context, roomID, userID string, limit int) ([]chat.Member, error) {
	in := prefixQuery(roomPartition(roomID), memberPrefix)
	if userID != "" {
		in.ExclusiveStartKey = memberKey(roomID, userID)
	}
	members, err := firstOf(ctx, s.table, in, limit, func(item table.Item) (chat.Member, error) {
		joined, _ := table.Int(item, attrJoinedAt)
		return chat.Member{
			User:     chat.User{ID: strings.TrimPrefix(table.String(item, schema.SortKey), memberPrefix), Name: table.String(item, attrName)},
			JoinedAt: chat.At(time.UnixMilli(joined)),
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return members, nil
}

// RoomsOf implements chat.Store.
func (s *Store) RoomsOf(ctx context.Context, userID string) ([]string, error) {
	ids, _, err := s.Admission(ctx, userID)
	return ids, err
}
