package realtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// A name that a client left out must not make a word to a room one to everyone.
func TestNoRoomAddressesNobody(t *testing.T) {
	f := newFixture(t)
	type message struct{ Room string }
	realtime.On(f, "say", func(ctx context.Context, s *realtime.Socket, in message) (realtime.None, error) {
		return realtime.None{}, errors.Join(
			s.To(in.Room).Emit(ctx, "a room without a name"),
			f.To().Emit(ctx, "no rooms"),
			f.In([]string{}...).Emit(ctx, "an empty list"),
			f.To("").To("nowhere").Emit(ctx, "one of two"),
		)
	})
	realtime.On(f, "leave", func(ctx context.Context, s *realtime.Socket, in message) (realtime.None, error) {
		return realtime.None{}, s.Leave(ctx, in.Room)
	})
	f.connect("a", "b")
	f.send("a", `42["say",{}]`)
	f.send("a", `42["leave",{}]`)
	for what, err := range map[string]error{
		"disconnect": f.In("").DisconnectSockets(t.Context(), true),
		"leave":      f.SocketsLeave(t.Context(), ""),
		"except":     f.Except("").Emit(t.Context(), "all but nobody"),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, id := range []string{"a", "b"} {
		want(t, id, f.gateway.Take(id), []string{`42["all but nobody"]`})
	}
	want(t, "everyone", f.members(store.Everyone), 2)
}

func TestNobodyIsTakenOutOfTheirOwnRoom(t *testing.T) {
	f := newFixture(t)
	sid := f.connect("a")[0]
	if err := f.In(sid).SocketsLeave(t.Context(), sid); err != nil {
		t.Fatal(err)
	}
	if err := f.To(sid).Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "a", f.gateway.Take("a"), []string{`42["e"]`})
}

func TestALeaveDoesNotReachTheSuccessorOfItsSocket(t *testing.T) {
	f := newFixture(t)
	f.Of("/keeps")
	f.Handle("join", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error { return s.Join(ctx, "room") })
	f.Handle("slow", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		f.send("a", "41")
		f.join("a", "40")
		f.send("a", `42["join"]`)
		return s.Leave(ctx, "room")
	})
	f.open("a")
	f.join("a", "40")
	f.join("a", "40/keeps")
	f.send("a", `42["slow"]`)
	want(t, "members", f.members("room"), 1)
}

func TestWhatNoFrameHoldsIsRefused(t *testing.T) {
	f := newFixture(t)
	f.connect("a")
	large := strings.Repeat("x", 130<<10)
	_, err := f.Timeout(1).EmitWithAck(t.Context(), "e", large)
	for what, err := range map[string]error{
		"a broadcast":     f.Emit(t.Context(), "e", large),
		"a question":      err,
		"one for a later": f.To("room").EmitThen(t.Context(), "then", "e", large),
		"a volatile one":  f.Volatile().Emit(t.Context(), "e", large),
	} {
		if !errors.Is(err, realtime.ErrTooLarge) {
			t.Errorf("%s: %v", what, err)
		}
	}
	want(t, "a", f.gateway.Take("a"), []string(nil))
}

func TestAnAudienceIsWhoWasThere(t *testing.T) {
	f := newFixture(t)
	f.connect("a", "b")
	audience, err := f.Namespace.Except().Audience(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.connect("late")
	want(t, "members", audience.Len(), 2)
	if err := audience.Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	for id, heard := range map[string][]string{"a": {`42["e"]`}, "b": {`42["e"]`}, "late": nil} {
		want(t, id, f.gateway.Take(id), heard)
	}
	nobody, err := f.To("nowhere").Audience(t.Context())
	if err != nil || nobody.Len() != 0 || nobody.Emit(t.Context(), "e") != nil {
		t.Errorf("%d members, %v", nobody.Len(), err)
	}
}
