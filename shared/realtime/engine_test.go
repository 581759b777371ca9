package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

type none = realtime.None

func TestATypedHandlerDecodesItsArgumentAndAcknowledgesItsResult(t *testing.T) {
	type in struct {
		N int `json:"n"`
	}
	f := newFixture(t)
	realtime.On(f, "double", func(_ context.Context, _ *realtime.Socket, in in) (int, error) { return 2 * in.N, nil })
	realtime.On(f, "nothing", func(context.Context, *realtime.Socket, none) (none, error) { return none{}, nil })
	f.connect("a")
	cases := []struct{ what, frame, reply string }{
		{"an acknowledgement", `4212["double",{"n":21}]`, `4312[42]`},
		{"no acknowledgement asked for", `42["double",{"n":21}]`, "6"},
		{"no argument is the zero value", `421["double"]`, `431[0]`},
		{"no result is an empty acknowledgement", `421["nothing"]`, `431[]`},
		{"an argument of the wrong form", `421["double",{"n":"x"}]`,
			`431[{"ok":false,"error":{"code":"bad_request","message":"The argument of \"double\" has the wrong form."}}]`},
		{"an unknown event", `421["triple"]`,
			`431[{"ok":false,"error":{"code":"unknown_event","message":"There is no event of this name."}}]`},
		{"an unknown event without acknowledgement", `42["triple"]`, "6"},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) { want(t, "reply", f.send("a", c.frame), c.reply) })
	}
	want(t, "acknowledgements cost no post", f.gateway.Take("a"), []string(nil))
}

func TestAnUntypedHandlerSeesTheEvent(t *testing.T) {
	f := newFixture(t)
	f.Handle("raw", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack(append([]any{e.Name, e.NeedsAck}, e.Args.Any()...)...)
		e.Ack("only the first counts")
		return nil
	})
	f.HandleAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack("any " + e.Name)
		return nil
	})
	f.connect("a")
	want(t, "reply", f.send("a", `421["raw",{"z":1,"a":[2]},"x"]`), `431["raw",true,{"z":1,"a":[2]},"x"]`)
	want(t, "reply", f.send("a", `421["other"]`), `431["any other"]`)
}

func TestTheCauseOfAnErrorStaysHiddenFromTheClient(t *testing.T) {
	f := newFixture(t)
	realtime.On(f, "refuse", func(context.Context, *realtime.Socket, none) (none, error) {
		return none{}, fmt.Errorf("wrapped: %w", realtime.Errorf("full", "The room is full.").Because(errors.New("hidden cause")))
	})
	realtime.On(f, "fail", func(context.Context, *realtime.Socket, none) (none, error) {
		return none{}, errors.New("hidden failure")
	})
	realtime.On(f, "fall", func(context.Context, *realtime.Socket, none) (none, error) { panic("hidden panic") })
	f.connect("a")
	want(t, "refusal", f.send("a", `421["refuse"]`), `431[{"ok":false,"error":{"code":"full","message":"The room is full."}}]`)
	internal := `431[{"ok":false,"error":{"code":"internal","message":"Something went wrong on our side."}}]`
	want(t, "failure", f.send("a", `421["fail"]`), internal)
	want(t, "panic", f.send("a", `421["fall"]`), internal)
	for _, cause := range []string{"hidden cause", "hidden failure", "hidden panic", "engine_test.go"} {
		if !strings.Contains(f.log.String(), cause) {
			t.Errorf("the log does not tell %q", cause)
		}
	}
}

func TestReservedNamesCannotBeEmittedOrHandled(t *testing.T) {
	f := newFixture(t)
	if err := f.Emit(t.Context(), "connect"); err == nil {
		t.Error("emitted")
	}
	defer func() {
		if recover() == nil {
			t.Error("registered")
		}
	}()
	f.Handle("disconnect", nil)
}

func TestWhomAnEventReaches(t *testing.T) {
	cases := []struct {
		what string
		emit func(ctx context.Context, s *realtime.Socket, sids []string) error
		want []string
	}{
		{"this client", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.Emit(ctx, "e") }, []string{"a"}},
		{"all others", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.Broadcast().Emit(ctx, "e") }, []string{"b", "c", "d"}},
		{"everyone", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.Namespace().Emit(ctx, "e") }, []string{"a", "b", "c", "d"}},
		{"a room, the sender included", func(ctx context.Context, s *realtime.Socket, _ []string) error {
			return s.Namespace().To("ab").Emit(ctx, "e")
		}, []string{"a", "b"}},
		{"a room, without the sender", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.To("ab").Emit(ctx, "e") }, []string{"b"}},
		{"several rooms, each socket once", func(ctx context.Context, s *realtime.Socket, _ []string) error {
			return s.Namespace().To("ab").To("bc", "bc").Emit(ctx, "e")
		}, []string{"a", "b", "c"}},
		{"a room except another", func(ctx context.Context, s *realtime.Socket, _ []string) error {
			return s.Namespace().In("ab").Except("bc").Emit(ctx, "e")
		}, []string{"a"}},
		{"everyone except a socket", func(ctx context.Context, s *realtime.Socket, sids []string) error {
			return s.Namespace().Except(sids[2]).Emit(ctx, "e")
		}, []string{"a", "b", "d"}},
		{"others except a room", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.Except("bc").Emit(ctx, "e") }, []string{"d"}},
		{"a socket by its id", func(ctx context.Context, s *realtime.Socket, sids []string) error {
			return s.To(sids[3]).Emit(ctx, "e")
		}, []string{"d"}},
		{"an empty room", func(ctx context.Context, s *realtime.Socket, _ []string) error { return s.To("none").Emit(ctx, "e") }, nil},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			var sids []string
			f.Handle("go", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error { return c.emit(ctx, s, sids) })
			f.Handle("join", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
				var rooms []string
				return errors.Join(e.Args.Decode(0, &rooms), s.Join(ctx, rooms...))
			})
			f.Of("/other")
			ids := []string{"a", "b", "c", "d"}
			sids = f.connect(ids...)
			f.open("elsewhere")
			f.join("elsewhere", "40/other,")
			f.send("a", `42["join",["ab"]]`)
			f.send("b", `42["join",["ab","bc"]]`)
			f.send("c", `42["join",["bc"]]`)
			f.send("a", `42["go"]`)
			var got []string
			for _, id := range append(ids, "elsewhere") {
				switch frames := f.gateway.Take(id); {
				case len(frames) == 1 && frames[0] == `42["e"]`:
					got = append(got, id)
				case len(frames) > 0:
					t.Errorf("%s hears %q", id, frames)
				}
			}
			want(t, "reached", got, c.want)
		})
	}
}

func TestOperatorsAreValues(t *testing.T) {
	f := newFixture(t)
	f.Handle("join", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		var room string
		return errors.Join(e.Args.Decode(0, &room), s.Join(ctx, room))
	})
	f.connect("a", "b", "c")
	for _, id := range []string{"a", "b", "c"} {
		f.send(id, `42["join","`+id+`"]`)
	}
	base := f.To("a")
	withB, withC := base.To("b"), base.To("c")
	for _, b := range []realtime.Broadcast{withB, withC, base} {
		if err := b.Emit(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
	}
	for id, n := range map[string]int{"a": 3, "b": 1, "c": 1} {
		want(t, id, len(f.gateway.Take(id)), n)
	}
}

func TestWhatAHandlerEmitsLeavesInOrder(t *testing.T) {
	f := newFixture(t)
	f.Handle("count", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		for i := range 5 {
			if err := s.Emit(ctx, "n", i); err != nil {
				return err
			}
			if err := s.Broadcast().Emit(ctx, "n", i); err != nil {
				return err
			}
		}
		return nil
	})
	f.connect("a", "b")
	f.send("a", `42["count"]`)
	ordered := []string{`42["n",0]`, `42["n",1]`, `42["n",2]`, `42["n",3]`, `42["n",4]`}
	want(t, "itself", f.gateway.Take("a"), ordered)
	want(t, "the other", f.gateway.Take("b"), ordered)
}

func TestJoinsAreSeenByTheNextEmitAndLeavesToo(t *testing.T) {
	f := newFixture(t)
	sids := f.connect("a", "b")
	if err := f.In(sids[1]).SocketsJoin(t.Context(), "room"); err != nil {
		t.Fatal(err)
	}
	if err := f.To("room").Emit(t.Context(), "in"); err != nil {
		t.Fatal(err)
	}
	if err := f.In("room").SocketsLeave(t.Context(), "room"); err != nil {
		t.Fatal(err)
	}
	if err := f.To("room").Emit(t.Context(), "out"); err != nil {
		t.Fatal(err)
	}
	want(t, "b", f.gateway.Take("b"), []string{`42["in"]`})
	want(t, "a", f.gateway.Take("a"), []string(nil))
}

func TestFetchSocketsShowsRoomsAndData(t *testing.T) {
	f := newFixture(t)
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		return errors.Join(s.Join(ctx, "room"), s.SetData(ctx, map[string]int{"n": 1}))
	})
	sids := f.connect("a", "b")
	sockets, err := f.In("room").FetchSockets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range sockets {
		ids = append(ids, s.ID)
		var data map[string]int
		if err := s.Data(&data); err != nil {
			t.Fatal(err)
		}
		want(t, "data", data, map[string]int{"n": 1})
		want(t, "rooms", s.Rooms, []string{s.ID, "room"})
	}
	slices.Sort(ids)
	slices.Sort(sids)
	want(t, "ids", ids, sids)
}

func TestAFetchedSocketCanBeReached(t *testing.T) {
	f := newFixture(t)
	f.connect("a", "b")
	sockets, err := f.FetchSockets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sockets, func(s realtime.RemoteSocket) bool { return s.ConnectionID == "a" })
	a := sockets[i]
	if err := errors.Join(
		a.Emit(t.Context(), "hello"),
		a.Join(t.Context(), "left", "room"),
		a.Leave(t.Context(), "left"),
		f.To("left", "room").Emit(t.Context(), "joined"),
		a.Disconnect(t.Context(), false),
		f.Emit(t.Context(), "still here"),
	); err != nil {
		t.Fatal(err)
	}
	want(t, "a", f.gateway.Take("a"), []string{`42["hello"]`, `42["joined"]`, "41"})
	want(t, "b", f.gateway.Take("b"), []string{`42["still here"]`})
}

func TestDataIsSeenByTheNextHandler(t *testing.T) {
	f := newFixture(t)
	realtime.On(f, "set", func(ctx context.Context, s *realtime.Socket, n int) (none, error) { return none{}, s.SetData(ctx, n) })
	realtime.On(f, "get", func(_ context.Context, s *realtime.Socket, _ none) (int, error) {
		var n int
		err := s.Data(&n)
		return n, err
	})
	f.connect("a")
	want(t, "before", f.send("a", `421["get"]`), "431[0]")
	f.send("a", `42["set",7]`)
	want(t, "after", f.send("a", `422["get"]`), "432[7]")
}

// answering makes connections acknowledge what asks for it, with their id.
func (f *fixture) answering(ids ...string) {
	f.gateway.Hear = func(id, frame string) {
		if !slices.Contains(ids, id) || !strings.HasPrefix(frame, "42") {
			return
		}
		ack := frame[2:strings.Index(frame, "[")]
		go f.Receive(context.WithoutCancel(f.t.Context()), realtime.Message{
			ConnectionID: id, Body: "43" + ack + `["` + id + `"]`, At: f.clock.Now(),
		})
	}
}

func TestAClientAcknowledgesWhatTheServerEmits(t *testing.T) {
	f := newFixture(t)
	var got string
	f.Handle("go", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		args, err := s.Timeout(5*time.Second).EmitWithAck(ctx, "question")
		return errors.Join(err, args.Decode(0, &got))
	})
	f.connect("a")
	f.answering("a")
	want(t, "reply", f.send("a", `421["go"]`), "6")
	want(t, "answer", got, "a")
}

func TestAnAcknowledgementMayHoldBinaryData(t *testing.T) {
	f := newFixture(t)
	sid := f.connect("a")[0]
	f.gateway.Hear = func(id, frame string) {
		ack := frame[2:strings.Index(frame, "[")]
		for i, part := range []string{"461-" + ack + `[{"_placeholder":true,"num":0}]`, "bAQID"} {
			f.Receive(context.WithoutCancel(t.Context()), realtime.Message{
				ConnectionID: id, Body: part, At: f.clock.Now().Add(time.Duration(i) * time.Millisecond),
			})
		}
	}
	replies, err := f.To(sid).EmitWithAck(t.Context(), "question")
	if err != nil {
		t.Fatal(err)
	}
	var got realtime.Binary
	if err := replies[0].Args.Decode(0, &got); err != nil {
		t.Fatal(err)
	}
	want(t, "answer", got, realtime.Binary{1, 2, 3})
}

func TestEmitWithAckTimesOut(t *testing.T) {
	f := newFixture(t)
	sid := f.connect("a")[0]
	_, err := f.To(sid).Timeout(50*time.Millisecond).EmitWithAck(t.Context(), "question")
	var timeout *realtime.AckTimeoutError
	if !errors.As(err, &timeout) {
		t.Fatal(err)
	}
	want(t, "missing", timeout.Missing, []string{sid})
}

func TestARoomAcknowledgesAndTheMissingAreListed(t *testing.T) {
	f := newFixture(t)
	sids := f.connect("a", "b", "c")
	f.answering("a", "c")
	replies, err := f.Except(sids[0]).Timeout(500*time.Millisecond).EmitWithAck(t.Context(), "question")
	var timeout *realtime.AckTimeoutError
	if !errors.As(err, &timeout) {
		t.Fatal(err)
	}
	want(t, "missing", timeout.Missing, []string{sids[1]})
	want(t, "replies", len(replies), 1)
	want(t, "who", replies[0].SocketID, sids[2])
	want(t, "what", string(replies[0].Args[0]), `"c"`)
}

func TestAnswersOfThoseNotAskedDoNotCount(t *testing.T) {
	f := newFixture(t)
	sids := f.connect("a", "b")
	f.gateway.Hear = func(id, frame string) {
		if id == "a" {
			ack := frame[2:strings.Index(frame, "[")]
			f.Receive(context.WithoutCancel(t.Context()), realtime.Message{ConnectionID: "b", Body: "43" + ack + `["forged"]`, At: f.clock.Now()})
		}
	}
	_, err := f.To(sids[0]).Timeout(100*time.Millisecond).EmitWithAck(t.Context(), "question")
	var timeout *realtime.AckTimeoutError
	if !errors.As(err, &timeout) {
		t.Error("a forged answer was taken")
	}
}

func TestMessagesAboveTheRateAreRefusedAndAFloodIsClosed(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Rate = realtime.Rate{Messages: 3, Per: time.Hour} })
	realtime.On(f, "hi", func(context.Context, *realtime.Socket, none) (string, error) { return "hi", nil })
	f.connect("a") // the first message
	want(t, "second", f.send("a", `421["hi"]`), `431["hi"]`)
	want(t, "third", f.send("a", `421["hi"]`), `431["hi"]`)
	for range 9 {
		reply := f.send("a", `421["hi"]`)
		if !strings.Contains(reply, `"code":"rate_limited"`) {
			t.Fatal(reply)
		}
	}
	want(t, "closed", f.gateway.Closed("a"), false)
	f.send("a", `421["hi"]`)
	want(t, "closed", f.gateway.Closed("a"), true)
}

func TestAnAnswerLargerThanAMessageIsAnError(t *testing.T) {
	f := newFixture(t)
	realtime.On(f, "big", func(context.Context, *realtime.Socket, none) (string, error) {
		return strings.Repeat("x", 140<<10), nil
	})
	f.connect("a")
	if reply := f.send("a", `421["big"]`); !strings.Contains(reply, `"code":"too_large"`) {
		t.Errorf("reply of %d bytes", len(reply))
	}
}

func TestAMessageOfAnUnknownConnectionClosesIt(t *testing.T) {
	f := newFixture(t)
	want(t, "reply", f.send("ghost", `42["hi"]`), "6")
	want(t, "closed", f.gateway.Closed("ghost"), true)
}
