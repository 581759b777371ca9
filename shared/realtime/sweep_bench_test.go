package realtime_test

import (
	"context"
	"encoding/base64"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// crowded is a store in which a slot has so many connections that they are only made up when they are
// visited.
type crowded struct {
	store.Store
	ids [store.Slots][store.Parts][]string
}

// pageOfConnections is about what a megabyte has.
const pageOfConnections = 1500

func newCrowded(connections int) *crowded {
	c := &crowded{Store: memstore.New(nil)}
	random := rand.NewChaCha8([32]byte{})
	for range connections {
		id := make([]byte, 11)
		_, _ = random.Read(id)
		text := base64.URLEncoding.EncodeToString(id)
		h := fnv.New32a() // as the stores do
		_, _ = io.WriteString(h, text)
		n := h.Sum32() % (store.Slots * store.Parts)
		c.ids[n%store.Slots][n/store.Slots] = append(c.ids[n%store.Slots][n/store.Slots], text)
	}
	return c
}

// Slot implements store.Store.
func (c *crowded) Slot(_ context.Context, slot, part int, visit store.Visit) error {
	now := time.Now()
	for ids := c.ids[slot][part]; len(ids) > 0; {
		n := min(pageOfConnections, len(ids))
		page := make([]store.Connection, n)
		for i, id := range ids[:n] {
			page[i] = store.Connection{ID: id, ConnectedAt: now.Add(-10 * time.Minute), SeenAt: now.Add(-5 * time.Minute), Sockets: map[string]store.SocketState{"/": {ID: "s"}}}
		}
		ids = ids[n:]
		if err := visit(page, len(ids) > 0); err != nil {
			return err
		}
	}
	return nil
}

// heartbeats is a gateway that counts.
type heartbeats struct{ n atomic.Int64 }

func (h *heartbeats) Post(context.Context, string, []byte) error { h.n.Add(1); return nil }
func (h *heartbeats) Close(context.Context, string) error        { return nil }

// lambda takes parts of sweeps, and runs them when it is told.
type lambda struct {
	mu    sync.Mutex
	parts []realtime.SweepPart
}

func (l *lambda) HandOverSweep(_ context.Context, p realtime.SweepPart) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts = append(l.parts, p)
	return nil
}

// BenchmarkARoundOfSweepsOverAMillionConnectionsIsHandedOver measures what the scheduled functions do in
// nine minutes, and checks that what they hand over reaches each connection once. It prints how many parts
// there are, and the connections of the largest.
func BenchmarkARoundOfSweepsOverAMillionConnectionsIsHandedOver(b *testing.B) {
	const connections = 1_000_000
	db, posts, to := newCrowded(connections), &heartbeats{}, &lambda{}
	srv := realtime.NewServer(realtime.Options{Store: db, Gateway: posts, SweepHandover: to, Log: slog.New(slog.DiscardHandler)})
	sweep := func() {
		to.parts = nil
		for slot := range store.Slots {
			if err := srv.Sweep(b.Context(), time.Unix(540_000_000, 0).Add(time.Duration(slot)*time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		sweep()
	}
	b.StopTimer()
	if posts.n.Load() != 0 {
		b.Errorf("the scheduled functions visited %d themselves", posts.n.Load())
	}
	for _, p := range to.parts {
		if err := srv.SweepPart(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
	if posts.n.Load() != connections {
		b.Errorf("%d heartbeats", posts.n.Load())
	}
	largest := 0
	for _, slot := range db.ids {
		for _, ids := range slot {
			largest = max(largest, len(ids))
		}
	}
	b.ReportMetric(float64(len(to.parts)), "parts")
	b.ReportMetric(float64(largest), "largest-part")
}
