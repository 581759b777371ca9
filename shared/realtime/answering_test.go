package realtime_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// answeringStore tells when somebody looks whether replies have left, and may fail to record that
// they have.
type answeringStore struct {
	store.Store
	looked chan struct{}
	lost   atomic.Bool
}

func (s *answeringStore) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	connections, err := s.Store.Connections(ctx, ids)
	select {
	case s.looked <- struct{}{}:
	default:
	}
	return connections, err
}

func (s *answeringStore) Answered(ctx context.Context, socket store.SocketRef) error {
	if s.lost.Load() {
		return realtime.Unavailable(errors.New("throttled"))
	}
	return s.Store.Answered(ctx, socket)
}

// newAnswering returns a fixture whose clients join "middleware" and "handler" when they connect.
func newAnswering(t *testing.T, options ...func(*realtime.Options)) (*fixture, *answeringStore) {
	s := &answeringStore{looked: make(chan struct{}, 1)}
	f := newFixture(t, append(options, func(o *realtime.Options) { s.Store, o.Store = o.Store, s })...)
	f.Use(func(ctx context.Context, k *realtime.Socket) error { return k.Join(ctx, "middleware") })
	f.OnConnection(func(ctx context.Context, k *realtime.Socket) error { return k.Join(ctx, "handler") })
	return f, s
}

// holdReply calls while before the gateway takes the first reply to a CONNECT.
func (f *fixture) holdReply(while func()) {
	var once sync.Once
	f.gateway.Fail = func(_ string, frame []byte) error {
		if strings.HasPrefix(string(frame), `40{"sid"`) {
			once.Do(while)
		}
		return nil
	}
}

func TestNothingComesBeforeTheReplyToAConnect(t *testing.T) {
	for what, to := range map[string]func(f *fixture) realtime.Broadcast{
		"to everyone":               func(f *fixture) realtime.Broadcast { return f.Except() },
		"to a room of a middleware": func(f *fixture) realtime.Broadcast { return f.To("middleware") },
		"to a room of the handler":  func(f *fixture) realtime.Broadcast { return f.To("handler") },
		"volatile":                  func(f *fixture) realtime.Broadcast { return f.Except().Volatile() },
		"handed over":               func(f *fixture) realtime.Broadcast { return f.Except() },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := &handover{}
			f, s := newAnswering(t, func(o *realtime.Options) {
				if what == "handed over" {
					o.InlineFanout, o.Handover = 1, h
				}
			})
			h.server = func() *realtime.Server { return f.Server }
			f.connect("before")
			heard := make(chan string, 10)
			f.gateway.Hear = func(id, frame string) {
				if frame == `42["e"]` {
					heard <- id
				}
			}
			var emitting sync.WaitGroup
			f.holdReply(func() {
				select {
				case <-s.looked: // for another reason
				default:
				}
				emitting.Go(func() {
					if err := to(f).Emit(t.Context(), "e"); err != nil {
						t.Error(err)
					}
				})
				want(t, "the first that hears it", <-heard, "before")
				<-s.looked
				<-s.looked // and the reply had not left
			})
			f.open("a")
			f.send("a", "40")
			emitting.Wait()
			if frames := f.gateway.Take("a"); len(frames) != 2 || !strings.HasPrefix(frames[0], `40{"sid"`) || frames[1] != `42["e"]` {
				t.Errorf("frames %q", frames)
			}
		})
	}
}

// Each handler sends to the other's socket before its own reply has left.
func TestTwoThatConnectAndTellOneAnotherDoNotWaitForOneAnother(t *testing.T) {
	f, _ := newAnswering(t)
	var admitted, done sync.WaitGroup
	admitted.Add(2)
	f.OnConnection(func(ctx context.Context, k *realtime.Socket) error {
		admitted.Done()
		admitted.Wait()
		return k.Broadcast().Emit(ctx, "e")
	})
	for _, id := range []string{"a", "b"} {
		f.open(id)
		done.Go(func() { f.send(id, "40") })
	}
	done.Wait()
	for _, id := range []string{"a", "b"} {
		if frames := f.gateway.Take(id); len(frames) != 2 || !strings.HasPrefix(frames[0], `40{"sid"`) || frames[1] != `42["e"]` {
			t.Errorf("%s heard %q", id, frames)
		}
	}
	want(t, "warnings", strings.Contains(f.log.String(), "level=WARN"), false)
}

// A function may die between the reply and the record of it, or the record may fail.
func TestWhoseReplyIsNotRecordedMissesNothing(t *testing.T) {
	f, s := newAnswering(t)
	s.lost.Store(true)
	f.connect("a")
	f.says(t, "soon") // and waits as long as a reply may take
	f.clock.Advance(time.Minute)
	for len(s.looked) > 0 {
		<-s.looked
	}
	f.says(t, "later")
	want(t, "heard", f.gateway.Take("a"), []string{`42["e","soon"]`, `42["e","later"]`})
	want(t, "looks, later", len(s.looked), 0)
}

// An emit to members who have been there costs nothing for those who answer.
func TestNobodyLooksForTheRepliesOfThoseThatWereThere(t *testing.T) {
	f, s := newAnswering(t)
	f.connect("a", "b")
	f.clock.Advance(time.Minute)
	for len(s.looked) > 0 {
		<-s.looked
	}
	f.says(t, 1)
	want(t, "looks", len(s.looked), 0)
	want(t, "heard", f.gateway.Take("b"), []string{`42["e",1]`})
}

// A client may leave a namespace and join it again before the function of its first CONNECT has
// returned. The new socket's memberships have the same keys.
func TestASocketThatEndsBeforeItsFunctionReturnsLeavesItsSuccessorInItsRooms(t *testing.T) {
	f, _ := newAnswering(t)
	first := true
	f.OnConnection(func(ctx context.Context, k *realtime.Socket) error {
		err := k.Emit(ctx, "welcome") // and the reply before it
		if first {
			first = false
			f.send("a", "41")
			f.send("a", "40")
		}
		return err
	})
	f.open("a")
	f.send("a", "40")
	for _, room := range []string{"middleware", "handler", store.Everyone} {
		want(t, "members of "+room, f.members(room), 1)
	}
}

func TestASocketThatEndsBeforeItsReplyLeavesEndsOnce(t *testing.T) {
	f, _ := newAnswering(t)
	var ended calls
	f.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
		ended.add("%s", reason)
		return nil
	})
	f.holdReply(func() {
		if err := f.Closed(t.Context(), "a", 1006); err != nil {
			t.Error(err)
		}
		ended.take() // it ran before the handler's end
	})
	f.open("a")
	f.send("a", "40")
	want(t, "ended again", ended.take(), []string{"transport close"})
	want(t, "everyone", f.members(store.Everyone), 0)
}
