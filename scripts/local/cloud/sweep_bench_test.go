package cloud

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// BenchmarkARoundOfSweepsOverAHundredThousandConnections runs nine sweeps, one for each slot, and prints
// what the meter has counted. The connections are stored and take posts, and have no sockets.
func BenchmarkARoundOfSweepsOverAHundredThousandConnections(b *testing.B) {
	const connections = 100_000
	ctx := b.Context()
	engine, err := dynamo.Start(ctx, dynamo.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	var posts, most atomic.Int64
	c, err := Start(ctx, Options{
		// The sweeps are those of the benchmark. One of the schedule would come in an hour.
		DynamoDB: engine.URL(), WithoutChat: true, SweepEvery: time.Hour,
		Environment: map[string]string{names.EnvCallTimeout: "20s"},
		Gateway:     gateway.Options{Simulated: func(string, []byte) bool { posts.Add(1); return true }},
		Log:         slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	putConnections(b, realtimestore.New(realtimestore.Options{Client: engine.Client(), Table: schema.Realtime.ID}), connections)
	for b.Loop() {
		c.Meter().Reset()
		posts.Store(0)
		for slot := range store.Slots {
			before := posts.Load()
			at := time.Unix(32_400_000, 0).Add(time.Duration(slot) * time.Hour).UTC().Format(time.RFC3339)
			if err := c.host.InvokeAsync(names.Sweep, fmt.Appendf(nil, `{"time":%q}`, at)); err != nil {
				b.Fatal(err)
			}
			for !c.Idle() {
				time.Sleep(10 * time.Millisecond)
			}
			most.Store(max(most.Load(), posts.Load()-before))
		}
		if posts.Load() != connections {
			b.Errorf("%d of %d connections got a heartbeat", posts.Load(), connections)
		}
	}
	b.ReportMetric(float64(most.Load()), "largest-slot")
	r := c.Meter().Report()
	for _, i := range r.Invocations {
		b.ReportMetric(float64(i.Count), i.Function+"-invocations")
	}
	for _, call := range r.Calls {
		b.ReportMetric(float64(call.Count), call.Function+"-"+call.Operation)
	}
}

// putConnections stores connections with ids in API Gateway's form, and a browser's handshake.
func putConnections(b *testing.B, db *realtimestore.Store, n int) {
	b.Helper()
	now := time.Now()
	var page []store.Connection
	for i := range n {
		id := make([]byte, 11)
		binary.BigEndian.PutUint64(id[3:], uint64(i))
		page = append(page, store.Connection{
			ID: base64.URLEncoding.EncodeToString(id), EngineID: fmt.Sprintf("%020d", i),
			ConnectedAt: now.Add(-10 * time.Minute), SeenAt: now.Add(-10 * time.Minute), Expires: now.Add(2 * time.Hour),
			Handshake: store.Handshake{
				Headers: map[string]string{
					"host": "abcdefghij.execute-api.eu-central-1.amazonaws.com", "origin": "https://chat.example.com",
					"user-agent":      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
					"x-forwarded-for": "192.0.2.1",
				},
				Query: map[string]string{"EIO": "4", "transport": "websocket"}, Address: "192.0.2.1", Secure: true, Issued: now,
			},
			Sockets: map[string]store.SocketState{"/": {ID: fmt.Sprintf("%020d", i), Rooms: []string{"user:01234567890123456789", "room:01234567890123456789"}}},
		})
		if len(page) == 1000 || i == n-1 {
			if err := db.PutConnections(b.Context(), page); err != nil {
				b.Fatal(err)
			}
			page = nil
		}
	}
}
