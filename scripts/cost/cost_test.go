package main

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// workload is the default one.
func workload() Workload {
	return Workload{
		Users: published.Users, Messages: published.Messages, Room: published.Room, Minutes: published.Minutes,
		Session: Period(time.Hour), Rooms: 5, Pages: 1, Heartbeat: mode.Alternate, Presence: mode.PresenceToWatchers, Duration: Period(50 * time.Millisecond),
	}
}

func table(t *testing.T) Measured {
	t.Helper()
	m, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func find(t *testing.T, b Bill, what string) Line {
	t.Helper()
	for _, l := range b.Lines {
		if strings.Contains(l.What, what) {
			return l
		}
	}
	t.Fatalf("there is no line %q", what)
	return Line{}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*math.Max(1, math.Abs(b)) }

// TestAMessageToARoomOfTwenty holds the figures of the README against the table: 24
// calls and one invocation, 20 copies, the message itself and its acknowledgement.
func TestAMessageToARoomOfTwenty(t *testing.T) {
	m := table(t)
	got := m.Send.Plus(20, m.Receive)
	if got.AWS != 24 || got.In != 1 || got.Out != 21 || got.Invocations[names.Message] != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestHeartbeats: a ping is three messages with its answer and the noop to that, a noop
// one; each takes its turn every nine minutes.
func TestHeartbeats(t *testing.T) {
	m := table(t)
	for kind, messages := range map[mode.Heartbeat]float64{mode.Ping: 3, mode.Noop: 1, mode.Alternate: 2} {
		w := workload()
		w.Heartbeat = kind
		l := find(t, NewBill(w, m), "heartbeats")
		if want := float64(w.Minutes) / 9; !near(l.Count, want) || !near(l.Calls.In+l.Calls.Out, want*messages) {
			t.Errorf("%s: %+v", kind, l)
		}
	}
}

func TestTheBillMultipliesCallsAndAddsThemUp(t *testing.T) {
	each := func(n float64) Calls {
		return Calls{AWS: n, ReadUnits: n, WriteUnits: n, In: n, Out: n, Invocations: map[string]float64{names.Message: n}}
	}
	m := Measured{
		Connect: each(1), ConnectRoom: each(2), Disconnect: each(3), DisconnectRoom: each(4),
		Tell: each(5), Came: each(6), Sync: each(7), Open: each(21), Page: each(8), Send: each(9), Receive: each(10), Chunk: each(11),
		Gone: each(18), Watch: each(19), WatchNext: each(22), Pay: each(20),
		Typing: each(12), See: each(13), PingRound: each(14), Ping: each(15), NoopRound: each(16), Noop: each(17),
	}
	w := Workload{
		Messages: 100, Room: 601, Minutes: 3600, Session: Period(time.Hour), Rooms: 2, Pages: 3, Typing: 0.5,
		Heartbeat: mode.Alternate, Duration: Period(10 * time.Millisecond),
	}
	b := NewBill(w, m)
	sum := 0.0
	for what, want := range map[string]float64{
		"messages stored":  100 * (9 + 601*10 + 3*11 + 20),
		"typing":           50 * (12 + 600*13),
		"connections open": 60 * (1 + 2*2 + 3 + 2*4),
		"syncs":            60 * (7 + 21),
		"pages":            120 * 8,
		"heartbeats":       3600 / 9 * (15 + 17) / 2,
		"runs":             43_800 / 9. * (14 + 16) / 2,
	} {
		l := find(t, b, what)
		dollars := want * (2*1e-6 + 0.125e-6 + 0.625e-6 + 0.20e-6 + 0.010*0.5*0.0000133334 + 750*0.50e-9)
		if !near(l.Calls.AWS, want) || !near(l.Calls.Invocations[names.Message], want) || !near(l.Dollars.Total, dollars) {
			t.Errorf("%s: %+v, want %g calls and $%g", what, l, want, dollars)
		}
		sum += dollars
	}
	minutes := find(t, b, "minutes").Dollars
	if !near(minutes.Total, 3600*0.25e-6) || len(b.Lines) != 8 || !near(b.Subtotal.Total, sum+minutes.Total) {
		t.Errorf("%d lines, minutes %+v, all %+v", len(b.Lines), minutes, b.Subtotal)
	}
}

// TestPresenceCostsWhatItsSettingTells: those who watch are the others of one room of 601, of
// whom each has one room open, and ten come and ten go in a minute; everyone are 3,600 minutes of the month's 43,800.
func TestPresenceCostsWhatItsSettingTells(t *testing.T) {
	each := func(n float64) Calls { return Calls{Out: n} }
	m := Measured{Tell: each(5), Came: each(6), Gone: each(18), Watch: each(19), WatchNext: each(22)}
	for setting, want := range map[mode.Presence][]float64{
		mode.PresenceToWatchers: {60 * 24, 60 * (19 + 2*22), 120 * 5 * (1 - math.Exp(-20)) / 20 * 600},
		mode.PresenceToEveryone: {60 * 24, 120 * 5 * 3600 / 43_800.},
		mode.NoPresence:         nil,
	} {
		w := Workload{Room: 601, Minutes: 3600, Session: Period(time.Hour), Rooms: 2, Pages: 3, Presence: setting}
		b := NewBill(w, m)
		total := b.Subtotal.Total
		for i, l := range b.Presence {
			if len(b.Presence) != len(want) || !near(l.Calls.Out, want[i]) {
				t.Errorf("%s: %+v, want %v", setting, b.Presence, want)
				break
			}
			total += l.Dollars.Total
		}
		if len(b.Presence) != len(want) || !near(b.Total.Total, total) {
			t.Errorf("%s: %d lines, %+v in all", setting, len(b.Presence), b.Total)
		}
	}
}

// TestAnEmptyChatCostsAlmostNothing: only the sweep runs.
func TestAnEmptyChatCostsAlmostNothing(t *testing.T) {
	w := workload()
	w.Users, w.Messages, w.Minutes = 0, 0, 0
	b := NewBill(w, table(t))
	if len(b.Lines) != 1 || b.Total.APIGateway != 0 || b.Total.Total > 0.12 {
		t.Errorf("got %+v", b)
	}
}

// TestTheModelsAgreeWithPublishedTotals: Durable Objects $5 to 6, IoT Core about $22, AppSync
// Events about $23, one unit of Web PubSub about $49, and Ably from $94 for the default workload.
func TestTheModelsAgreeWithPublishedTotals(t *testing.T) {
	rivals := NewRivals(workload())
	if len(rivals) != 9 {
		t.Fatalf("got %+v", rivals)
	}
	for i, want := range []float64{5.5, 22, 23, 49, 94} {
		if r := rivals[i]; math.Abs(r.From-want) > 0.1*want {
			t.Errorf("%s: $%g, published is $%g", r.Name, r.From, want)
		}
	}
	w := workload()
	w.Room = 21
	if got := NewRivals(w); len(got) != 5 {
		t.Errorf("totals of another workload: %+v", got)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for args, want := range map[string]string{
		"-users -1":            "-users is -1 and must be at least 0",
		"-messages -1":         "-messages is -1 and must be at least 0",
		"-minutes -5":          "-minutes is -5 and must be at least 0",
		"-room 0":              "-room is 0 and must be at least 1",
		"-rooms -1":            "-rooms is -1 and must be at least 0",
		"-pages -1":            "-pages is -1 and must be at least 0",
		"-typing -0.5":         "-typing is -0.5 and must not be negative",
		"-session 30s":         "-session is 30s and must be between 1m and 2h, the longest that API Gateway keeps a connection",
		"-session 2h1m":        "-session is 2h1m and must be between 1m and 2h, the longest that API Gateway keeps a connection",
		"-ms 0":                "-ms is 0 and must be at least 1",
		"-heartbeat sometimes": `invalid value "sometimes" for flag -heartbeat: must be alternate, ping or noop`,
		"-presence all":        `invalid value "all" for flag -presence: must be watchers, everyone or off`,
		"-room many":           `invalid value "many" for flag -room: parse error`,
		"-romo 3":              "flag provided but not defined: -romo",
		"20":                   `unknown argument "20"`,
		"-room 0 -ms 0":        "-room is 0 and must be at least 1\n-ms is 0 and must be at least 1",
	} {
		if err := run(strings.Fields(args), io.Discard, io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", args, err, want)
		}
	}
}

func TestJSONHoldsTheBillAndTheComparison(t *testing.T) {
	var out strings.Builder
	if err := run([]string{"-json"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Workload struct{ Session, Duration string }
		Lines    []struct{ What string }
		Subtotal Dollars
		Rivals   []Rival
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := NewBill(workload(), table(t))
	if got.Workload.Session != "1h" || got.Workload.Duration != "50ms" || len(got.Lines) != len(want.Lines) ||
		!near(got.Subtotal.Total, want.Subtotal.Total) || !reflect.DeepEqual(got.Rivals, NewRivals(workload())) {
		t.Errorf("got %s", out.String())
	}
}

func TestTheTableIsPrintedAsText(t *testing.T) {
	one := Dollars{1, 2, 3, 4, 10}
	b := Bill{
		Workload: workload(),
		Lines:    []Line{{What: "messages", Count: 1_000_000, Dollars: one}},
		Presence: []Line{{What: "presence", Count: 999, Dollars: Dollars{APIGateway: 12_345.678, Total: 12_345.678}}},
		Subtotal: one,
		Total:    Dollars{12_346.678, 2, 3, 4, 12_355.678},

		Estimates: Estimates{Traces: 2, SignIn: 30, Noops: 5},
	}
	var out strings.Builder
	err := Print(&out, b, []Rival{
		{Name: "A", Date: "2026-11-25", From: 1.5, Model: "m", Note: "l"},
		{Name: "B", Date: "2026-11-25", From: 49, To: 99, Model: "m", Note: "n"},
		{Name: "C", Date: "2026-11-25", From: 29, AtLeast: true, Model: "m", Note: "o"},
	})
	const want = `10,000 users, 1,000,000 messages to rooms of 20, 12,000,000 connection minutes a month
= 200,000 connections of 1h, 274 at a time on average

                                                            times  API Gateway    Lambda  DynamoDB    Logs       all
messages                                                1,000,000        $1.00     $2.00     $3.00   $4.00    $10.00
THIS WORKLOAD                                                            $1.00     $2.00     $3.00   $4.00    $10.00
presence                                                      999      $12,346     $0.00     $0.00   $0.00   $12,346
WITH PRESENCE                                                          $12,347     $2.00     $3.00   $4.00   $12,356

Counted: messages, capacity units, invocations. Assumed: 50ms an invocation (-ms).
Prices: AWS us-east-1, on demand, no free tier, 2026-11-23.
Estimated, not included: traces $2.00 at most with tracing=true; sign-in with Cognito $30.00 (10,000 users are free).
Not included: data transfer, the page's delivery, storage.
With routeResponse=filled, if API Gateway turns out to allow it: $12,351 with presence, for there are no noops.

The same without presence, elsewhere:

Confab                         $10.00  2026-11-23  the lines above
A                               $1.50  2026-11-25  m
                                                   l
B                           $49.00–99  2026-11-25  m
                                                   n
C                             $29.00+  2026-11-25  m
                                                   o
`
	if got := out.String(); err != nil || got != want {
		t.Errorf("got\n%s\n%v\nwant\n%s", got, err, want)
	}
}

// TestEstimates: of the invocations one a second is traced, and a twentieth of the rest; a user of Cognito costs from the 10,001st on.
func TestEstimates(t *testing.T) {
	const second = minutesInMonth * 60
	for what, c := range map[string]struct {
		users       int
		invocations float64
		want        Estimates
	}{
		"nothing":          {0, 0, Estimates{}},
		"below one second": {10_000, 1e6, Estimates{Traces: 5}},
		"above":            {12_000, second + 1e6, Estimates{Traces: (second + 5e4) * 5e-6, SignIn: 30}},
	} {
		half := c.invocations / 2
		got := newEstimates(Workload{Users: c.users, Session: Period(time.Hour)}, Measured{}, Calls{Invocations: map[string]float64{names.Message: half, names.Sweep: half}})
		if !near(got.Traces, c.want.Traces) || !near(got.SignIn, c.want.SignIn) {
			t.Errorf("%s: got %+v, want %+v", what, got, c.want)
		}
	}
}

// TestTheReferenceMonthCostsNoMore holds what docs/adr/0036 explains: the month with presence, logs and
// default settings, of which $25 are messages and minutes that people cause.
func TestTheReferenceMonthCostsNoMore(t *testing.T) {
	const most, floor = 47.40, 25.00
	w := workload()
	b := NewBill(w, table(t))
	if b.Total.Total > most {
		t.Errorf("it costs $%.2f, at most $%.2f is held", b.Total.Total, most)
	}
	messages := float64(w.Messages) * float64(w.Room+2)
	if got := prices.APIGateway(messages, float64(w.Minutes)); !near(got, floor) {
		t.Errorf("API Gateway's part is $%.2f, want $%.2f", got, floor)
	}
}
