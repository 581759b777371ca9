package storetest

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var sessionTests = []test{
	{"ASessionIsTakenOnceAndOnlyInItsTime", sessionIsTakenOnce},
	{"OneOfManyTakesASession", oneOfManyTakesASession},
	{"ASessionIsForgottenByItsConnectionAlone", sessionIsForgotten},
	{"ALeaveIsRememberedForItsTime", leaveIsRemembered},
	{"ASessionKnowsWhereItsClientStopped", sessionKnowsWhereItStopped},
}

// endedSession is the session of connection "a" after its socket has ended.
func endedSession() store.Session {
	return store.Session{Namespace: "/", ConnectionID: "a", State: store.SocketState{
		ID: "sid", Rooms: []string{"x", "y"}, Data: json.RawMessage(`1`), EndedAt: Noon,
	}}
}

func sessionIsTakenOnce(t *testing.T, f *fixture) {
	state := store.SocketState{ID: "sid", PID: "pid"}
	succeed(t, f.AddSocket(t.Context(), f.put(t, "a"), "/", state))
	want(t, "in use", f.session(t, "pid"), store.Session{Namespace: "/", ConnectionID: "a"})

	ended := endedSession()
	succeed(t, f.SaveSession(t.Context(), "pid", ended, Noon.Add(time.Minute)))
	again := ended
	again.State.Rooms = nil
	succeed(t, f.SaveSession(t.Context(), "pid", again, Noon.Add(time.Minute)))
	want(t, "ended, as it was saved first", f.session(t, "pid"), ended)
	wantErr(t, "from another connection", f.TakeSession(t.Context(), "pid", "b", "c"), store.ErrNoSession)
	for range 2 { // as the SDK does whose answer was lost
		wantErr(t, "from its own", f.TakeSession(t.Context(), "pid", "a", "b"), nil)
	}
	wantErr(t, "from its own by a third", f.TakeSession(t.Context(), "pid", "a", "c"), store.ErrNoSession)
	taken := ended
	taken.ConnectionID, taken.Taken = "b", true
	want(t, "taken", f.session(t, "pid"), taken)

	succeed(t, f.AddSocket(t.Context(), f.put(t, "b"), "/", state))
	succeed(t, f.SaveSession(t.Context(), "pid", ended, Noon.Add(time.Minute)))
	want(t, "recovered by another connection", f.session(t, "pid"), store.Session{Namespace: "/", ConnectionID: "b"})
	ended.ConnectionID = "b"
	succeed(t, f.SaveSession(t.Context(), "pid", ended, Noon.Add(time.Minute)))
	f.advance(2 * time.Minute)
	_, err := f.Session(t.Context(), "pid")
	wantErr(t, "expired", err, store.ErrNoSession)
}

func oneOfManyTakesASession(t *testing.T, f *fixture) {
	succeed(t, f.AddSocket(t.Context(), f.put(t, "a"), "/", store.SocketState{ID: "sid", PID: "pid"}))
	succeed(t, f.SaveSession(t.Context(), "pid", endedSession(), Noon.Add(time.Minute)))
	var takers atomic.Int64
	together(4, func(i int) {
		switch err := f.TakeSession(t.Context(), "pid", "a", string(rune('b'+i))); {
		case err == nil:
			takers.Add(1)
		case !errors.Is(err, store.ErrNoSession):
			t.Error(err)
		}
	})
	want(t, "takers", takers.Load(), 1)
}

func sessionIsForgotten(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a")
	succeed(t, f.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "sid", PID: "pid"}))
	wantErr(t, "another's", f.ForgetSession(t.Context(), "pid", "b"), nil)
	if _, err := f.Session(t.Context(), "pid"); err != nil {
		t.Errorf("it is gone: %v", err)
	}
	wantErr(t, "take one in use", f.TakeSession(t.Context(), "pid", "a", "b"), store.ErrNoSession)
	for range 2 {
		wantErr(t, "its own", f.ForgetSession(t.Context(), "pid", "a"), nil)
	}
	_, err := f.Session(t.Context(), "pid")
	wantErr(t, "forgotten", err, store.ErrNoSession)
	wantErr(t, "save a forgotten one", f.SaveSession(t.Context(), "pid", endedSession(), Noon.Add(time.Minute)), nil)
	_, err = f.Session(t.Context(), "pid")
	wantErr(t, "still forgotten", err, store.ErrNoSession)
}

func leaveIsRemembered(t *testing.T, f *fixture) {
	left := func(connectionID, namespace string) bool {
		t.Helper()
		left, err := f.Left(t.Context(), connectionID, namespace)
		succeed(t, err)
		return left
	}
	want(t, "before", left("a", "/"), false)
	for range 2 {
		succeed(t, f.PutLeft(t.Context(), "a", "/", Noon.Add(time.Minute)))
	}
	want(t, "after", left("a", "/"), true)
	want(t, "another connection", left("b", "/"), false)
	want(t, "another namespace", left("a", "/other"), false)
	f.advance(2 * time.Minute)
	want(t, "expired", left("a", "/"), false)
}

func sessionKnowsWhereItStopped(t *testing.T, f *fixture) {
	resumed := store.Stop{Offset: "x", ConnectionID: "earlier", Since: 1, Until: 2}
	c := f.put(t, "a")
	succeed(t, f.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid", PID: "pid", Since: 3, Resumed: resumed}))
	succeed(t, f.StopSession(t.Context(), "pid", "another", 4))
	succeed(t, f.StopSession(t.Context(), "pid", "a", 5))
	succeed(t, f.StopSession(t.Context(), "pid", "a", 6)) // when the ending is repeated
	succeed(t, f.SaveSession(t.Context(), "pid", endedSession(), Noon.Add(time.Minute)))
	want := func(what string, session store.Session) {
		t.Helper()
		want(t, what+": since", session.Since, 3)
		want(t, what+": stopped", session.Stopped, store.Stop{ConnectionID: "a", Since: 3, Until: 5})
		want(t, what+": resumed", session.Resumed, resumed)
	}
	want("ended", f.session(t, "pid"))
	succeed(t, f.TakeSession(t.Context(), "pid", "a", "b"))
	want("taken", f.session(t, "pid"))
	succeed(t, f.AddSocket(t.Context(), f.put(t, "b"), "/", store.SocketState{ID: "sid", PID: "pid", Since: 7}))
	again := f.session(t, "pid")
	if again.Since != 7 || again.Stopped != (store.Stop{}) || again.Resumed != (store.Stop{}) {
		t.Errorf("in use again: %+v", again)
	}
	succeed(t, f.StopSession(t.Context(), "unknown", "a", 8))
	_, err := f.Session(t.Context(), "unknown")
	wantErr(t, "unknown", err, store.ErrNoSession)
}
