package realtime_test

import (
	"context"
	"regexp"
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

func TestAnAcknowledgementIsHandledWithoutAnybodyWaitingForIt(t *testing.T) {
	f := newFixture(t)
	var answers calls
	f.HandleAck("vote", func(ctx context.Context, s *realtime.Socket, args realtime.Args) error {
		answers.add("%s %s", s.ConnectionID(), args[0])
		return s.Emit(ctx, "counted")
	})
	realtime.On(f, "ask", func(ctx context.Context, s *realtime.Socket, everyone bool) (realtime.None, error) {
		if everyone {
			return realtime.None{}, s.Namespace().In(s.ID(), "others").EmitThen(ctx, "vote", "question")
		}
		return realtime.None{}, s.EmitThen(ctx, "vote", "question")
	})
	f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "others") })
	f.connect("a", "b")
	question := regexp.MustCompile(`^42(\d+)\["question"\]$`)
	f.gateway.Hear = func(id, frame string) {
		if q := question.FindStringSubmatch(frame); q != nil {
			want(t, "route response", f.send(id, "43"+q[1]+`["yes"]`), "6")
		}
	}
	f.send("a", `42["ask",false]`)
	want(t, "one client's answer", answers.take(), []string{`a "yes"`})
	want(t, "what its handler emits", f.gateway.Take("a")[1:], []string{`42["counted"]`})
	f.send("a", `42["ask",true]`)
	both := answers.take()
	slices.Sort(both)
	want(t, "a room's answers", both, []string{`a "yes"`, `b "yes"`})
}

func TestAnAcknowledgementOfAnUnknownHandlerIsIgnored(t *testing.T) {
	f := newFixture(t)
	f.connect("a")
	want(t, "route response", f.send("a", `432147483647[1]`), "6")
	want(t, "closed", f.gateway.Closed("a"), false)
}
