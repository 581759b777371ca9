package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var connectionTests = []test{
	{"TouchReturnsTheConnectionAsItWasStored", touchReturnsTheConnection},
	{"TheTokenOfAHandshakeIsNeverStored", tokenIsNeverStored},
	{"AHandshakeMayBeLarge", handshakeMayBeLarge},
	{"TouchCountsTheMessagesOfARateWindow", touchCountsMessages},
	{"TouchNumbersMessagesInTheOrderOfTheirHandling", touchNumbersMessages},
	{"TouchCountsWhatMessagesCause", touchCountsPrices},
	{"ALimitIsNoted", limitIsNoted},
	{"AConnectionThatIsUnknownExpiredOrEndingIsHidden", deadConnectionsAreHidden},
	{"ResultsBelongToTheCaller", resultsBelongToTheCaller},
}

func touchReturnsTheConnection(t *testing.T, f *fixture) {
	c := f.put(t, "a")
	state := store.SocketState{ID: "sid", Rooms: []string{"one", "two"}, Data: json.RawMessage(`{"a":1}`)}
	succeed(t, f.AddSocket(t.Context(), c, "/chat", state))
	got := f.touch(t, "a", Noon.Add(time.Second))
	slices.Sort(got.Sockets["/chat"].Rooms)
	c.Sockets["/chat"] = state
	c.SeenAt = Noon.Add(time.Second)
	c.Recent = 1
	want(t, "connection", got, c)
}

func tokenIsNeverStored(t *testing.T, f *fixture) {
	c := newConnection("a")
	c.Handshake.Auth = json.RawMessage(`{"token":"secret"}`)
	succeed(t, f.PutConnection(t.Context(), c))
	want(t, "auth", f.touch(t, "a", Noon).Handshake.Auth, nil)
}

func handshakeMayBeLarge(t *testing.T, f *fixture) {
	c := newConnection("a")
	c.Handshake.Headers["cookie"] = strings.Repeat("x", 8<<10)
	c.Handshake.Query = map[string]string{"EIO": "4", "q": strings.Repeat("y", 3500)}
	c.Handshake.URL = "/?EIO=4&q=" + c.Handshake.Query["q"]
	succeed(t, f.PutConnection(t.Context(), c))
	got := f.touch(t, "a", Noon)
	if got.LargeHandshake {
		want(t, "address", got.Handshake.Address, c.Handshake.Address)
		large, err := f.LargeHandshakes(t.Context(), []string{"a", "a", "unknown"})
		succeed(t, err)
		want(t, "large handshakes", len(large), 1)
		got.Handshake = large["a"]
	}
	want(t, "handshake", got.Handshake, c.Handshake)
	succeed(t, f.RemoveConnection(t.Context(), "a"))
	large, err := f.LargeHandshakes(t.Context(), []string{"a"})
	succeed(t, err)
	want(t, "large handshakes afterwards", len(large), 0)
}

func touchCountsMessages(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	window := 10 * time.Second
	start := Noon.Truncate(window)
	for _, step := range []struct {
		at     time.Duration
		recent int
	}{
		{1 * time.Second, 1}, {2 * time.Second, 2}, {9 * time.Second, 3},
		{11 * time.Second, 1}, {12 * time.Second, 2},
		{35 * time.Second, 1},
		// Seven windows later: a store may count them in turns.
		{105 * time.Second, 1}, {106 * time.Second, 2},
		// And after many rounds of such turns.
		{105*time.Second + 700*time.Second, 1}, {106*time.Second + 700*time.Second, 2},
	} {
		c, err := f.Touch(t.Context(), "a", store.Touch{Now: start.Add(step.at), Window: window})
		succeed(t, err)
		want(t, fmt.Sprint("recent at ", step.at), c.Recent, step.recent)
	}
}

func touchNumbersMessages(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for i := range int64(3) {
		want(t, "ordinal", f.touch(t, "a", Noon).Ordinal, i)
	}
}

func touchCountsPrices(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	var caused []int64
	for _, price := range []int64{4, 0, 30} {
		c, err := f.Touch(t.Context(), "a", store.Touch{Now: Noon, Window: time.Minute, Price: price})
		succeed(t, err)
		caused = append(caused, c.Caused)
	}
	want(t, "caused", append(caused, f.connection(t, "a").Caused), []int64{4, 4, 34, 34})
}

func limitIsNoted(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	want(t, "at first", f.connection(t, "a").Limited, store.Limit{})
	l := store.Limit{Until: Noon.Add(90 * time.Second), Caused: 700}
	succeed(t, f.LimitConnection(t.Context(), "a", l))
	want(t, "limit", f.touch(t, "a", Noon).Limited, l)
	succeed(t, f.LimitConnection(t.Context(), "unknown", l))
	_, err := f.Touch(t.Context(), "unknown", store.Touch{Now: Noon, Window: time.Minute})
	wantErr(t, "unknown", err, store.ErrNoConnection)
}

func deadConnectionsAreHidden(t *testing.T, f *fixture) {
	AddSocket(t, f, "expired", "room")
	AddSocket(t, f, "ended")
	_, err := f.ClaimConnection(t.Context(), "ended", Noon, "transport close")
	succeed(t, err)
	f.advance(3 * time.Hour)
	ids := []string{"unknown", "expired", "ended"}
	for _, id := range ids {
		_, err := f.Touch(t.Context(), id, store.Touch{Now: f.now(), Window: time.Minute})
		wantErr(t, id, err, store.ErrNoConnection)
	}
	got, err := f.Connections(t.Context(), ids)
	succeed(t, err)
	want(t, "connections", len(got), 0)
	WantMembers(t, f, "/", "room")
}

func resultsBelongToTheCaller(t *testing.T, f *fixture) {
	c := f.put(t, "a")
	data, rooms := json.RawMessage(`"data"`), []string{"room"}
	succeed(t, f.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid-a", Rooms: rooms, Data: data}))
	change := func(headers map[string]string, state store.SocketState) {
		headers["host"], state.Rooms[0], state.Data[1] = "changed", "changed", 'D'
	}
	change(c.Handshake.Headers, store.SocketState{Rooms: rooms, Data: data})
	for range 2 {
		got := f.connection(t, "a")
		want(t, "host", got.Handshake.Headers["host"], "example.com")
		want(t, "rooms", got.Sockets["/"].Rooms, []string{"room"})
		want(t, "data", string(got.Sockets["/"].Data), `"data"`)
		change(got.Handshake.Headers, got.Sockets["/"])
		got.Sockets["/other"] = store.SocketState{}
	}
	want(t, "sockets", len(f.connection(t, "a").Sockets), 1)
}
