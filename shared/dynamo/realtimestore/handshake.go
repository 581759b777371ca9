package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// handshake is the stored form of a store.Handshake, in JSON. It has no Auth, which holds
// tokens. Names are short, because every message pays for the size of its connection's item.
type handshake struct {
	Headers map[string]string `json:"h,omitempty"`
	Query   map[string]string `json:"q,omitempty"`
	Address string            `json:"a,omitempty"`
	// URL is left out if it is what urlOf makes of Query.
	URL     string `json:"u,omitempty"`
	XDomain bool   `json:"x,omitempty"`
	Secure  bool   `json:"s,omitempty"`
	Issued  int64  `json:"i"` // ms
	// Elsewhere: Headers, Query and URL are in the item at handshakeKey.
	Elsewhere bool `json:"e,omitempty"`
}

// recordHandshake bounds a handshake on its connection's record, in bytes. Every message pays
// for each KB of the record.
const recordHandshake = 480

// putHandshake stores a handshake that is too large for the record, and returns what the
// record is to have.
func (s *Store) putHandshake(ctx context.Context, c store.Connection) (string, error) {
	whole := newHandshake(c.Handshake)
	stored, err := json.Marshal(whole)
	if err != nil || len(stored) <= recordHandshake {
		return string(stored), err
	}
	_, err = s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(handshakeKey(c.ID), table.Item{
			attrConnection: table.S(c.ID),
			attrHandshake:  table.S(string(stored)),
			schema.TTL:     expiry(c.Expires),
		}),
	})
	if err != nil {
		return "", table.Classify(err)
	}
	whole.Headers, whole.Query, whole.URL, whole.Elsewhere = nil, nil, "", true
	stored, err = json.Marshal(whole)
	return string(stored), err
}

// LargeHandshakes implements store.Store.
func (s *Store) LargeHandshakes(ctx context.Context, ids []string) (map[string]store.Handshake, error) {
	var keys []table.Item
	for _, id := range unique(ids) {
		keys = append(keys, handshakeKey(id))
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("load handshakes: %w", err)
	}
	handshakes := map[string]store.Handshake{}
	for _, item := range items {
		var h handshake
		if err := json.Unmarshal([]byte(table.String(item, attrHandshake)), &h); err != nil {
			return nil, fmt.Errorf("decode handshake: %w", err)
		}
		handshakes[table.String(item, attrConnection)] = h.decode()
	}
	return handshakes, nil
}

func newHandshake(h store.Handshake) handshake {
	stored := handshake{h.Headers, h.Query, h.Address, h.URL, h.XDomain, h.Secure, h.Issued.UnixMilli(), false}
	if stored.URL == urlOf(h.Query) {
		stored.URL = ""
	}
	return stored
}

func (h handshake) decode() store.Handshake {
	decoded := store.Handshake{
		Headers: h.Headers, Query: h.Query, Address: h.Address, URL: h.URL,
		XDomain: h.XDomain, Secure: h.Secure, Issued: time.UnixMilli(h.Issued).UTC(),
	}
	if decoded.URL == "" && !h.Elsewhere {
		decoded.URL = urlOf(h.Query)
	}
	return decoded
}

// urlOf returns the URL that a request with this query has here.
func urlOf(query map[string]string) string {
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	return "/?" + values.Encode()
}
