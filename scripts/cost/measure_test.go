package main

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

var update = flag.Bool("update", false, "write what is measured to measured.json")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheTableSaysWhatTheFunctionsCallToday measures everything again. After a change of
// the calls on purpose: go test ./scripts/cost -update
func TestTheTableSaysWhatTheFunctionsCallToday(t *testing.T) {
	besideOthers(t)
	var today Measured
	t.Run("measure", func(t *testing.T) { // each mostly waits until its connections are old enough for the sweep
		for what, measure := range map[string]func(*testing.T){
			"sessions": func(t *testing.T) { measureSessions(newBench(t, mode.Noop), &today) },
			"rooms":    func(t *testing.T) { measureRooms(newBench(t, mode.Alternate), &today) },
			"pings": func(t *testing.T) {
				today.PingRound, today.Ping = measureHeartbeat(newBench(t, mode.Ping), "2")
			},
			"noops": func(t *testing.T) {
				today.NoopRound, today.Noop = measureHeartbeat(newBench(t, mode.Noop), "6")
			},
		} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				measure(t)
			})
		}
	})
	if t.Failed() {
		return
	}
	got, err := json.MarshalIndent(today, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("measured.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
		measuredJSON = got // for the documentation's test
		return
	}
	table, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	// The partitions of the connections are random, and so is how well they fill a read
	// unit.
	for _, beat := range []struct{ got, want *Calls }{{&today.Ping, &table.Ping}, {&today.Noop, &table.Noop}} {
		if math.Abs(beat.got.ReadUnits-beat.want.ReadUnits) > 0.1 {
			t.Errorf("a heartbeat reads %g units, the table says %g", beat.got.ReadUnits, beat.want.ReadUnits)
		}
		beat.got.ReadUnits = beat.want.ReadUnits
	}
	if !reflect.DeepEqual(today, table) {
		t.Errorf("measured\n%s\nthe table says\n%s", got, measuredJSON)
	}
}

// TestAlternateIsAPingAndANoopInTurn: two rounds of the default are one of each.
func TestAlternateIsAPingAndANoopInTurn(t *testing.T) {
	besideOthers(t)
	b := newBench(t, mode.Alternate)
	c := b.connect(b.signIn())
	b.mature()
	rounds := func(from int) Calls {
		return b.count(func() {
			for tick := from; tick < from+2*store.Slots; tick++ {
				b.sweep(tick)
			}
			c.await("2")
			c.send("3")
			c.await("6")
			c.await("6")
		}, map[string]float64{names.Sweep: 2 * store.Slots, names.Message: 1})
	}
	rounds(0) // the first differs: there is no round before it, and somebody has come
	m, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	got := rounds(2 * store.Slots)
	want := m.PingRound.Plus(1, m.NoopRound).Plus(1, m.Ping).Plus(1, m.Noop)
	// One connection on its own does not fill a read unit.
	got.ReadUnits, want.ReadUnits = 0, 0
	if !reflect.DeepEqual(rounded(got), rounded(want)) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestFilledRouteResponsesSaveTheNoopsThatAreEstimated: a CONNECT and a pong have none.
func TestFilledRouteResponsesSaveTheNoopsThatAreEstimated(t *testing.T) {
	besideOthers(t)
	b := newBench(t, mode.Ping, func(o *cloud.Options) { o.Gateway.RouteResponse = mode.FilledRouteResponse })
	b.filled = true
	var c *client
	connected := b.count(func() { c = b.connect(b.signIn()) }, map[string]float64{names.Connect: 1, names.Message: 1})
	ponged := b.count(func() { c.send("3") }, map[string]float64{names.Message: 1})
	m := table(t)
	if got, want := []float64{connected.Out, ponged.Out}, []float64{m.Connect.Out - 1, m.Ping.Out - 2}; !slices.Equal(got, want) {
		t.Errorf("messages out: %v, want %v", got, want)
	}
	w := workload()
	pongs := float64(w.Minutes) / round / 2 // every second heartbeat is a ping
	if got, want := newEstimates(w, m, Calls{}).Noops, prices.APIGateway(w.Connections()+pongs, 0); !near(got, want) {
		t.Errorf("estimated are $%g, want $%g", got, want)
	}
}

// measureSessions measures opening and ending connections, and reading.
func measureSessions(b *bench, m *Measured) {
	const rooms, others = 5, 10
	var c *client
	ada := b.signIn()
	connect := func() Calls {
		return b.count(func() { c = b.connect(ada) }, map[string]float64{names.Connect: 1, names.Message: 1})
	}
	disconnect := func() Calls { return b.count(func() { c.close() }, map[string]float64{names.Disconnect: 1}) }

	m.Connect, m.Disconnect = connect(), disconnect()

	c = b.connect(ada)
	var room, another string
	for range rooms {
		room, another = c.createRoom(), room
	}
	for i := range 20 {
		c.request("sendMessage", message(room, i, i))
	}
	var crowd []*client
	for range others {
		p := b.connect(b.signIn())
		p.request("joinRoom", `{"roomId":"`+room+`"}`)
		crowd = append(crowd, p)
	}
	disconnect()
	b.settleAll()
	nobody := b.settle()
	withRooms := connect()
	came := b.settle()
	m.Came = withoutHeartbeats(came.Plus(1, b.settleAll()).Plus(-2, nobody))
	sync := func(too ...string) Calls {
		return b.count(func() { c.request("sync", "{"+strings.Join(too, ",")+"}") }, nil)
	}
	ask := func(request, of string) string { return fmt.Sprintf(`"%s":{%s}`, request, of) }
	inRoom := `"roomId":"` + room + `"`
	members, newest, watching := ask("members", inRoom), ask("history", inRoom), ask("watch", `"roomIds":["`+room+`"],"tell":[]`)
	c.request("history", "{"+inRoom+"}") // the first message after a pause may write once more, as realtimestore's Touch says
	m.Sync = sync()
	m.Page = b.count(func() { c.request("history", `{"roomId":"`+room+`"}`) }, nil)
	withoutRooms := disconnect()
	m.Gone = rounded(b.settle().Plus(-1, nobody))
	connect() // each syncs once, within what is paid for with its first socket
	opened := sync(members, newest)
	m.Open = rounded(opened.Plus(-1, m.Sync))
	disconnect()
	connect()
	m.Watch = rounded(sync(members, newest, watching).Plus(-1, opened).Plus(1, disconnect()).Plus(-1, withoutRooms))
	b.settle()
	m.ConnectRoom = slope(m.Connect, withRooms, rooms)
	m.DisconnectRoom = slope(m.Disconnect, withoutRooms, rooms)

	for _, p := range crowd {
		p.request("watch", `{"roomIds":["`+room+`"]}`)
	}
	connect()
	told := b.settle()
	for _, p := range crowd {
		for !strings.Contains(p.await(`42["presence"`), userID(ada)) {
		}
	}
	// Each has heard of her once. One heartbeat more or less is hers.
	m.Tell = Calls{AWS: math.Round((told.AWS - came.AWS) / others), Out: math.Round((told.Out - came.Out) / others)}
	c.request("watch", `{"roomIds":["`+another+`"]}`)
	m.WatchNext = b.count(func() { c.request("watch", `{"roomIds":["`+room+`"]}`) }, nil)
	disconnect()
	b.settle()

	typing := func(on string) Calls {
		return b.count(func() { c.request("typing", `{"roomId":"`+room+`","on":`+on+`}`) }, nil)
	}
	c = b.connect(ada)
	toAll := typing("true")
	crowd[0].request("leaveRoom", `{"roomId":"`+room+`"}`)
	m.See = slope(typing("false"), toAll, 1)
	m.Typing = rounded(toAll.Plus(-others, m.See))
}

// withoutHeartbeats returns calls without posts to the connection, whose slot may be the one that was swept.
func withoutHeartbeats(c Calls) Calls {
	c.AWS, c.Out = c.AWS-c.Out, 0
	return rounded(c)
}

// measureRooms measures messages to rooms. One person with many devices fills a room, and
// comes online once.
func measureRooms(b *bench, m *Measured) {
	// many connections have memberships of about 26 KB, which is the middle between two steps of
	// 4 KB: sizes differ from run to run by some hundred bytes, as numbers that end in zeros are
	// shorter.
	const few, more, many, chunked = 20, 21, 280, 320
	token := b.signIn()
	devices := []*client{b.connect(token)}
	room := devices[0].createRoom()
	grow := func(n int) {
		for len(devices) < n {
			devices = append(devices, b.connect(token))
		}
	}
	n := 0
	send := func(fanouts float64) Calls {
		n++
		b.ripen()
		return b.count(func() {
			devices[0].request("sendMessage", message(room, n, n-1))
			for _, d := range devices[1:] {
				d.await(`42["newMessage"`)
			}
		}, map[string]float64{names.Message: 1, names.Fanout: fanouts})
	}
	grow(few)
	for range 5 {
		send(0) // the first grant is used up: the next one lasts
	}
	toFew := send(0)
	grow(more)
	toMore := send(0)
	grow(many)
	toMany := send(0)
	grow(chunked)
	toChunks := send(2)

	m.Receive = slope(toMore, toMany, many-more)
	m.Pay = rounded(toMore.Plus(-1, toFew).Plus(-1, m.Receive))
	m.Pay.ReadUnits = 0 // this is only rounding
	m.Send = rounded(toFew.Plus(-few, m.Receive))
	m.Chunk = rounded(toChunks.Plus(-1, m.Send).Plus(-chunked, m.Receive).Plus(-1, m.Pay).Times(0.5))
	m.Chunk.ReadUnits = 0 // the members are read once: this is only rounding
}

// measureHeartbeat measures a round of the sweep without connections, and each connection.
func measureHeartbeat(b *bench, beat string) (empty, each Calls) {
	const connections = 100
	tick := 0
	sweep := func() {
		for range store.Slots {
			b.sweep(tick)
			tick++
		}
	}
	runs := map[string]float64{names.Sweep: store.Slots}
	sweep() // the first differs: there is no round before it
	empty = b.count(sweep, runs)

	token := b.signIn()
	var crowd []*client
	for range connections {
		crowd = append(crowd, b.connect(token))
	}
	round := func() {
		sweep()
		for _, c := range crowd {
			c.await(beat)
			if beat == "2" {
				c.send("3")
				c.await("6")
			}
		}
	}
	b.mature()
	round() // it forgets that they came
	with := b.count(round, runs)
	return empty, slope(empty, with, connections)
}

func message(room string, n, after int) string {
	text := strings.Repeat("Lorem ipsum ", 9)[:100]
	return fmt.Sprintf(`{"roomId":"%s","tempId":"01234567-89ab-cdef-0123-%012d","text":"%s","after":%d}`, room, n, text, after)
}

// slope returns the calls of each of n more.
func slope(without, with Calls, n float64) Calls {
	return rounded(with.Plus(-1, without).Times(1 / n))
}

// rounded rounds to three decimals, as the table does.
func rounded(c Calls) Calls {
	round := func(f *float64) { *f = math.Round(*f*1000) / 1000 }
	for _, f := range []*float64{&c.AWS, &c.ReadUnits, &c.WriteUnits, &c.In, &c.Out} {
		round(f)
	}
	invocations := c.Invocations
	c.Invocations = nil
	for function, n := range invocations {
		if round(&n); n != 0 {
			if c.Invocations == nil {
				c.Invocations = map[string]float64{}
			}
			c.Invocations[function] = n
		}
	}
	return c
}

// userID returns the user of a token.
func userID(token string) string {
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims struct{ Sub string }
	_ = json.Unmarshal(payload, &claims)
	return claims.Sub
}
