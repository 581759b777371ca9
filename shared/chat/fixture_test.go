package chat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
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
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
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

// fixture is the whole chat on real tables.
type fixture struct {
	t testing.TB
	// prefix begins the names of its tables.
	prefix string
	server *realtimetest.Server
	guests *auth.Guests
	http   http.Handler
	store  *store
	log    *logged
	calls  *calls
	// posts counts frames to clients.
	posts atomic.Int64
}

func newFixture(t testing.TB, settings ...func(*realtime.Options)) *fixture {
	t.Helper()
	return newFixtureOf(t, chat.Options{}, settings...)
}

// newFixtureOf returns a fixture with further options of the chat.
func newFixtureOf(t testing.TB, options chat.Options, settings ...func(*realtime.Options)) *fixture {
	t.Helper()
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), database.Client(), dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	guests, err := auth.NewGuests(secret)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, prefix: prefix, guests: guests, log: &logged{}, calls: &calls{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", f.log)
		}
	})
	client := dynamodb.New(database.Client().Options(), f.calls.count)
	log := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	newChat := func(server *realtime.Server) *chat.Chat {
		o := options
		o.Store, o.Verifier, o.Guests = f.store, guests, guests
		o.Server, o.Log, o.Now = server, log, f.clock
		return chat.New(o)
	}
	f.server = realtimetest.New(t, func(server *realtime.Server) { newChat(server).Register() }, func(o *realtimetest.Options) {
		o.Store = realtimestore.New(realtimestore.Options{Client: client, Table: prefix + schema.Realtime.ID, Now: o.Now})
		o.Log = log
		for _, set := range settings {
			set(&o.Options)
		}
	})
	f.server.Gateway.Fail = func(string, []byte) error {
		f.posts.Add(1)
		return nil
	}
	f.store = &store{Store: chatstore.New(chatstore.Options{Client: client, Table: prefix + schema.Chat.ID, Now: f.clock})}
	f.http = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newChat(f.server.Instance()).HTTP().ServeHTTP(w, r)
	})
	return f
}

// secret signs guests' tokens.
var secret = []byte(strings.Repeat("secret", 6))

func (f *fixture) clock() time.Time        { return f.server.Clock.Now() }
func (f *fixture) advance(d time.Duration) { f.server.Clock.Advance(d) }

// stamp is the present in the chat's JSON.
func (f *fixture) stamp() string { return f.clock().UTC().Format("2006-01-02T15:04:05.000Z") }

// store lets a test act once between two calls.
type store struct {
	chat.Store
	// rooms is called after RoomsOf has read, added after AddMember has written, put
	// before Put writes, online before Online does. A nil function does nothing.
	rooms, added, put, online func()
	// after is called after Put has written; its error is Put's.
	after func() error
}

func (s *store) Admission(ctx context.Context, userID string) ([]string, time.Time, error) {
	ids, signedOut, err := s.Store.Admission(ctx, userID)
	if step := s.rooms; step != nil {
		s.rooms = nil
		step()
	}
	return ids, signedOut, err
}

func (s *store) RoomsOf(ctx context.Context, userID string) ([]string, error) {
	ids, err := s.Store.RoomsOf(ctx, userID)
	if step := s.rooms; step != nil {
		s.rooms = nil
		step()
	}
	return ids, err
}

func (s *store) AddMember(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	added, err := s.Store.AddMember(ctx, roomID, m, at)
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
	stored, fresh, err := s.Store.Put(ctx, m)
	if step := s.after; step != nil && err == nil {
		s.after = nil
		err = step()
	}
	return stored, fresh, err
}

func (s *store) Online(ctx context.Context, u chat.User, socketID string, now, expires time.Time) (chat.Transition, error) {
	if step := s.online; step != nil {
		s.online = nil
		step()
	}
	return s.Store.Online(ctx, u, socketID, now, expires)
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
	f      *fixture
	client *realtimetest.Client
	token  string
	user   chat.User
	// events are those that heard has seen.
	events []realtimetest.Event
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
	return &device{f: f, client: f.server.Connect("/", object{"token": token}), token: token, user: user}
}

// ask emits an event and returns the acknowledgement. It may be called from any
// goroutine.
func (d *device) ask(event string, body any) object {
	var args realtime.Args
	err := d.client.EmitWithAck(event, &args, body)
	var refusal *realtime.Error
	if errors.As(err, &refusal) {
		return object{"ok": false, "error": asJSON(refusal)}
	}
	var answer object
	if err == nil {
		err = args.Decode(0, &answer)
	}
	if err != nil || len(args) != 1 {
		d.f.t.Errorf("%s: %s was answered with %s, %v", d.user.Name, event, args, err)
	}
	return answer
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

// acquaint makes people members of a room, as if they had met there before.
func (f *fixture) acquaint(people ...*device) {
	f.t.Helper()
	r := chat.Room{ID: "r_" + strings.ToLower(rand.Text()), Name: "Acquainted", Kind: chat.Group, CreatedAt: chat.At(f.clock()), CreatedBy: people[0].user}
	var members []chat.Member
	for _, d := range people {
		members = append(members, chat.Member{User: d.user, JoinedAt: r.CreatedAt})
	}
	if _, _, err := f.store.CreateRoom(f.t.Context(), r, members, nil, ""); err != nil {
		f.t.Fatal(err)
	}
	if err := f.store.FinishChange(f.t.Context(), chat.Change{RoomID: r.ID, At: r.CreatedAt.Time}); err != nil {
		f.t.Fatal(err)
	}
	for _, d := range people {
		d.do("listRooms", object{}) // its socket follows
	}
}

// send sends a message and returns it as it is stored.
func (d *device) send(roomID, tempID string) object {
	d.f.t.Helper()
	return d.do("sendMessage", message(roomID, tempID))["message"].(object)
}

func message(roomID, tempID string) object {
	return object{"roomId": roomID, "text": "text of " + tempID, "tempId": tempID}
}

// heard returns the arguments of all events of this name that the client has received.
func (d *device) heard(event string) []object {
	d.f.t.Helper()
	d.events = append(d.events, d.client.Received()...)
	all := []object{}
	for _, e := range d.events {
		if e.Name != event {
			continue
		}
		var arg object
		if err := e.Args.Decode(0, &arg); err != nil || len(e.Args) != 1 {
			d.f.t.Fatalf("an event with the wrong form: %v, %v", e, err)
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
func want(t testing.TB, what string, got, want any) {
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
