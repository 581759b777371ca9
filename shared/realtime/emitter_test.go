package realtime_test

import (
	"errors"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// emitter returns a server without handlers on a fixture's store and gateway.
func (f *fixture) emitter() *realtime.Server {
	return realtime.NewServer(realtime.Options{Store: f.store, Gateway: f.gateway, Now: f.clock.Now})
}

// The handlers are in the functions, and have to hear of it.
func TestADisconnectByAnEmitterIsCarriedOutByTheFunctions(t *testing.T) {
	for _, closeConnection := range []bool{false, true} {
		f, seen := watched(t)
		f.connect("b")
		e := f.emitter()
		if err := errors.Join(e.In("room").DisconnectSockets(t.Context(), closeConnection), e.Emit(t.Context(), "to those who are left")); err != nil {
			t.Fatal(err)
		}
		want(t, "a", f.gateway.Take("a"), []string{"41"})
		want(t, "b", f.gateway.Take("b"), []string{`42["to those who are left"]`})
		want(t, "closed", f.gateway.Closed("a"), closeConnection)
		want(t, "handlers before", seen.take(), []string(nil))
		if closeConnection {
			if err := f.Closed(t.Context(), "a", 1000); err != nil {
				t.Fatal(err)
			}
		} else {
			f.answersPings()
			f.sweepAll()
		}
		reason := string(realtime.ServerNamespaceDisconnect)
		want(t, "handlers", seen.take(), []string{"disconnecting " + reason + " [room]", "disconnect " + reason + " 0"})
	}
}

func TestAnEmitterBelievesNo410(t *testing.T) {
	f, seen := watched(t)
	f.gateway.Fail = func(string, []byte) error { return realtime.ErrGone }
	if err := f.emitter().To("room").Emit(t.Context(), "lost"); err != nil {
		t.Fatal(err)
	}
	f.gateway.Fail = nil
	if err := f.To("room").Emit(t.Context(), "heard"); err != nil {
		t.Fatal(err)
	}
	want(t, "a", f.gateway.Take("a"), []string{`42["heard"]`})
	want(t, "handlers", seen.take(), []string(nil))
}

func TestAFanOutThatIsNotTakenOverKeepsToTheBound(t *testing.T) {
	const parallel = 4
	h := &handover{err: errors.New("not now")}
	f := newFixture(t, func(o *realtime.Options) { o.Handover, o.InlineFanout, o.Parallel = h, 8, parallel })
	var ids []string
	for i := range 40 {
		ids = append(ids, string(rune('A'+i)))
	}
	f.connect(ids...)
	var most calls
	slots := make(chan struct{}, parallel)
	f.gateway.Fail = func(string, []byte) error {
		select {
		case slots <- struct{}{}:
		default:
			most.add("more than %d at once", parallel)
			return nil
		}
		time.Sleep(time.Millisecond)
		<-slots
		return nil
	}
	if err := f.Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "posts", most.take(), []string(nil))
	for _, id := range ids {
		want(t, id, f.gateway.Take(id), []string{`42["e"]`})
	}
}
