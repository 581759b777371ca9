package realtime_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// answersAfter makes clients answer questions after a while.
func (f *fixture) answersAfter(delay time.Duration) {
	ctx := context.WithoutCancel(f.t.Context())
	f.gateway.Hear = func(id, frame string) {
		ack, _, _ := strings.Cut(frame[2:], "[")
		time.AfterFunc(delay, func() {
			f.Receive(ctx, realtime.Message{ConnectionID: id, Body: "43" + ack + `["` + id + `"]`, At: f.clock.Now()})
		})
	}
}

func TestAnAnswerCountsUpToTheTimeout(t *testing.T) {
	f := newFixture(t)
	sid := f.connect("a")[0]
	// The looks before that come after 25, 62, 118, 202, 329 and 519 ms.
	f.answersAfter(340 * time.Millisecond)
	if _, err := f.To(sid).Timeout(500*time.Millisecond).EmitWithAck(t.Context(), "question"); err != nil {
		t.Error(err)
	}
}

// blind is a store that fails to look for answers at first.
type blind struct {
	store.Store
	looks atomic.Int64
}

func (b *blind) Answers(ctx context.Context, namespace string, id uint64) ([]store.Answer, error) {
	if b.looks.Add(1) <= 2 {
		return nil, realtime.Unavailable(errors.New("throttled"))
	}
	return b.Store.Answers(ctx, namespace, id)
}

func TestALookForAnswersThatFailsIsRepeated(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Store = &blind{Store: o.Store} })
	f.connect("a")
	f.answersAfter(0)
	replies, err := f.EmitWithAck(t.Context(), "question")
	if err != nil || len(replies) != 1 {
		t.Errorf("%d replies, %v", len(replies), err)
	}
}

func TestNobodyWaitsForAMemberThatIsGone(t *testing.T) {
	f := newFixture(t)
	sids := f.connect("a", "b")
	f.answersAfter(0)
	_ = f.gateway.Close(t.Context(), "b")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	replies, err := f.Timeout(time.Hour).EmitWithAck(ctx, "question")
	var late *realtime.AckTimeoutError
	if !errors.As(err, &late) {
		t.Fatal(err)
	}
	want(t, "missing", late.Missing, sids[1:])
	want(t, "replies", len(replies), 1)
}

func TestWhoStopsWaitingIsNotToldOfATimeout(t *testing.T) {
	f := newFixture(t)
	f.connect("a")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := f.Timeout(time.Hour).EmitWithAck(ctx, "question")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
