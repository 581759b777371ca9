package realtime_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// hundredThousand is how many sockets are in the room of these tests.
const hundredThousand = 100_000

// postCount counts posts.
type postCount struct {
	realtime.Gateway
	n atomic.Int64
}

func (c *postCount) Post(ctx context.Context, connectionID string, frame []byte) error {
	c.n.Add(1)
	return c.Gateway.Post(ctx, connectionID, frame)
}

// newLargeRoom returns a server with a crowd in "room".
func newLargeRoom(t *testing.T) (*fixture, *postCount) {
	t.Helper()
	posts := &postCount{}
	var s *memstore.Store
	f := newFixture(t, func(o *realtime.Options) {
		s = memstore.New(o.Now)
		posts.Gateway, o.Gateway, o.Store = o.Gateway, posts, s
	})
	now := time.Now()
	for i := range hundredThousand {
		c := store.Connection{ID: fmt.Sprint("connection ", i), ConnectedAt: now, SeenAt: now, Expires: now.Add(2 * time.Hour)}
		if err := s.PutConnection(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: fmt.Sprint("socket ", i), Rooms: []string{"room"}}); err != nil {
			t.Fatal(err)
		}
	}
	return f, posts
}

// What must be done with each of many sockets is refused before anything is done, with what to do
// instead.
func TestWhatIsTooMuchForARoomOfAHundredThousandIsRefusedAsAWhole(t *testing.T) {
	f, posts := newLargeRoom(t)
	f.OnDisconnect(func(context.Context, *realtime.Socket, realtime.Reason) error { return nil })
	room := f.In("room")
	for call, c := range map[string]struct {
		do      func() error
		instead string
	}{
		"FetchSockets":      {func() error { _, err := room.FetchSockets(t.Context()); return err }, "range over Sockets"},
		"EmitWithAck":       {func() error { _, err := room.EmitWithAck(t.Context(), "ask"); return err }, "use EmitThen"},
		"DisconnectSockets": {func() error { return room.DisconnectSockets(t.Context(), true) }, "range over Sockets"},
		"SocketsJoin":       {func() error { return room.SocketsJoin(t.Context(), "other") }, "range over Sockets"},
		"SocketsLeave":      {func() error { return room.SocketsLeave(t.Context(), "room") }, "range over Sockets"},
	} {
		refused := realtime.Safe(c.do())
		if refused.Code != realtime.CodeTooManySockets || !strings.Contains(refused.Message, c.instead) || !strings.Contains(refused.Message, "100000") {
			t.Errorf("%s: %+v", call, refused)
		}
	}
	audience, err := room.Audience(t.Context())
	want(t, "error", err, nil)
	want(t, "still in the room", audience.Len(), hundredThousand)
	want(t, "posts", posts.n.Load(), 0)
}

func TestSocketsGoesThroughARoomOfAHundredThousandAndStopsWhereTheLoopDoes(t *testing.T) {
	f, _ := newLargeRoom(t)
	seen := map[string]bool{}
	for socket, err := range f.In("room").Sockets(t.Context()) {
		want(t, "error", err, nil)
		seen[socket.ID] = true
	}
	want(t, "sockets", len(seen), hundredThousand)
	n := 0
	for range f.In("room").Sockets(t.Context()) {
		if n++; n == 700 {
			break
		}
	}
	want(t, "sockets until the loop ended", n, 700)
}
