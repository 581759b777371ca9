package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// database is an engine that speaks DynamoDB's protocol, outside of the bubbles. A world
// cannot use a network itself: synctest would wait for it.
type database struct {
	client  *dynamodb.Client
	mu      sync.Mutex
	asked   chan *http.Request
	answers chan reply
	tables  int
}

// reply is what the database answered.
type reply struct {
	status int
	body   []byte
	err    error
}

// largeRoom is from how many members on a room of a simulation has shards. With two devices for each
// user, most rooms become large while people come and go. Each instance of a function learns it by
// itself.
const largeRoom = 2

// startDatabase starts an engine. Call it outside of bubbles.
func startDatabase(ctx context.Context) (d *database, end func(), err error) {
	client, stop, err := dynamo.ForTests(ctx)
	if err != nil {
		return nil, nil, err
	}
	d = &database{client: client, asked: make(chan *http.Request), answers: make(chan reply)}
	go func() {
		for r := range d.asked {
			d.answers <- exchange(r)
		}
	}()
	return d, func() { close(d.asked); stop() }, nil
}

func exchange(r *http.Request) reply {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, body, err}
}

// ask asks the database, from within a bubble or without.
func (d *database) ask(url string, header http.Header, body []byte) reply {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	r.Header = header
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked <- r
	return <-d.answers
}

// stores creates tables for one world, outside of its bubble, and returns what opens the
// real stores on them.
func (d *database) stores(ctx context.Context) (open func(*world) stores, err error) {
	d.tables++
	prefix := fmt.Sprintf("s%d-", d.tables)
	tables := dynamo.Tables(prefix)
	if err := dynamo.CreateTables(ctx, d.client, tables); err != nil {
		return nil, err
	}
	return func(w *world) stores {
		options := d.client.Options()
		options.HTTPClient = &wire{world: w, database: d, lasting: map[string]verdict{}}
		options.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 4; o.MaxBackoff = 500 * time.Millisecond })
		client := dynamodb.New(options)
		start := func() store.Store {
			return realtimestore.New(realtimestore.Options{Client: client, Table: prefix + schema.Realtime.ID, LargeRoom: largeRoom})
		}
		return stores{
			realtime: start(),
			start:    start,
			chat:     chatstore.New(chatstore.Options{Client: client, Table: prefix + schema.Chat.ID}),
		}
	}, nil
}

// drop deletes the tables of the last world.
func (d *database) drop(ctx context.Context) error {
	var errs []error
	for _, t := range dynamo.Tables(fmt.Sprintf("s%d-", d.tables)) {
		_, err := d.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(t.Name)})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// wire is the SDK's way to the database, with a gate before each request.
type wire struct {
	world    *world
	database *database
	// lasting are the verdicts on calls whose repetitions, by the SDK, fail too.
	lasting map[string]verdict // guarded by world.mu
}

// Do implements aws.HTTPClient.
func (t *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	ask := func(body []byte) reply {
		header := r.Header.Clone()
		header.Del("Content-Length")
		return t.database.ask(r.URL.String(), header, body)
	}
	i := invocationOf(r.Context())
	if i == nil { // the checker
		return ask(body).response(r)
	}
	v := t.world.await(&call{invocation: i, operation: operation, key: canonical(body), label: strings.Join(keysIn(body), " ")})
	id := r.Header.Get("Amz-Sdk-Invocation-Id")
	t.world.mu.Lock()
	if last, ok := t.lasting[id]; ok && v.err == nil {
		v = last
	} else if v.lasts {
		t.lasting[id] = v
	}
	t.world.mu.Unlock()
	if v.effect != none {
		t.noteJoined(i, operation, body)
	}
	var answer reply
	switch v.effect {
	case whole:
		answer = ask(body)
	case half:
		if first, rest := split(operation, body); first != nil {
			answer = ask(first)
			if v.err != nil && !errors.Is(v.err, context.Canceled) {
				return answer.with(rest).response(r)
			}
		}
	}
	if v.hangs > 0 {
		time.Sleep(v.hangs)
	}
	if v.err != nil {
		return failed(v.err, operation, body).response(r)
	}
	return answer.response(r)
}

// noteJoined notes the connections whose memberships a request writes.
func (t *wire) noteJoined(i *invocation, operation string, body []byte) {
	if operation != "BatchWriteItem" {
		return
	}
	var in struct {
		RequestItems map[string][]struct {
			PutRequest struct {
				Item map[string]struct{ S string }
			}
		}
	}
	decode(string(body), &in)
	t.world.mu.Lock()
	defer t.world.mu.Unlock()
	for _, items := range in.RequestItems {
		for _, item := range items {
			put := item.PutRequest.Item
			partition := put[schema.PartitionKey].S
			if strings.HasPrefix(partition, "R#") || strings.HasPrefix(partition, "M#") {
				if i.joined == nil {
					i.joined = map[string]bool{}
				}
				i.joined[put[schema.SortKey].S] = true
			}
		}
	}
}

func (a reply) response(r *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		StatusCode: a.status,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:       io.NopCloser(bytes.NewReader(a.body)),
		Request:    r,
	}, nil
}

// timeout is a network error: no answer came.
type timeout struct{}

// Error implements error.
func (timeout) Error() string { return "timeout awaiting response headers" }

// Timeout and Temporary implement net.Error.
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

var _ net.Error = timeout{}

// failed returns how DynamoDB, or the network, tells a fault.
func failed(err error, operation string, body []byte) reply {
	refuse := func(status int, name, more string) reply {
		return reply{status: status, body: fmt.Appendf(nil, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":%q%s}`, name, err, more)}
	}
	switch err {
	case errThrottled, errCut:
		return refuse(http.StatusBadRequest, "ThrottlingException", "")
	case errConflict:
		if operation != "TransactWriteItems" {
			return refuse(http.StatusBadRequest, "TransactionConflictException", "")
		}
		var in struct{ TransactItems []json.RawMessage }
		decode(string(body), &in)
		reasons := strings.Repeat(`,{"Code":"None"}`, len(in.TransactItems)-1)
		return refuse(http.StatusBadRequest, "TransactionCanceledException", `,"CancellationReasons":[{"Code":"TransactionConflict"}`+reasons+"]")
	case errInternal:
		return refuse(http.StatusInternalServerError, "InternalServerError", "")
	case errLost:
		return reply{err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	case errHangs, errLostHangs:
		return reply{err: timeout{}}
	default:
		return reply{err: err}
	}
}

// canonical writes a request in an order that does not depend on maps.
func canonical(body []byte) string {
	var v any
	decode(string(body), &v)
	return encode(v)
}

// keysIn returns the keys that a request names, for people.
func keysIn(body []byte) []string {
	var v any
	decode(string(body), &v)
	var keys []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if key := text(v[schema.PartitionKey]) + text(v[schema.SortKey]) + text(v[":pk"]); key != "" {
				keys = append(keys, key)
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	walk(v)
	return keys
}

// text returns the string in an attribute's value, after a slash.
func text(v any) string {
	if attribute, ok := v.(map[string]any); ok {
		if s, ok := attribute["S"].(string); ok {
			return "/" + s
		}
	}
	return ""
}

// split cuts a batch of writes: what is written, and what is left unprocessed.
func split(operation string, body []byte) (first []byte, rest json.RawMessage) {
	if operation != "BatchWriteItem" {
		return nil, nil
	}
	var in struct{ RequestItems map[string][]json.RawMessage }
	decode(string(body), &in)
	written, left := map[string][]json.RawMessage{}, map[string][]json.RawMessage{}
	for table, items := range in.RequestItems {
		if len(items) < 2 {
			return nil, nil
		}
		written[table], left[table] = items[:len(items)/2], items[len(items)/2:]
	}
	return []byte(encode(map[string]any{"RequestItems": written})), json.RawMessage(encode(left))
}

// with returns an answer to a batch that leaves something unprocessed.
func (a reply) with(rest json.RawMessage) reply {
	if a.err == nil && a.status == http.StatusOK {
		a.body = fmt.Appendf(nil, `{"UnprocessedItems":%s}`, rest)
	}
	return a
}
