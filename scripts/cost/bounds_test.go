package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// game is an application whose handlers let clients choose what they join and send.
func game(srv *realtime.Server) {
	game := srv.Of("/game")
	realtime.On(game, "join", func(ctx context.Context, s *realtime.Socket, rooms []string) (int, error) {
		if err := s.Join(ctx, rooms...); err != nil {
			return 0, err
		}
		return len(s.Rooms()), nil
	})
	realtime.On(game, "leave", func(ctx context.Context, s *realtime.Socket, rooms []string) (realtime.None, error) {
		return realtime.None{}, s.Leave(ctx, rooms...)
	})
	realtime.On(game, "size", func(_ context.Context, _ *realtime.Socket, b realtime.Binary) (int, error) { return len(b), nil })
}

// newGame returns a bench with the game beside the chat. Its log is quiet, because clients do
// here what earns warnings.
func newGame(t *testing.T) *bench {
	t.Helper()
	return newBench(t, mode.Noop, func(o *cloud.Options) {
		o.App, o.Log = game, slog.New(slog.DiscardHandler)
	})
}

// sender is a connection that sends without waiting for answers.
type sender struct {
	*client
	closed chan struct{}
}

// dial opens a connection without a socket.
func (b *bench) dial(query string, header http.Header) *sender {
	b.Helper()
	conn, _, err := websocket.Dial(b.Context(), b.cloud.URL()+"/socket.io/?EIO=4&transport=websocket"+query,
		&websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		b.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	b.Cleanup(func() { _ = conn.CloseNow() })
	s := &sender{&client{b, conn, make(chan string, 10_000)}, make(chan struct{})}
	go func() {
		defer close(s.closed)
		s.read()
	}()
	s.await(`0{"sid"`)
	return s
}

// dialGame opens a connection with a socket in /game.
func (b *bench) dialGame(query string, header http.Header) *sender {
	b.Helper()
	s := b.dial(query, header)
	s.send("40/game,")
	s.await(`40/game,{"sid"`)
	s.await("6") // the message's answer
	return s
}

// atOnce is how many frames are on their way at a time, so that the embedded database, which is
// slower than DynamoDB, answers all.
const atOnce = 25

// sendAll sends frames, some at a time, until the connection is closed. Every message has an
// answer.
func (s *sender) sendAll(n, atOnce int, frame func(i int) string) {
	for i := range n {
		if err := s.conn.Write(s.b.Context(), websocket.MessageText, []byte(frame(i))); err != nil {
			return
		}
		if (i+1)%atOnce != 0 {
			continue
		}
		for range atOnce {
			if !s.awaitAnswer() {
				return
			}
		}
	}
}

// awaitAnswer waits for the answer to a message, and reports whether the connection is open. A
// reply to a CONNECT is posted, and comes before the answer.
func (s *sender) awaitAnswer() bool {
	for {
		select {
		case frame := <-s.frames:
			if strings.HasPrefix(frame, "40") {
				continue
			}
			return true
		case <-s.closed:
			return false
		case <-time.After(2 * time.Second): // an event of the server has taken an answer's place
			return true
		}
	}
}

// settled returns the calls that f causes, until nothing has happened for a while.
func (b *bench) settled(f func()) Calls {
	b.Helper()
	return b.settledWith(callsOf, f)
}

// settledWith is settled with a way to read the meter.
func (b *bench) settledWith(callsOf func(meter.Report) Calls, f func()) Calls {
	b.Helper()
	b.cloud.Meter().Reset()
	f()
	const quiet = 250 * time.Millisecond // longer than a frame is on its way to its function
	last, since := Calls{}, time.Now()
	for time.Since(since) < quiet {
		time.Sleep(10 * time.Millisecond)
		if c := callsOf(b.cloud.Meter().Report()); !b.cloud.Idle() || !reflect.DeepEqual(c, last) {
			last, since = c, time.Now()
		}
	}
	return last
}

const framesOfAKind = 500

// kind is a kind of frame, with a name of the table in docs/cost.md.
type kind struct {
	name string
	// client opens the connection that sends the frames.
	client func(b *bench) *sender
	frame  func(i int) string
	// oneByOne: each frame waits for the answer to the one before.
	oneByOne bool
	// forbidden: the connection is closed for the frames. Otherwise it stays.
	forbidden bool
}

func always(frame string) func(int) string { return func(int) string { return frame } }

func alternately(frames ...string) func(int) string {
	return func(i int) string { return frames[i%len(frames)] }
}

// inChat opens a connection of a person with a room, whose id stands for ROOM in the frames,
// which are sent in turn.
func inChat(frames ...string) kind {
	var room string
	return kind{
		client: func(b *bench) *sender {
			s := b.dial("", browser)
			s.send(`40{"token":"` + b.signIn() + `"}`)
			s.await(`40{"sid"`)
			room = s.createRoom()
			return s
		},
		frame: func(i int) string {
			return strings.NewReplacer("ROOM", room, "NUMBER", strconv.Itoa(i)).Replace(frames[i%len(frames)])
		},
	}
}

func inGame(b *bench) *sender        { return b.dialGame("", browser) }
func withoutOne(b *bench) *sender    { return b.dial("", browser) }
func named(name string, k kind) kind { k.name = name; return k }

func kinds() []kind {
	attachment := "b" + strings.Repeat("QUJD", 5000)
	header := `451-/game,["size",{"_placeholder":true,"num":0}]`
	room := func(i int) string { return fmt.Sprintf(`%0128d`, i) }
	allowed := []kind{
		{name: "a pong, or a frame to ignore", frame: always("3")},
		{name: "an event that no handler knows", frame: always(`42/game,1["what"]`)},
		{name: "an acknowledgement that nobody waits for", frame: always(`43/game,77["x"]`)},
		{name: "DISCONNECT and CONNECT in turn", frame: alternately("41/game,", "40/game,"), oneByOne: true},
		{name: "joining one more room, with the longest name", frame: func(i int) string { return `42/game,1["join",["` + room(i) + `"]]` }},
		{name: "joining and leaving a room in turn", frame: alternately(`42/game,1["join",["x"]]`, `42/game,1["leave",["x"]]`)},
		{name: "a binary event of 15,000 bytes, in two frames", frame: alternately(header, attachment), oneByOne: true},
	}
	for i := range allowed {
		allowed[i].client = inGame
	}
	allowed = append(allowed,
		named("a chat message to oneself", inChat(`421["sendMessage",{"roomId":"ROOM","tempId":"t-NUMBER","text":"hello"}]`)),
		named("typing, alone in the room", inChat(`421["typing",{"roomId":"ROOM","on":true}]`)),
		named("watching a room and none in turn", inChat(`421["watch",{"roomIds":["ROOM"]}]`, `421["watch",{"roomIds":[]}]`)),
		named("a page of history", inChat(`421["history",{"roomId":"ROOM"}]`)),
	)
	return append(allowed, []kind{
		{name: "an attachment without a header", client: inGame, frame: always(attachment), forbidden: true},
		{name: "a header without its attachment", client: inGame, frame: always(header), forbidden: true},
		{name: "without a socket: a pong", client: withoutOne, frame: always("3"), forbidden: true},
		{name: "without a socket: CONNECT with a wrong token", client: withoutOne, frame: always(`40{"token":"x"}`), forbidden: true},
		{name: "without a socket: an event", client: withoutOne, frame: always(`42["what"]`), forbidden: true},
		{name: "without a socket: an attachment", client: withoutOne, frame: always(attachment), forbidden: true},
		{name: "without a socket: a header", client: withoutOne, frame: always(`451-["what",{"_placeholder":true,"num":0}]`), forbidden: true},
		{name: "without a socket: no packet", client: withoutOne, frame: always("nonsense"), forbidden: true},
	}...)
}

// bound is a row of the table: what 500 frames of a kind may cause on one connection.
type bound struct{ calls, written, read float64 }

var boundRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$`)

// bounds reads the table of bounds in docs/cost.md.
func bounds(t *testing.T) map[string]bound {
	t.Helper()
	page, err := os.ReadFile("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## The most that a connection can cost")
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[string]bound{}
	for _, row := range boundRow.FindAllStringSubmatch(section, -1) {
		var values [3]float64
		for i := range values {
			values[i], _ = strconv.ParseFloat(strings.ReplaceAll(row[i+2], ",", ""), 64)
		}
		all[row[1]] = bound{values[0], values[1], values[2]}
	}
	return all
}

// TestEachKindOfFrameKeepsItsBound sends 500 frames of each kind on one connection, and
// compares what they caused, until the connection was closed or all were handled, with the
// table in docs/cost.md.
func TestEachKindOfFrameKeepsItsBound(t *testing.T) {
	besideOthers(t)
	table := bounds(t)
	var largest bound
	all := kinds()
	for _, k := range all {
		if b := table[k.name]; !strings.HasPrefix(k.name, "without a socket") {
			largest = bound{max(largest.calls, b.calls), max(largest.written, b.written), max(largest.read, b.read)}
		}
	}
	if len(table) != len(all) {
		t.Errorf("docs/cost.md has %d bounds, there are %d kinds of frames", len(table), len(all))
	}
	b := newGame(t)
	for _, k := range all {
		t.Run(k.name, func(t *testing.T) {
			limit, ok := table[k.name]
			if !ok {
				t.Errorf("docs/cost.md has no bound for it")
			}
			s, together := k.client(b), atOnce
			if k.oneByOne {
				together = 1
			}
			c := b.settled(func() { s.sendAll(framesOfAKind, together, k.frame) })
			select {
			case <-s.closed:
				if !k.forbidden {
					t.Error("the connection was closed")
				}
			default:
				if k.forbidden {
					t.Error("the connection was not closed")
				}
			}
			_ = s.conn.CloseNow()
			t.Logf("| %s | %.0f | %.0f | %.0f |", k.name, c.AWS, c.WriteUnits, c.ReadUnits)
			if c.AWS > limit.calls || c.WriteUnits > limit.written || c.ReadUnits > limit.read {
				t.Errorf("%d frames caused %.0f calls, %.1f units written and %.1f read; the bound is %+v",
					framesOfAKind, c.AWS, c.WriteUnits, c.ReadUnits, limit)
			}
			if strings.HasPrefix(k.name, "without a socket") &&
				(10*limit.calls > largest.calls || 10*limit.written > largest.written || 10*limit.read > largest.read) {
				t.Errorf("its bound %+v is more than a tenth of %+v", limit, largest)
			}
			b.settled(func() {}) // the connection's end
		})
	}
}

// TestAMessageCostsOneWriteUnitWhateverTheHandshakeHeld is case 16.
func TestAMessageCostsOneWriteUnitWhateverTheHandshakeHeld(t *testing.T) {
	b := newBench(t, mode.Noop, func(o *cloud.Options) {
		o.App = game
		o.Environment["CONFAB_HEADERS"] = "X-Large"
	})
	large := browser.Clone()
	large.Set("X-Large", strings.Repeat("h", 8<<10))
	for what, s := range map[string]*sender{
		"a header of 8 KB that is kept": b.dialGame("", large),
		"a query of 3.5 KB":             b.dialGame("&q="+strings.Repeat("q", 3500), browser),
	} {
		c := b.settled(func() { s.sendAll(20, atOnce, always(`42/game,1["what"]`)) })
		if c.WriteUnits != 20 || c.ReadUnits != 0 || c.AWS != 20 {
			t.Errorf("%s: 20 messages wrote %g units and read %g in %g calls", what, c.WriteUnits, c.ReadUnits, c.AWS)
		}
	}
}

// TestAFrameCostsOneWriteUnitInHoweverManyRooms is case 19.
func TestAFrameCostsOneWriteUnitInHoweverManyRooms(t *testing.T) {
	b := newGame(t)
	s := b.dialGame("", browser)
	for from := 0; from < 200; from += 20 {
		var rooms []string
		for i := range 20 {
			rooms = append(rooms, fmt.Sprintf("%0128d", from+i))
		}
		names, err := json.Marshal(rooms)
		if err != nil {
			t.Fatal(err)
		}
		s.send(`42/game,1["join",` + string(names) + `]`)
		if answer := s.await("43/game,1"); answer != fmt.Sprintf("43/game,1[%d]", from+21) {
			t.Fatalf("join: %s", answer)
		}
	}
	s.send(`42/game,1["join",["one more"]]`)
	if answer := s.await("43/game,1"); !strings.Contains(answer, `"too_many_rooms"`) {
		t.Errorf("201 rooms: %s", answer)
	}
	s.send(`42/game,1["join",["` + strings.Repeat("x", 500) + `"]]`)
	if answer := s.await("43/game,1"); !strings.Contains(answer, "1 to 128 bytes") {
		t.Errorf("a name of 500 bytes: %s", answer)
	}
	c := b.settled(func() { s.sendAll(20, atOnce, always("3")) })
	if c.WriteUnits != 20 || c.ReadUnits != 0 {
		t.Errorf("20 frames of one byte wrote %g units and read %g", c.WriteUnits, c.ReadUnits)
	}
}
