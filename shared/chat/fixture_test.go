package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/realtime"
)

var (
	database *dynamo.Engine
	tables   atomic.Int64
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if database, err = dynamo.Start(context.Background(), dynamo.Options{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer database.Close()
		return m.Run()
	}())
}

// fixture is the whole chat on real tables. The test plays the clients.
type fixture struct {
	t       *testing.T
	server  *realtime.Server
	guests  *auth.Guests
	http    http.Handler
	store   *store
	gateway *gateway
	log     *logged
	// now is the clock, in ms.
	now   atomic.Int64
	calls *calls
	opened,
	asked atomic.Int64
}

func newFixture(t *testing.T, settings ...func(*realtime.Options)) *fixture {
	t.Helper()
	return newFixtureOf(t, chat.Options{}, settings...)
}

// newFixtureOf returns a fixture with further options of the chat.
func newFixtureOf(t *testing.T, options chat.Options, settings ...func(*realtime.Options)) *fixture {
	t.Helper()
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), database.Client(), dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	guests, err := auth.NewGuests([]byte(strings.Repeat("secret", 6)))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, guests: guests, gateway: &gateway{frames: map[string][]string{}}, log: &logged{}, calls: &calls{}}
	f.now.Store(time.Now().UnixMilli())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", f.log)
		}
	})
	client := dynamodb.New(database.Client().Options(), f.calls.count)
	log := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o := realtime.Options{
		Store:   realtimestore.New(realtimestore.Options{Client: client, Table: prefix + schema.Realtime.ID, Now: f.clock}),
		Gateway: f.gateway,
		Log:     log,
		Now:     f.clock,
	}
	for _, set := range settings {
		set(&o)
	}
	f.server = realtime.NewServer(o)
	f.store = &store{Store: chatstore.New(chatstore.Options{Client: client, Table: prefix + schema.Chat.ID, Now: f.clock})}
	options.Store, options.Verifier, options.Guests = f.store, guests, guests
	options.Server, options.Log, options.Now = f.server, log, f.clock
	c := chat.New(options)
	c.Register()
	f.http = c.HTTP()
	return f
}

func (f *fixture) clock() time.Time        { return time.UnixMilli(f.now.Load()) }
func (f *fixture) advance(d time.Duration) { f.now.Add(d.Milliseconds()) }

// stamp is the present in the chat's JSON.
func (f *fixture) stamp() string { return f.clock().UTC().Format("2006-01-02T15:04:05.000Z") }

// store lets a test act between two calls. A nil function does nothing.
type store struct {
	chat.Store
	// rooms is called after RoomsOf has read, added after AddMember has written, put
	// before Put writes.
	rooms, added, put func()
}

func (s *store) RoomsOf(ctx context.Context, userID string) ([]string, error) {
	ids, err := s.Store.RoomsOf(ctx, userID)
	if step := s.rooms; step != nil {
		s.rooms = nil
		step()
	}
	return ids, err
}

func (s *store) AddMember(ctx context.Context, roomID string, m chat.Member) (bool, error) {
	added, err := s.Store.AddMember(ctx, roomID, m)
	if step := s.added; step != nil {
		s.added = nil
		step()
	}
	return added, err
}

func (s *store) Put(ctx context.Context, m chat.Message) (chat.Message, bool, error) {
	if step := s.put; step != nil {
		s.put = nil
		step()
	}
	return s.Store.Put(ctx, m)
}

// calls counts calls of the database.
type calls struct {
	mu sync.Mutex
	by map[string]int
	// fail, if set, decides on each call first.
	fail func(operation string) error
}

func (c *calls) count(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("count", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			operation := middleware.GetOperationName(ctx)
			c.mu.Lock()
			if c.by == nil {
				c.by = map[string]int{}
			}
			c.by[operation]++
			fail := c.fail
			c.mu.Unlock()
			if fail != nil {
				if err := fail(operation); err != nil {
					return middleware.InitializeOutput{}, middleware.Metadata{}, err
				}
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
}

// take returns and forgets the counts.
func (c *calls) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := c.by
	c.by = map[string]int{}
	return by
}

func (c *calls) failing(fail func(operation string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = fail
}

// gateway keeps what connections receive.
type gateway struct {
	mu     sync.Mutex
	frames map[string][]string
	posts  int
}

func (g *gateway) Post(_ context.Context, id string, frame []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts++
	frames, ok := g.frames[id]
	if !ok {
		return realtime.ErrGone
	}
	g.frames[id] = append(frames, string(frame))
	return nil
}

func (g *gateway) Close(_ context.Context, id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.frames, id)
	return nil
}

func (g *gateway) received(id string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.frames[id]...)
}

// takePosts returns and forgets how many posts there were.
func (g *gateway) takePosts() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.posts
	g.posts = 0
	return n
}

// logged is a log that several goroutines write.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// object is a JSON object.
type object = map[string]any

// device is a connected client of a user.
type device struct {
	f     *fixture
	id    string
	token string
	user  chat.User
}

// signIn makes a guest.
func (f *fixture) signIn(name string) (token string, user chat.User) {
	f.t.Helper()
	token, id, err := f.guests.Issue(name)
	if err != nil {
		f.t.Fatal(err)
	}
	return token, chat.User{ID: id.ID, Name: id.Name}
}

// enter signs a guest in and connects them.
func (f *fixture) enter(name string) *device {
	f.t.Helper()
	token, user := f.signIn(name)
	return f.connect(token, user)
}

// another connects one more device of the same user.
func (d *device) another() *device {
	d.f.t.Helper()
	return d.f.connect(d.token, d.user)
}

func (f *fixture) connect(token string, user chat.User) *device {
	f.t.Helper()
	d := &device{f: f, id: fmt.Sprint("connection-", f.opened.Add(1)), token: token, user: user}
	if reply := f.open(d.id, `40{"token":"`+token+`"}`); !strings.HasPrefix(reply, `40{"sid":`) {
		f.t.Fatalf("%s is not admitted: %s", user.Name, reply)
	}
	return d
}

// open opens a connection, sends a CONNECT, and returns the reply.
func (f *fixture) open(id, frame string) string {
	f.t.Helper()
	f.gateway.mu.Lock()
	f.gateway.frames[id] = []string{}
	f.gateway.mu.Unlock()
	send, err := f.server.Accept(f.t.Context(), realtime.Upgrade{
		ConnectionID: id, Query: map[string]string{"EIO": "4", "transport": "websocket"}, At: f.clock(),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	send(f.t.Context())
	reply := f.receive(id, frame)
	if reply == "6" { // the connection handler spoke
		reply = f.gateway.received(id)[1]
	}
	return reply
}

func (f *fixture) receive(id, frame string) string {
	return string(f.server.Receive(f.t.Context(), realtime.Message{ConnectionID: id, Body: frame, At: f.clock()}))
}

// close ends the connection.
func (d *device) close() {
	d.f.t.Helper()
	_ = d.f.gateway.Close(d.f.t.Context(), d.id)
	if err := d.f.server.Closed(d.f.t.Context(), d.id, 1001); err != nil {
		d.f.t.Fatal(err)
	}
}

// ask emits an event and returns the acknowledgement. It may be called from any
// goroutine.
func (d *device) ask(event string, body any) object {
	args, err := json.Marshal([]any{event, body})
	if err != nil {
		panic(err)
	}
	ack := fmt.Sprint(d.f.asked.Add(1))
	reply := d.f.receive(d.id, "42"+ack+string(args))
	var answer []object
	payload, ok := strings.CutPrefix(reply, "43"+ack)
	if err := json.Unmarshal([]byte(payload), &answer); !ok || err != nil || len(answer) != 1 {
		d.f.t.Errorf("%s: %s was answered with %q", d.user.Name, event, reply)
		return object{}
	}
	return answer[0]
}

// do asks and fails the test if it is refused.
func (d *device) do(event string, body any) object {
	d.f.t.Helper()
	answer := d.ask(event, body)
	if answer["ok"] != true {
		d.f.t.Fatalf("%s: %s was answered with %v", d.user.Name, event, answer)
	}
	return answer
}

// refused asks and fails the test unless it is refused with this code.
func (d *device) refused(code, event string, body any) {
	d.f.t.Helper()
	answer := d.ask(event, body)
	e, _ := answer["error"].(object)
	if answer["ok"] != false || e["code"] != code || e["message"] == "" {
		d.f.t.Errorf("%s: %s %.100v was answered with %v, want %s", d.user.Name, event, body, answer, code)
	}
}

// create creates a room and returns its id.
func (d *device) create(kind string, members ...*device) string {
	d.f.t.Helper()
	body := object{"name": "Engines", "kind": kind}
	if len(members) > 0 {
		var ids []string
		for _, m := range members {
			ids = append(ids, m.user.ID)
		}
		body["members"] = ids
	}
	return d.do("createRoom", body)["room"].(object)["id"].(string)
}

// send sends a message and returns it as it is stored.
func (d *device) send(roomID, tempID string) object {
	d.f.t.Helper()
	return d.do("sendMessage", message(roomID, tempID))["message"].(object)
}

func message(roomID, tempID string) object {
	return object{"roomId": roomID, "text": "text of " + tempID, "tempId": tempID}
}

// heard returns the arguments of the events of this name that the client received.
func (d *device) heard(event string) []object {
	d.f.t.Helper()
	all := []object{}
	for _, frame := range d.f.gateway.received(d.id) {
		var args []json.RawMessage
		payload, ok := strings.CutPrefix(frame, "42")
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(payload), &args); err != nil || len(args) != 2 {
			d.f.t.Fatalf("an event with the wrong form: %s", frame)
		}
		if string(args[0]) != `"`+event+`"` {
			continue
		}
		var arg object
		if err := json.Unmarshal(args[1], &arg); err != nil {
			d.f.t.Fatal(err)
		}
		all = append(all, arg)
	}
	return all
}

// request asks the HTTP API.
func (f *fixture) request(method, path, token, body string) (int, object) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.http.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	if err != nil {
		f.t.Fatal(err)
	}
	var answer object
	if err := json.Unmarshal(raw, &answer); err != nil {
		f.t.Errorf("%s %s was answered with %q", method, path, raw)
	}
	return w.Result().StatusCode, answer
}

// asJSON returns a value as a client sees it.
func asJSON(v any) any {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		panic(err)
	}
	return decoded
}

// want compares two values as clients see them.
func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if got, want := asJSON(got), asJSON(want); !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// pick returns one field of each object.
func pick(field string, all any) []any {
	picked := []any{}
	for _, o := range asJSON(all).([]any) {
		picked = append(picked, o.(object)[field])
	}
	return picked
}
