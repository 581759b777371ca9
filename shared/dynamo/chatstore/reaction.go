package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

func reactionsPartition(log string, seq int64) string { return fmt.Sprintf("E#%s#%d", log, seq) }

func reactionKey(r chat.Reacted) table.Item {
	return table.Key(reactionsPartition(r.Log, r.Seq), r.Emoji+"#"+r.User.ID)
}

// reactionNotesPartition holds the reactions that are noted.
const reactionNotesPartition = "K#reactions"

// reactionNoteKey differs for all who react at the same moment, whose transactions would
// otherwise be in conflict.
func reactionNoteKey(n chat.ReactionNote) table.Item {
	return table.Key(reactionNotesPartition, fmt.Sprintf("%s#%s#%d#%s", position(n.At.UnixMilli()), n.Log, n.Seq, n.UserID))
}

// React implements chat.Store: one transaction of two.
func (s *Store) React(ctx context.Context, r chat.Reacted, on bool, at time.Time) error {
	write := s.table.DeleteInTransaction(reactionKey(r))
	if on {
		write = s.table.PutInTransaction(table.With(reactionKey(r), table.Item{attrName: table.S(r.User.Name)}))
	}
	note := reactionNoteKey(chat.ReactionNote{Log: r.Log, Seq: r.Seq, UserID: r.User.ID, At: at})
	if err := s.table.Transact(ctx, []types.TransactWriteItem{write, s.table.PutInTransaction(note)}); err != nil {
		return fmt.Errorf("react: %w", err)
	}
	return nil
}

// Reactions implements chat.Store: one Query.
func (s *Store) Reactions(ctx context.Context, log string, seq int64) ([]chat.Reacted, error) {
	items, err := s.table.Partition(ctx, reactionsPartition(log, seq))
	if err != nil {
		return nil, fmt.Errorf("reactions: %w", err)
	}
	var all []chat.Reacted
	for _, item := range items {
		emoji, user := decodeReaction(item)
		all = append(all, chat.Reacted{Log: log, Seq: seq, Emoji: emoji, User: user})
	}
	return all, nil
}

// decodeReaction splits at the last #, because an emoji may begin with one, and no id has any.
func decodeReaction(item table.Item) (emoji string, user chat.User) {
	key := table.String(item, schema.SortKey)
	i := strings.LastIndexByte(key, '#')
	return key[:i], chat.User{ID: key[i+1:], Name: table.String(item, attrName)}
}

// ReactedWith implements chat.Store: one Query and one GetItem.
func (s *Store) ReactedWith(ctx context.Context, r chat.Reacted, after string, limit int) (users []chat.User, mine bool, err error) {
	own, err := s.table.GetItem(ctx, reactionKey(r))
	if err != nil {
		return nil, false, fmt.Errorf("reacted with: %w", err)
	}
	// No id has a character below "-", and "$" follows "#".
	in := between(reactionsPartition(r.Log, r.Seq), r.Emoji+"#"+after+"!", r.Emoji+"$")
	users, err = firstOf(ctx, s.table, in, limit, func(item table.Item) (chat.User, error) {
		_, user := decodeReaction(item)
		return user, nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("reacted with: %w", err)
	}
	return users, len(own) > 0, nil
}

// ForgetReactions implements chat.Store: one Query, and one BatchWriteItem for 25.
func (s *Store) ForgetReactions(ctx context.Context, log string, seq int64) error {
	items, err := s.table.Partition(ctx, reactionsPartition(log, seq))
	if err != nil {
		return fmt.Errorf("forget reactions: %w", err)
	}
	return s.deleteAll(ctx, items)
}

func (s *Store) deleteAll(ctx context.Context, items []table.Item) error {
	var requests []types.WriteRequest
	for _, item := range items {
		requests = append(requests, table.Delete(table.Key(table.String(item, schema.PartitionKey), table.String(item, schema.SortKey))))
	}
	if err := s.table.Write(ctx, requests); err != nil {
		return fmt.Errorf("forget reactions: %w", err)
	}
	return nil
}

// ReactionNotes implements chat.Store: one Query.
func (s *Store) ReactionNotes(ctx context.Context, before time.Time, limit int) ([]chat.ReactionNote, error) {
	in := between(reactionNotesPartition, position(0), position(before.UnixMilli()))
	in.ConsistentRead = nil
	notes, err := firstOf(ctx, s.table, in, limit, decodeReactionNote)
	if err != nil {
		return nil, fmt.Errorf("reaction notes: %w", err)
	}
	return notes, nil
}

func decodeReactionNote(item table.Item) (n chat.ReactionNote, err error) {
	key := table.String(item, schema.SortKey)
	parts := strings.Split(key, "#")
	if len(parts) != 4 {
		return n, fmt.Errorf("a note of a reaction has the key %q", key)
	}
	at, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return n, err
	}
	n = chat.ReactionNote{Log: parts[1], UserID: parts[3], At: time.UnixMilli(at).UTC()}
	n.Seq, err = strconv.ParseInt(parts[2], 10, 64)
	return n, err
}

// ForgetReactionNotes implements chat.Store: one BatchWriteItem for 25.
func (s *Store) ForgetReactionNotes(ctx context.Context, notes []chat.ReactionNote) error {
	var keys []table.Item
	for _, n := range notes {
		keys = append(keys, reactionNoteKey(n))
	}
	return s.deleteAll(ctx, keys)
}
