package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
)

const password = "correct horse battery"

// hash is the password's, and otherHash another's, both of the least cost.
var hash, otherHash = hashOf(password), hashOf("another password")

func hashOf(password string) string {
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(h)
}

// fixture is a server with an admin, and the frames and closes of its connections.
type fixture struct {
	*realtime.Server
	t     *testing.T
	store *memstore.Store
	now   time.Time
	// recovery is what the next server has; nil: none.
	recovery *realtime.Recovery

	// address is where the next connection comes from.
	address string
	log     bytes.Buffer

	mu      sync.Mutex
	frames  map[string][]string
	closed  map[string]bool
	refused map[string]int
}

// secret signs the sessions.
var secret = []byte("a secret of thirty-two bytes or more")

// Refused implements realtime.Observer.
func (f *fixture) Refused(_ context.Context, code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused[code]++
}

// GivenUp implements realtime.Observer.
func (f *fixture) GivenUp(context.Context, int) {}

// newFixture returns a server with the namespaces "/", "/game" and "/admin".
func newFixture(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{t: t, now: time.UnixMilli(time.Now().UnixMilli()), frames: map[string][]string{}, closed: map[string]bool{}, refused: map[string]int{}}
	f.store = memstore.New(f.clock)
	f.restart(o)
	return f
}

// restart replaces the server by another one on the same store.
func (f *fixture) restart(o Options) {
	f.Server = realtime.NewServer(realtime.Options{Store: f.store, Gateway: f, Observer: f, Log: slog.New(slog.DiscardHandler), Now: f.clock, Recovery: f.recovery})
	f.Of("/game")
	o.Username, o.Now = "ada", f.clock
	o.Log = slog.New(slog.NewTextHandler(&f.log, nil))
	if o.Secret == nil {
		o.Secret = secret
	}
	if o.PasswordHash == "" {
		o.PasswordHash = hash
	}
	Register(f.Server, o)
}

func (f *fixture) clock() time.Time { return f.now }

// Post implements realtime.Gateway.
func (f *fixture) Post(_ context.Context, id string, frame []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frames[id] = append(f.frames[id], string(frame))
	return nil
}

// Close implements realtime.Gateway.
func (f *fixture) Close(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed[id] = true
	return nil
}

// open opens a connection and connects it to a namespace. It returns the answer.
func (f *fixture) open(id, namespace, auth string) string {
	f.t.Helper()
	open, err := f.Accept(f.t.Context(), realtime.Upgrade{
		ConnectionID: id, Address: cmp.Or(f.address, "192.0.2.1"), At: f.now,
		Headers: map[string]string{"Host": "api.example.com", "User-Agent": "test", "Cookie": "token=secret"},
		Query:   map[string]string{"EIO": "4", "transport": "websocket", "token": "secret"},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	open(f.t.Context())
	f.heard(id)
	prefix := "40" + namespace + ","
	if answer := f.send(id, prefix+auth); answer != "6" {
		return answer
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, frame := range f.frames[id] {
		if strings.HasPrefix(frame, prefix) {
			f.frames[id] = append(f.frames[id][:i], f.frames[id][i+1:]...)
			return frame
		}
	}
	return "6"
}

// admin connects an admin with the password, and forgets what it hears at first.
func (f *fixture) admin() {
	f.t.Helper()
	if answer := f.open("admin", "/admin", `{"username":"ada","password":"`+password+`"}`); !strings.Contains(answer, `"sid"`) {
		f.t.Fatalf("the admin is answered %s", answer)
	}
	f.heard("admin")
}

// player connects a connection to the game and returns its socket's id.
func (f *fixture) player(id string) string {
	f.t.Helper()
	var connected struct{ SID string }
	answer := f.open(id, "/game", "")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "40/game,")), &connected); err != nil || connected.SID == "" {
		f.t.Fatalf("%s is answered %s", id, answer)
	}
	return connected.SID
}

// send sends a frame and returns the route response.
func (f *fixture) send(id, frame string) string {
	return string(f.Receive(f.t.Context(), realtime.Message{ConnectionID: id, Body: frame, At: f.now}))
}

// command sends the admin's command and returns its acknowledgement.
func (f *fixture) command(args ...any) string {
	f.t.Helper()
	encoded, err := json.Marshal(args)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.send("admin", "42/admin,1"+string(encoded))
}

// heard returns and forgets the frames that were posted to a connection: nil if none was.
func (f *fixture) heard(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	frames := f.frames[id]
	f.frames[id] = nil
	if len(frames) == 0 {
		return nil
	}
	return frames
}

// events returns the events that the admin has heard, by name, the last of each.
func (f *fixture) events() map[string]json.RawMessage {
	f.t.Helper()
	events := map[string]json.RawMessage{}
	for _, frame := range f.heard("admin") {
		var event []json.RawMessage
		var name string
		text, found := strings.CutPrefix(frame, "42/admin,")
		if !found || json.Unmarshal([]byte(text), &event) != nil || len(event) < 2 || json.Unmarshal(event[0], &name) != nil {
			f.t.Fatalf("the admin heard %s", frame)
		}
		events[name] = event[1]
	}
	return events
}

// rooms returns the rooms of the sockets in the game, as the admin is shown them.
func (f *fixture) rooms() map[string][]string {
	f.t.Helper()
	var sockets []socket
	if err := json.Unmarshal(f.events()["all_sockets"], &sockets); err != nil {
		f.t.Fatal(err)
	}
	rooms := map[string][]string{}
	for _, s := range sockets {
		slices.Sort(s.Rooms)
		rooms[s.ID] = s.Rooms
	}
	return rooms
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
