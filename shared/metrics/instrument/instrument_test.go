package instrument

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// bench is what a function is made of, and what it counts.
type bench struct {
	*metrics.Recorder
	out   bytes.Buffer
	store fakeStore
	post  error
	over  error
}

func newBench() *bench {
	b := &bench{}
	b.Recorder = metrics.NewRecorder(&b.out, "")
	return b
}

type fakeStore struct {
	store.Store
	err error
}

func (s *fakeStore) PutConnection(context.Context, store.Connection) error { return s.err }
func (s *fakeStore) RemoveConnection(context.Context, string) error        { return s.err }
func (s *fakeStore) Slot(_ context.Context, _, _ int, visit store.Visit) error {
	return errors.Join(visit(make([]store.Connection, 3), true), visit(make([]store.Connection, 4), false))
}

func (b *bench) Post(context.Context, string, []byte) error { return b.post }
func (b *bench) Close(context.Context, string) error        { return nil }

func (b *bench) HandOver(context.Context, realtime.Delivery) error { return b.over }

func (b *bench) options() realtime.Options {
	return Options(realtime.Options{Store: &b.store, Gateway: b, Handover: b}, b.Recorder)
}

// counted returns the line's numbers, without the slowest post, which is time.
func (b *bench) counted(t *testing.T) map[string]any {
	t.Helper()
	b.Flush("")
	line := map[string]any{}
	if b.out.Len() > 0 {
		if err := json.Unmarshal(b.out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
	}
	b.out.Reset()
	delete(line, "_aws")
	delete(line, metrics.SlowestPost)
	return line
}

func expect(t *testing.T, got, want map[string]any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestPostsAreCountedByWhatCameOfThem(t *testing.T) {
	b := newBench()
	g := b.options().Gateway
	for _, err := range []error{nil, nil, realtime.ErrGone, realtime.ErrBusy, realtime.ErrUnanswered} {
		b.post = err
		if got := g.Post(t.Context(), "c", nil); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	expect(t, b.counted(t), map[string]any{metrics.Posts: 5., metrics.PostsGone: 1., metrics.PostsBusy: 2.})
}

func TestConnectionsAreCountedWhenTheStoreHasDoneIt(t *testing.T) {
	b := newBench()
	s := b.options().Store
	for _, err := range []error{nil, errors.New("no")} {
		b.store.err = err
		if got := s.PutConnection(t.Context(), store.Connection{}); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
		if got := s.RemoveConnection(t.Context(), "c"); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	expect(t, b.counted(t), map[string]any{metrics.ConnectionsOpened: 1., metrics.ConnectionsEnded: 1.})
}

func TestTheSweepsConnectionsAreCountedPageByPage(t *testing.T) {
	b := newBench()
	visited := 0
	err := b.options().Store.Slot(t.Context(), 0, 0, func(page []store.Connection, _ bool) error { visited += len(page); return nil })
	if err != nil || visited != 7 {
		t.Errorf("visited %d, %v", visited, err)
	}
	expect(t, b.counted(t), map[string]any{metrics.ConnectionsSwept: 7.})
}

func TestWhatIsHandedOverIsCountedAndWhatIsNotIsNot(t *testing.T) {
	b := newBench()
	h := b.options().Handover
	d := realtime.Delivery{Members: make([]store.Member, 300)}
	if err := h.HandOver(t.Context(), d); err != nil {
		t.Error(err)
	}
	b.over = errors.New("no")
	if err := h.HandOver(t.Context(), d); !errors.Is(err, b.over) {
		t.Error(err)
	}
	expect(t, b.counted(t), map[string]any{"handedOver": 300.})
}

func TestAServerWithoutHandoverStaysWithout(t *testing.T) {
	b := newBench()
	if o := Options(realtime.Options{Store: &b.store, Gateway: b}, b.Recorder); o.Handover != nil {
		t.Error("it has one")
	}
}

func TestRefusalsAndFailuresAreToldApart(t *testing.T) {
	b := newBench()
	o := Observer{b.Recorder}
	for _, code := range []string{"unauthorized", realtime.CodeRateLimited, realtime.CodeRateLimited, realtime.CodeInternal, realtime.CodeUnavailable} {
		o.Refused(t.Context(), code)
	}
	expect(t, b.counted(t), map[string]any{
		metrics.Refused: 3., metrics.Failed: 2.,
		"codes": map[string]any{"unauthorized": 1., "rate_limited": 2., "internal": 1., "unavailable": 1.},
	})
}

func TestErrorsInTheLogAreCountedAndPassedOn(t *testing.T) {
	b := newBench()
	var log bytes.Buffer
	l := slog.New(Log(slog.NewJSONHandler(&log, nil), b.Recorder)).With("a", 1).WithGroup("g")
	l.Debug("quiet")
	l.Warn("warning")
	l.Error("error", "b", 2)
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), `"a":1,"g":{"b":2}`) {
		t.Errorf("logged %s", log.String())
	}
	expect(t, b.counted(t), map[string]any{metrics.ErrorsLogged: 1.})
}

// invoked is a handler that counts one post, and leaves another for later.
func invoked(b *bench) lambda.Handler {
	return Handler(apigw.HandlerFunc[int, int](func(ctx context.Context, in int) (int, error) {
		b.Add(metrics.Posts, 1)
		apigw.AfterResponse(ctx, func(context.Context) { b.Add(metrics.Posts, 1) })
		if in < 0 {
			panic("negative")
		}
		return in + 1, nil
	}), b.Recorder)
}

func TestALineIsWrittenAtTheEndOfAnInvocation(t *testing.T) {
	b := newBench()
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8f2c"})
	result, err := invoked(b).Invoke(ctx, []byte("1"))
	if err != nil || string(result) != "2" {
		t.Errorf("got %s, %v", result, err)
	}
	expect(t, b.counted(t), map[string]any{metrics.Posts: 1., "requestId": "8f2c"})
}

func TestTheLineIncludesWhatIsDoneAfterTheResponse(t *testing.T) {
	b := newBench()
	ctx, after := apigw.CollectAfterResponse(t.Context())
	if _, err := invoked(b).Invoke(ctx, []byte("1")); err != nil {
		t.Fatal(err)
	}
	if b.out.Len() > 0 {
		t.Errorf("it was written too early: %s", b.out.String())
	}
	after(t.Context())
	if b.out.Len() == 0 {
		t.Error("nothing was written")
	}
	expect(t, b.counted(t), map[string]any{metrics.Posts: 2.})
}

func TestAPanicIsCountedToo(t *testing.T) {
	b := newBench()
	func() {
		defer func() {
			if p := recover(); p != "negative" {
				t.Errorf("panic %v", p)
			}
		}()
		_, _ = invoked(b).Invoke(t.Context(), []byte("-1"))
	}()
	expect(t, b.counted(t), map[string]any{metrics.Posts: 1.})
}
