package realtimestore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// Attributes of a note. An ending is the socket's id, "#" and a claim. That of a socket is under a
// prefix and the namespace's name.
const (
	attrNotedAt       = "at" // ms
	attrNotedEnding   = "end"
	notedSocketPrefix = "s:"
	attrNotedTimes    = "n" // how often something was noted
	// noteLifetime bounds how long a note is kept if no sweep runs.
	noteLifetime = 24 * time.Hour
)

// NoteEnding implements store.Store.
func (s *Store) NoteEnding(ctx context.Context, socket store.SocketRef, now time.Time, reason store.Reason) error {
	name := attrNotedEnding
	if socket.Namespace != "" {
		name = notedSocketPrefix + socket.Namespace
	}
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 noteKey(socket.ConnectionID),
		UpdateExpression:    aws.String("SET #at = if_not_exists(#at, :at), #name = :value, #ttl = :ttl ADD #n :one"),
		ConditionExpression: aws.String("attribute_not_exists(#name) OR NOT begins_with(#name, :socket)"),
		ExpressionAttributeNames: map[string]string{
			"#at": attrNotedAt, "#name": name, "#ttl": schema.TTL, "#n": attrNotedTimes,
		},
		ExpressionAttributeValues: table.Item{
			":at": millis(now), ":ttl": expiry(now.Add(noteLifetime)), ":one": table.N(1),
			":value": table.S(socket.SocketID + "#" + newClaim(now) + "#" + string(reason)), ":socket": table.S(socket.SocketID + "#"),
		},
	})
	if _, refused := table.Refused(err); err != nil && !refused { // if it was, the ending is noted
		return fmt.Errorf("note ending: %w", table.Classify(err))
	}
	return nil
}

// noteOpening notes that a connection opens. Nothing else can be noted of it yet.
func (s *Store) noteOpening(ctx context.Context, connectionID string, now time.Time) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(noteKey(connectionID), table.Item{
			attrNotedAt: millis(now), schema.TTL: expiry(now.Add(noteLifetime)), attrNotedTimes: table.N(1),
		}),
	})
	return table.Classify(err)
}

func decodeNote(item table.Item) store.Note {
	n := store.Note{
		At:      timeOf(item, attrNotedAt),
		Ending:  notedEnding(item, attrNotedEnding),
		Sockets: map[string]store.NotedEnding{},
	}
	for name := range item {
		if namespace, ok := strings.CutPrefix(name, notedSocketPrefix); ok {
			n.Sockets[namespace] = notedEnding(item, name)
		}
	}
	return n
}

func notedEnding(item table.Item, name string) store.NotedEnding {
	id, claim, _ := strings.Cut(table.String(item, name), "#")
	return store.NotedEnding{SocketID: id, At: timeOfClaim(claim), Reason: reasonOf(claim)}
}

// forgetNote deletes a note, if nothing was added to it since it was read. If that fails, the
// next sweep deletes it.
func (s *Store) forgetNote(ctx context.Context, item table.Item) {
	_, _ = s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       table.Key(table.String(item, schema.PartitionKey), table.String(item, schema.SortKey)),
		ConditionExpression:       aws.String("#n = :n"),
		ExpressionAttributeNames:  map[string]string{"#n": attrNotedTimes},
		ExpressionAttributeValues: table.Item{":n": item[attrNotedTimes]},
	})
}

// Unfinished implements store.Store with eventually consistent queries, one for each page, and a
// batch for the connections of each. It deletes the notes of what is over.
func (s *Store) Unfinished(ctx context.Context, part int, before time.Time, visit store.Visit) error {
	for page, err := range s.table.Pages(ctx, table.PartitionQuery(notePartition(part))) {
		if err == nil {
			err = s.visitUnfinished(ctx, page, before, visit)
		}
		if err != nil {
			return fmt.Errorf("unfinished: %w", err)
		}
	}
	return nil
}

func (s *Store) visitUnfinished(ctx context.Context, page table.Page, before time.Time, visit store.Visit) error {
	notes := map[string]table.Item{} // from before the time, by connection
	var keys []table.Item
	for _, item := range page.Items {
		if timeOf(item, attrNotedAt).Before(before) {
			id := table.String(item, schema.SortKey)
			notes[id] = item
			keys = append(keys, connectionKey(id))
		}
	}
	connections, err := s.records(ctx, keys)
	if err != nil {
		return err
	}
	var unfinished []store.Connection
	for _, c := range connections {
		c, due, over := decodeNote(notes[c.ID]).Judge(c, before)
		if due {
			unfinished = append(unfinished, c)
		}
		if !over {
			delete(notes, c.ID)
		}
	}
	ids := slices.Sorted(maps.Keys(notes))
	_ = wait.ForEach(ctx, atOnce, ids, func(ctx context.Context, id string) error {
		s.forgetNote(ctx, notes[id])
		return nil
	})
	return visit(unfinished, page.More)
}
