package chatstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// client is a real DynamoDB-compatible engine's.
var client *dynamodb.Client

func TestMain(m *testing.M) {
	os.Exit(func() int {
		database, end, err := dynamo.ForTests(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer end()
		client = database
		return m.Run()
	}())
}

var tables atomic.Int64

// fixture is a store on a table of its own, through a client whose calls the test
// may disturb.
type fixture struct {
	*chatstore.Store
	t      *testing.T
	client *disturbed
}

// noon is the time of these tests, which stands still where it matters.
var noon = time.UnixMilli(time.Now().UnixMilli()).UTC()

func newFixture(t *testing.T) *fixture {
	t.Helper()
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), client, dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	d := &disturbed{Client: client}
	return &fixture{
		t:      t,
		client: d,
		Store:  chatstore.New(chatstore.Options{Client: d, Table: prefix + schema.Chat.ID}),
	}
}

var (
	ada = chat.User{ID: "u_ada", Name: "Ada"}
	bob = chat.User{ID: "u_bob", Name: "Bob"}
)

// room creates a room with members.
func (f *fixture) room(id string, kind chat.Kind, users ...chat.User) chat.Room {
	f.t.Helper()
	r := chat.Room{ID: id, Name: "Room " + id, Kind: kind, CreatedAt: chat.At(noon), CreatedBy: ada}
	stored, created, err := f.CreateRoom(f.t.Context(), r, members(users...), "")
	if err != nil || !created {
		f.t.Fatalf("create room: %v, %v", created, err)
	}
	want(f.t, "created room", stored, r)
	return r
}

func members(users ...chat.User) []chat.Member {
	var all []chat.Member
	for _, u := range users {
		all = append(all, chat.Member{User: u, JoinedAt: chat.At(noon)})
	}
	return all
}

func message(roomID string, sender chat.User, seq int64, tempID string) chat.Message {
	return chat.Message{
		ID: fmt.Sprintf("%s.%d", roomID, seq), RoomID: roomID, Seq: seq, Sender: sender,
		Text: "text of " + tempID, TempID: tempID, SentAt: chat.At(noon),
	}
}

// take takes a position.
func (f *fixture) take(roomID string, sender chat.User, tempID string, not int64) int64 {
	f.t.Helper()
	seq, err := f.Take(f.t.Context(), roomID, sender.ID, tempID, noon, not)
	if err != nil {
		f.t.Fatal(err)
	}
	return seq
}

// send takes a position and puts a message there, as the chat does. It may be called
// from any goroutine.
func (f *fixture) send(roomID string, sender chat.User, tempID string) (chat.Message, bool, error) {
	var taken int64
	for {
		seq, err := f.Take(f.t.Context(), roomID, sender.ID, tempID, noon, taken)
		if err != nil {
			return chat.Message{}, false, err
		}
		m, fresh, err := f.Put(f.t.Context(), message(roomID, sender, seq, tempID))
		if !errors.Is(err, chat.ErrTaken) {
			return m, fresh, err
		}
		taken = seq
	}
}

func (f *fixture) mustSend(roomID string, sender chat.User, tempID string) chat.Message {
	f.t.Helper()
	m, _, err := f.send(roomID, sender, tempID)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

// entries returns what is at the positions from first to last.
func (f *fixture) entries(roomID string, first, last int64) []chat.Entry {
	f.t.Helper()
	entries, err := f.Entries(f.t.Context(), roomID, first, last)
	if err != nil {
		f.t.Fatal(err)
	}
	return entries
}

func entry(m chat.Message) chat.Entry { return chat.Entry{Seq: m.Seq, Message: m} }

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// disturbed is a client whose next calls go wrong.
type disturbed struct {
	table.Client
	mu sync.Mutex
	// faults wait, by operation, for the calls that they disturb.
	faults map[string][]fault
	// pages, if set, is how many items a page of a Query has.
	pages int32
}

// fault is what happens to one call: before it, which then does not take place, or
// after it, so that its answer is lost.
type fault struct{ before, after error }

func (d *disturbed) disturb(operation string, faults ...fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults == nil {
		d.faults = map[string][]fault{}
	}
	d.faults[operation] = append(d.faults[operation], faults...)
}

// left returns how many faults have not happened.
func (d *disturbed) left() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, faults := range d.faults {
		n += len(faults)
	}
	return n
}

func call[Out any](d *disturbed, operation string, do func() (*Out, error)) (*Out, error) {
	d.mu.Lock()
	var f fault
	if waiting := d.faults[operation]; len(waiting) > 0 {
		f, d.faults[operation] = waiting[0], waiting[1:]
	}
	d.mu.Unlock()
	if f.before != nil {
		return nil, f.before
	}
	out, err := do()
	if err == nil && f.after != nil {
		return nil, f.after
	}
	return out, err
}

func (d *disturbed) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return call(d, "UpdateItem", func() (*dynamodb.UpdateItemOutput, error) { return d.Client.UpdateItem(ctx, in, o...) })
}

func (d *disturbed) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return call(d, "TransactWriteItems", func() (*dynamodb.TransactWriteItemsOutput, error) {
		return d.Client.TransactWriteItems(ctx, in, o...)
	})
}

func (d *disturbed) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if d.pages > 0 {
		small := *in
		small.Limit = &d.pages
		in = &small
	}
	return call(d, "Query", func() (*dynamodb.QueryOutput, error) { return d.Client.Query(ctx, in, o...) })
}

// BatchGetItem leaves most keys unprocessed when pages are small.
func (d *disturbed) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if d.pages == 0 {
		return d.Client.BatchGetItem(ctx, in, o...)
	}
	some := map[string]types.KeysAndAttributes{}
	rest := map[string]types.KeysAndAttributes{}
	for name, all := range in.RequestItems {
		n := min(len(all.Keys), int(d.pages))
		some[name] = types.KeysAndAttributes{Keys: all.Keys[:n], ConsistentRead: all.ConsistentRead}
		if n < len(all.Keys) {
			rest[name] = types.KeysAndAttributes{Keys: slices.Clone(all.Keys[n:]), ConsistentRead: all.ConsistentRead}
		}
	}
	out, err := d.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: some}, o...)
	if err == nil {
		out.UnprocessedKeys = rest
	}
	return out, err
}
