package realtime_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// received is a frame and when the gateway had it, in milliseconds from the start.
type received struct {
	ms    int
	frame string
}

func TestBinaryFramesAreToldApartByTheirTimesOrRefused(t *testing.T) {
	const (
		one   = `451-1["echo",{"_placeholder":true,"num":0}]`
		other = `451-2["echo",{"_placeholder":true,"num":0}]`
		two   = `452-1["echo",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]`

		oneEcho   = `461-1[{"_placeholder":true,"num":0}]`
		otherEcho = `461-2[{"_placeholder":true,"num":0}]`
		twoEcho   = `462-1[[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]`
	)
	cases := []struct {
		rule   string
		frames []received // in the order in which they are handled
		serial bool
		heard  []string
		closed bool
	}{
		{"a packet and its attachment may share a millisecond",
			[]received{{1, "bAQ=="}, {1, one}}, false, []string{oneEcho, "bAQ=="}, false},
		{"attachments are ordered by their times",
			[]received{{1, two}, {3, "bAg=="}, {2, "bAQ=="}}, false, []string{twoEcho, "bAQ==", "bAg=="}, false},
		{"attachments of one millisecond are refused",
			[]received{{1, two}, {2, "bAQ=="}, {2, "bAg=="}}, false, nil, false},
		{"packets follow each other",
			[]received{{1, one}, {2, "bAQ=="}, {3, other}, {4, "bAg=="}}, false, []string{oneEcho, "bAQ==", otherEcho, "bAg=="}, false},
		{"packets of one millisecond close the connection",
			[]received{{1, one}, {1, other}, {2, "bAQ=="}}, false, nil, true},
		{"attachments of two packets in one millisecond close the connection",
			[]received{{1, one}, {2, other}, {2, "bAQ=="}, {2, "bAg=="}}, false, nil, true},
		{"a second packet before the first one's attachment closes the connection",
			[]received{{1, one}, {2, other}}, false, nil, true},
		{"where handling is in order, times do not matter",
			[]received{{1, two}, {1, "bAQ=="}, {1, "bAg=="}}, true, []string{twoEcho, "bAQ==", "bAg=="}, false},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			g := &gathering{all: make(chan struct{})}
			f := newFixture(t, func(o *realtime.Options) {
				if c.serial {
					o.Dispatch = mode.Serial
				} else {
					g.Store, o.Store = o.Store, g
				}
			})
			f.Handle("echo", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
				e.Ack(e.Args.Any()...)
				return nil
			})
			f.connect("a")
			start := f.clock.Now()
			done := make(chan string, len(c.frames))
			for i, r := range c.frames {
				handle := func() {
					at := start.Add(time.Duration(r.ms) * time.Millisecond)
					done <- string(f.Receive(t.Context(), realtime.Message{ConnectionID: "a", Body: r.frame, At: at}))
				}
				if c.serial {
					handle()
				} else {
					go handle()
					for g.stored.Load() <= int64(i) && len(done) == 0 {
						time.Sleep(100 * time.Microsecond)
					}
				}
			}
			close(g.all)
			var responses []string
			for range c.frames {
				if r := <-done; r != "6" {
					responses = append(responses, r)
				}
			}
			want(t, "heard", f.gateway.Take("a"), c.heard)
			want(t, "closed", f.gateway.Closed("a"), c.closed)
			if c.heard == nil && !c.closed {
				want(t, "refusal", responses, []string{`431[{"ok":false,"error":{"code":"binary_order","message":` +
					`"Several attachments arrived within one millisecond, so their order is unknown. Send one attachment."}}]`})
			}
		})
	}
}

// gathering lets frames look for each other when all of them are stored.
type gathering struct {
	store.Store
	stored atomic.Int64
	all    chan struct{}
}

func (g *gathering) AddFragment(ctx context.Context, id string, f store.Fragment, expires time.Time) (time.Time, error) {
	last, err := g.Store.AddFragment(ctx, id, f, expires)
	g.stored.Add(1)
	return last, err
}

func (g *gathering) Fragments(ctx context.Context, id string) ([]store.Fragment, error) {
	<-g.all
	return g.Store.Fragments(ctx, id)
}

func (f *fixture) fragments(id string) int {
	fragments, err := f.store.Fragments(f.t.Context(), id)
	if err != nil {
		f.t.Error(err)
	}
	return len(fragments)
}

// awaitFragment gives the frame that is being handled the time to be stored before
// the next one, though no longer than a packet waits for such a frame.
func (f *fixture) awaitFragment(id string, before int) {
	for deadline := time.Now().Add(15 * time.Millisecond); f.fragments(id) <= before && time.Now().Before(deadline); {
		time.Sleep(100 * time.Microsecond)
	}
}

func TestBinaryFramesOfAConnectionWithoutASocketAreNotKept(t *testing.T) {
	for _, frame := range []string{`451-["x",{"_placeholder":true,"num":0}]`, "bAQID"} {
		f := newFixture(t)
		f.open("a")
		f.send("a", frame)
		fragments, err := f.store.Fragments(t.Context(), "a")
		if err != nil || len(fragments) > 0 {
			t.Errorf("%s left %v, %v", frame, fragments, err)
		}
		want(t, frame+" closed", f.gateway.Closed("a"), true)
	}
}

func TestBinaryPacketsUnderWayAreBounded(t *testing.T) {
	const header = `451-["x",{"_placeholder":true,"num":0}]`
	f := newFixture(t)
	f.connect("a")
	for n := range 65 {
		kept := store.Fragment{At: f.clock.Now(), Ordinal: int64(1000 + n), Attachments: 1, Body: []byte(header)}
		if _, err := f.store.AddFragment(t.Context(), "a", kept, f.clock.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	f.send("a", header)
	want(t, "closed", f.gateway.Closed("a"), true)
	fragments, err := f.store.Fragments(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "frames kept", len(fragments), 65)
}

// countingReads is a store that counts the reads that grow with what a connection has sent.
type countingReads struct {
	store.Store
	fragments, connections atomic.Int64
}

func (r *countingReads) Fragments(ctx context.Context, id string) ([]store.Fragment, error) {
	r.fragments.Add(1)
	return r.Store.Fragments(ctx, id)
}

func (r *countingReads) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	r.connections.Add(1)
	return r.Store.Connections(ctx, ids)
}

func TestAttachmentsWithoutAHeaderReadLittleAndCloseTheConnection(t *testing.T) {
	const frames = 200
	body := "b" + strings.Repeat("QUJD", 5000)
	for _, dispatch := range []mode.Dispatch{mode.Concurrent, mode.Serial} {
		r := &countingReads{}
		f := newFixture(t, func(o *realtime.Options) {
			o.Dispatch = dispatch
			o.Rate = realtime.Rate{Messages: 10_000, Per: time.Minute}
			r.Store = o.Store
			o.Store = r
		})
		f.connect("a")
		r.connections.Store(0)
		var all sync.WaitGroup
		for range frames {
			all.Go(func() { f.send("a", body) })
			if dispatch == mode.Serial {
				all.Wait()
			}
		}
		all.Wait()
		want(t, "closed", f.gateway.Closed("a"), true)
		// One read of the frames each at most: whether it was handled with its packet.
		if r.fragments.Load() > frames || r.connections.Load() > 8*frames {
			t.Errorf("%s: %d reads of frames, %d of the connection", dispatch, r.fragments.Load(), r.connections.Load())
		}
	}
}

// hidden never shows that the header of a binary packet is under way.
type hidden struct{ store.Store }

func (h hidden) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	found, err := h.Store.Connections(ctx, ids)
	for i := range found {
		found[i].Binary = 0
	}
	return found, err
}

func TestAnAttachmentThatWasHandledBetweenItsLooksIsNotStray(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Store = hidden{o.Store} })
	f.Handle("echo", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack(e.Args.Any()...)
		return nil
	})
	f.connect("a")
	start := f.clock.Now()
	receive := func(body string, ms int) string {
		return string(f.Receive(t.Context(), realtime.Message{ConnectionID: "a", Body: body, At: start.Add(time.Duration(ms) * time.Millisecond)}))
	}
	attachment := make(chan string, 1)
	go func() { attachment <- receive("bAQ==", 2) }()
	f.awaitFragment("a", 0)
	receive(`451-1["echo",{"_placeholder":true,"num":0}]`, 1)
	want(t, "answer to the attachment", <-attachment, "6")
	want(t, "heard", f.gateway.Take("a"), []string{`461-1[{"_placeholder":true,"num":0}]`, "bAQ=="})
	want(t, "closed", f.gateway.Closed("a"), false)
}
