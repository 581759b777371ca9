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

// putInvitations puts an invitation to a new room for each user, and its other direction.
func (s *Store) putInvitations(r chat.Room, userIDs []string) ([]types.TransactWriteItem, error) {
	invitation := chat.InvitationTo(r)
	encoded, err := encode(invitation)
	if err != nil {
		return nil, err
	}
	ttl := table.N(invitation.ExpiresAt.Unix())
	var writes []types.TransactWriteItem
	for _, id := range userIDs {
		writes = append(writes,
			s.table.PutInTransaction(table.With(invitationKey(id, r.ID), table.Item{attrJSON: table.S(encoded), schema.TTL: ttl})),
			s.table.PutInTransaction(table.With(invitedKey(r.ID, id), table.Item{schema.TTL: ttl})))
	}
	return writes, nil
}

// StandingOf implements chat.Store: one Query, which leaves out the drafts.
func (s *Store) StandingOf(ctx context.Context, userID string, now time.Time) (chat.Standing, error) {
	var items []table.Item
	for page, err := range s.table.Query(ctx, between(userPartition(userID), invitationPrefix, userRoomPrefix+lastKey)) {
		if err != nil {
			return chat.Standing{}, fmt.Errorf("standing of a user: %w", err)
		}
		items = append(items, page...)
	}
	return standingOf(items, now)
}

// standingOf reads the rooms and the invitations among a user's items.
func standingOf(items []table.Item, now time.Time) (chat.Standing, error) {
	standing := chat.Standing{Marks: map[string]chat.Mark{}}
	for _, item := range items {
		key := table.String(item, schema.SortKey)
		if id, ok := strings.CutPrefix(key, userRoomPrefix); ok {
			standing.Rooms = append(standing.Rooms, id)
			if mark, marked := decodeMark(item); marked {
				standing.Marks[id] = mark
			}
			continue
		}
		if !strings.HasPrefix(key, invitationPrefix) {
			continue
		}
		var invitation chat.Invitation
		if err := decode(item, &invitation); err != nil {
			return chat.Standing{}, fmt.Errorf("standing of a user: %w", err)
		}
		if !table.Expired(item, now) {
			standing.Invitations = append(standing.Invitations, invitation)
		}
	}
	return standing, nil
}

// Invited implements chat.Store.
func (s *Store) Invited(ctx context.Context, roomID string, now time.Time) ([]string, error) {
	var ids []string
	for page, err := range s.table.Query(ctx, prefixQuery(roomPartition(roomID), invitationPrefix)) {
		if err != nil {
			return nil, fmt.Errorf("invited to a room: %w", err)
		}
		for _, item := range page {
			if !table.Expired(item, now) {
				ids = append(ids, strings.TrimPrefix(table.String(item, schema.SortKey), invitationPrefix))
			}
		}
	}
	return ids, nil
}

// AcceptInvitation implements chat.Store: one transaction.
func (s *Store) AcceptInvitation(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	return s.addMember(ctx, roomID, m, at,
		types.TransactWriteItem{Delete: &types.Delete{
			TableName: aws.String(s.table.Name), Key: invitationKey(m.ID, roomID),
			ConditionExpression:       aws.String("#ttl > :now"),
			ExpressionAttributeNames:  map[string]string{"#ttl": schema.TTL},
			ExpressionAttributeValues: table.Item{":now": table.N(m.JoinedAt.Unix())},
		}},
		s.table.DeleteInTransaction(invitedKey(roomID, m.ID)))
}

// DeclineInvitation implements chat.Store: one transaction.
func (s *Store) DeclineInvitation(ctx context.Context, roomID, userID string) error {
	err := s.table.Transact(ctx, []types.TransactWriteItem{
		s.table.DeleteInTransaction(invitationKey(userID, roomID)), s.table.DeleteInTransaction(invitedKey(roomID, userID)),
	})
	if err != nil {
		return fmt.Errorf("decline an invitation: %w", err)
	}
	return nil
}
