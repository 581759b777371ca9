package realtime_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

func TestNamespacesAreDescribedByAPattern(t *testing.T) {
	f := newFixture(t)
	f.Of("/room-7").HandleAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack("by name")
		return nil
	})
	rooms := f.OfFunc(regexp.MustCompile(`^/room-\d+$`).MatchString)
	realtime.On(rooms, "where", func(_ context.Context, s *realtime.Socket, _ none) (string, error) {
		return s.Namespace().Name(), nil
	})
	f.OfFunc(func(name string) bool { return strings.HasPrefix(name, "/room") }).HandleAny(
		func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
			e.Ack("by function")
			return nil
		})
	f.open("a")
	for name, reply := range map[string]string{"/room-1": "/room-1", "/room-7": "by name", "/roomy": "by function"} {
		f.join("a", "40"+name+",")
		want(t, name, f.send("a", "42"+name+`,1["where"]`), "43"+name+`,1["`+reply+`"]`)
	}
	want(t, "no match", f.send("a", "40/other,"), `44/other,{"message":"Invalid namespace"}`)
	if err := f.Of("/room-1").Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "emitted", f.gateway.Take("a"), []string{`42/room-1,["e"]`})
	want(t, "handlers stay", f.send("a", `42/room-1,1["where"]`), `43/room-1,1["/room-1"]`)
}

func TestListenersAndMiddlewaresOfEventsRunInTheirOrder(t *testing.T) {
	f := newFixture(t)
	order := &calls{}
	f.OnAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) { order.add("any %s", e.Name) })
	f.PrependAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) { order.add("first %s", e.Name) })
	f.UseEvent(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		order.add("middleware %s", e.Name)
		if e.Name == "no" {
			return realtime.Errorf("refused", "Not this one.")
		}
		return nil
	})
	f.OnAnyOutgoing(func(_ context.Context, event string, args []any) { order.add("outgoing %s %v", event, args) })
	f.Handle("yes", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		order.add("handler")
		if err := s.Send(ctx, 1); err != nil {
			return err
		}
		return s.Namespace().Send(ctx, 2)
	})
	f.connect("a")
	f.send("a", `42["yes"]`)
	want(t, "order", order.take(), []string{
		"first yes", "any yes", "middleware yes", "handler", "outgoing message [1]", "outgoing message [2]",
	})
	want(t, "emitted", f.gateway.Take("a"), []string{`42["message",1]`, `42["message",2]`})
	want(t, "refusal", f.send("a", `421["no"]`), `431[{"ok":false,"error":{"code":"refused","message":"Not this one."}}]`)
	want(t, "order", order.take(), []string{"first no", "any no", "middleware no"})
}
