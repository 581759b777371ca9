// Command broadcast measures one event to very many connections in the local cloud, with the quotas
// of an account of AWS: how many hear it, how often, and how much of the allowed rate is used. The
// receivers are simulated: they are members in the database and get posts from the gateway, but have
// no sockets, because one machine could not open so many.
package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:])
	if err == nil {
		fmt.Printf("%d processors; %d requests a second are allowed, %d of them for large fan-outs\n\n%s\n",
			runtime.NumCPU(), o.quotas.Requests, o.perSecond, heading)
		err = measure(ctx, o, func(r result) { fmt.Println(r) })
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "broadcast:", err)
		os.Exit(1)
	}
}

type options struct {
	sizes     []int
	perSecond int
	quotas    gateway.Quotas
	most      time.Duration
}

func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("broadcast", flag.ContinueOnError)
	sizes := flags.String("connections", "20000,50000,100000", "how many receivers, one broadcast after the other; each at least as many as the one before")
	flags.IntVar(&o.quotas.Requests, "requests", gateway.AccountQuotas.Requests, "the account's quota of requests a second")
	flags.IntVar(&o.quotas.Burst, "burst", gateway.AccountQuotas.Burst, "how many of them may come at once")
	flags.IntVar(&o.perSecond, "posts-per-second", 0, "posts a second of large fan-outs (default 60 % of -requests)")
	flags.DurationVar(&o.most, "most", 10*time.Minute, "how long one broadcast may take")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 || len(o.sizes) > 0 && n < o.sizes[len(o.sizes)-1] {
			return o, fmt.Errorf("-connections %q must be growing numbers, separated by commas", *sizes)
		}
		o.sizes = append(o.sizes, n)
	}
	o.perSecond = cmp.Or(o.perSecond, o.quotas.Requests*6/10)
	return o, nil
}

// measure broadcasts to so many connections after each other, and reports each broadcast.
func measure(ctx context.Context, o options, report func(result)) error {
	engine, err := dynamo.Start(ctx, dynamo.Options{})
	if err != nil {
		return err
	}
	defer engine.Close()
	a := newAudience(o.sizes[len(o.sizes)-1])
	c, err := cloud.Start(ctx, cloud.Options{
		DynamoDB: engine.URL(), WithoutChat: true, App: register,
		Environment: map[string]string{names.EnvPostsPerSecond: strconv.Itoa(o.perSecond), names.EnvCallTimeout: "10s"},
		Gateway:     gateway.Options{Quotas: o.quotas, Simulated: a.hear},
		Log:         slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	db := realtimestore.New(realtimestore.Options{Client: engine.Client(), Table: schema.Realtime.ID})
	conn, err := connect(ctx, c.URL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()

	members := 0
	for _, n := range o.sizes {
		if err := a.join(ctx, db, members, n); err != nil {
			return err
		}
		members = n
		r, err := a.broadcast(ctx, c, conn, n, o)
		if err != nil {
			return err
		}
		report(r)
	}
	return nil
}

// register registers the handler that sends an event to everyone.
func register(srv *realtime.Server) {
	srv.Handle("broadcast", func(ctx context.Context, _ *realtime.Socket, e *realtime.Event) error {
		if err := srv.Emit(ctx, "news", strings.Repeat("x", 200)); err != nil {
			return err
		}
		e.Ack()
		return nil
	})
}

// connect connects a client that has a socket.
func connect(ctx context.Context, url string) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		return nil, err
	}
	if _, err := await(ctx, conn, "0{"); err != nil {
		return nil, err
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte("40")); err != nil {
		return nil, err
	}
	_, err = await(ctx, conn, "40{")
	return conn, err
}

// await reads frames until one begins with a text.
func await(ctx context.Context, conn *websocket.Conn, prefix string) (string, error) {
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil || strings.HasPrefix(string(frame), prefix) {
			return string(frame), err
		}
	}
}

// audience are the simulated connections.
type audience struct {
	heard []atomic.Int32
	mu    sync.Mutex
	// at is when the posts came.
	at []time.Time
}

func newAudience(n int) *audience { return &audience{heard: make([]atomic.Int32, n)} }

// idOf returns the id of a connection in API Gateway's form.
func idOf(i int) string {
	b := make([]byte, 11)
	binary.BigEndian.PutUint64(b[3:], uint64(i))
	copy(b, "sim")
	return base64.URLEncoding.EncodeToString(b)
}

// hear implements gateway.Options.Simulated.
func (a *audience) hear(id string, _ []byte) bool {
	b, err := base64.URLEncoding.DecodeString(id)
	if err != nil || len(b) != 11 || string(b[:3]) != "sim" {
		return false
	}
	i := binary.BigEndian.Uint64(b[3:])
	if i >= uint64(len(a.heard)) {
		return false
	}
	a.heard[i].Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
	return true
}

// join makes connections members of everyone.
func (a *audience) join(ctx context.Context, db *realtimestore.Store, from, to int) error {
	const batch = 1000
	var starts []int
	for i := from; i < to; i += batch {
		starts = append(starts, i)
	}
	return wait.ForEach(ctx, 2, starts, func(ctx context.Context, start int) error {
		var members []store.Member
		for i := start; i < min(start+batch, to); i++ {
			members = append(members, store.Member{ConnectionID: idOf(i), SocketID: fmt.Sprintf("%020d", i)})
		}
		return db.PutMembers(ctx, "/", store.Everyone, members, time.Now().Add(2*time.Hour))
	})
}

// broadcast lets the client broadcast, and returns what became of it.
func (a *audience) broadcast(ctx context.Context, c *cloud.Cloud, conn *websocket.Conn, n int, o options) (result, error) {
	for i := range a.heard {
		a.heard[i].Store(0)
	}
	a.mu.Lock()
	a.at = make([]time.Time, 0, n)
	a.mu.Unlock()
	c.Meter().Reset()
	ctx, cancel := context.WithTimeout(ctx, o.most)
	defer cancel()
	start := time.Now()
	if err := conn.Write(ctx, websocket.MessageText, []byte(`421["broadcast"]`)); err != nil {
		return result{}, err
	}
	if answer, err := await(ctx, conn, "431["); err != nil || answer != "431[]" {
		return result{}, fmt.Errorf("the broadcast is answered by %q: %w", answer, err)
	}
	acknowledged := time.Since(start)
	for !c.Idle() {
		if err := wait.Sleep(ctx, 50*time.Millisecond); err != nil {
			return result{}, fmt.Errorf("it is not over: %w", err)
		}
	}
	r := a.count(n)
	r.acknowledged, r.allowed = acknowledged, o.perSecond
	r.add(start, a.at, c.Meter().Report())
	return r, nil
}

// count counts how often the first n connections have heard the event.
func (a *audience) count(n int) result {
	r := result{receivers: n}
	for i := range n {
		switch a.heard[i].Load() {
		case 0:
			r.never++
		case 1:
			r.once++
		default:
			r.twice++
		}
	}
	return r
}
