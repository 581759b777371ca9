package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/linkpreview"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// delivery is what a delivery is counted to cost, in dollars. A frame counts frameDeliveries.
const (
	delivery        = 1e-6
	frameDeliveries = 4
)

// times is how often each operation is performed.
const times = 8

// operation is one of the chat that a person performs again and again.
type operation struct {
	// event is its event, if it is not the name.
	event string
	// prepare makes what the operation with a number needs, and may be nil.
	prepare func(s *shop, i int)
	// argument is that of the operation with a number.
	argument func(s *shop, i int) string
	// more is what the operation counts beside its price, in deliveries.
	more int
}

// shop is where Ada pays for operations in a room of 20.
type shop struct {
	*bench
	token, room string
	ada         *client
	crowd       []*client
	// rooms are those that others have made for the operations, seqs the positions of the
	// messages.
	rooms []string
	seqs  []int
	// site is where the pages are to which links lead.
	site string
}

func newShop(t *testing.T) *shop {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>Lorem ipsum</title>")
	}))
	t.Cleanup(site.Close)
	b := newBench(t, mode.Noop, func(o *cloud.Options) {
		o.LinkPreviews = &linkpreview.Options{Ports: []string{"*"}, Permit: func(to netip.AddrPort) bool { return to.Addr().IsLoopback() }}
	})
	s := &shop{bench: b, token: b.signIn(), site: site.URL}
	s.ada = b.connect(s.token)
	s.room = s.ada.createRoom()
	for range 19 {
		p := b.connect(b.signIn())
		p.request("joinRoom", inRoom(s.room))
		s.crowd = append(s.crowd, p)
	}
	return s
}

// inRoom returns the argument of an operation in a room.
func inRoom(room string, fields ...any) string {
	argument := `{"roomId":"` + room + `"`
	for i := 0; i < len(fields); i += 2 {
		argument += fmt.Sprintf(`,"%s":%v`, fields[i], fields[i+1])
	}
	return argument + "}"
}

// say lets Ada send a message.
func (s *shop) say(i int) {
	s.Helper()
	answer := s.ada.request("sendMessage", message(s.room, i, i))
	var ack []struct{ Message struct{ Seq int } }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "431")), &ack); err != nil {
		s.Fatal(err)
	}
	s.seqs = append(s.seqs, ack[0].Message.Seq)
}

// link is that in a message of sayLink.
func (s *shop) link(i int) string { return fmt.Sprintf("%s/%d", s.site, i) }

// sayLink lets Ada send a message with a link.
func (s *shop) sayLink(i int) {
	s.ada.request("sendMessage", inRoom(s.room, "tempId", fmt.Sprintf(`"link-%d"`, i), "text", `"`+s.link(i)+`"`))
	s.seqs = append(s.seqs, i+1)
}

// begin lets somebody else begin a thread, of which Ada hears.
func (s *shop) begin(i int) {
	s.hear(i)
	s.crowd[1].request("sendMessage", s.inThread(i, "begin"))
}

// inThread returns the argument of a reply below a message.
func (s *shop) inThread(i int, tempID string) string {
	return inRoom(s.room, "threadOf", s.seqs[i], "text", `"Hello, how are you?"`, "tempId", fmt.Sprintf(`"%s-%d"`, tempID, i))
}

// sayAndEdit lets Ada send a message and edit it.
func (s *shop) sayAndEdit(i int) {
	s.say(i)
	s.ada.request("editMessage", inRoom(s.room, "seq", s.seqs[i], "text", `"edited"`))
}

// sayAndPin lets Ada send a message and pin it.
func (s *shop) sayAndPin(i int) {
	s.say(i)
	s.ada.request("pin", inRoom(s.room, "seq", s.seqs[i], "on", "true"))
}

// hear lets somebody else send a message.
func (s *shop) hear(i int) {
	s.crowd[0].request("sendMessage", message(s.room, i, i))
	s.seqs = append(s.seqs, i+1)
}

// beMentioned lets somebody else mention Ada.
func (s *shop) beMentioned(i int) {
	s.crowd[0].request("sendMessage", inRoom(s.room, "tempId", fmt.Sprintf(`"m%d"`, i), "text", `"@Ada"`, "mentions", `["`+userID(s.token)+`"]`))
}

// hearAndListen is hear, and gives Ada the two other devices that hear of her marks.
func (s *shop) hearAndListen(i int) {
	s.hear(i)
	if i < 2 {
		s.connect(s.token)
	}
}

// enterAndHear is enter, with something to read in both rooms.
func (s *shop) enterAndHear(i int) {
	s.enter(i)
	s.crowd[i%len(s.crowd)].request("sendMessage", message(s.rooms[i], i, 0))
	s.hearAndListen(i)
}

// open lets another person make a room.
func (s *shop) open(i int) { s.rooms = append(s.rooms, s.crowd[i%len(s.crowd)].createRoom()) }

// enter lets another person make a room, which Ada joins.
func (s *shop) enter(i int) {
	s.open(i)
	s.ada.request("joinRoom", inMade(s, i))
}

// invite lets another person invite Ada.
func (s *shop) invite(int) {
	stranger := s.connect(s.signIn())
	defer stranger.close()
	answer := stranger.request("createRoom", `{"name":"Engines","kind":"private","members":["`+userID(s.token)+`"]}`)
	s.rooms = append(s.rooms, s.roomIn(answer))
}

// anotherDevice connects another device of Ada's.
func (s *shop) anotherDevice(int) { s.connect(s.token) }

func inMade(s *shop, i int) string { return inRoom(s.rooms[i]) }

// operations are all of the chat, by their events.
func operations() map[string]operation {
	return map[string]operation{
		"createRoom":        {argument: func(_ *shop, i int) string { return fmt.Sprintf(`{"name":"Room %d","kind":"channel"}`, i) }},
		"joinRoom":          {prepare: (*shop).open, argument: inMade, more: 15},
		"leaveRoom":         {prepare: (*shop).enter, argument: inMade},
		"declineInvitation": {prepare: (*shop).invite, argument: inMade},
		"members":           {argument: func(s *shop, _ int) string { return inRoom(s.room) }},
		"listRooms":         {argument: func(*shop, int) string { return `{}` }},
		"sync": {prepare: (*shop).enterAndHear, argument: func(s *shop, i int) string {
			return fmt.Sprintf(`{"rooms":{%q:{"seq":0,"rev":0},%q:{"seq":0,"rev":0}}}`, s.rooms[i], s.room)
		}},
		"openRooms":   {argument: func(*shop, int) string { return `{"search":"x"}` }},
		"sendMessage": {argument: func(s *shop, i int) string { return message(s.room, i, i) }},
		"editMessage": {prepare: (*shop).say, argument: func(s *shop, i int) string {
			return inRoom(s.room, "seq", s.seqs[i], "text", `"edited"`)
		}},
		"deleteMessage": {prepare: (*shop).say, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i]) }},
		"pin":           {prepare: (*shop).say, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i], "on", "true") }},
		// The pages are of the test's own server, and answer at once.
		"previewLink": {prepare: (*shop).sayLink, argument: func(s *shop, i int) string {
			return inRoom(s.room, "seq", s.seqs[i], "on", "true", "url", `"`+s.link(i)+`"`)
		}, more: 40 - 20},
		"mentions":  {prepare: (*shop).beMentioned, argument: func(*shop, int) string { return `{}` }},
		"react":     {prepare: (*shop).say, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i], "emoji", `"👍"`, "on", "true") }},
		"reactions": {prepare: (*shop).say, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i], "emoji", `"👍"`) }},
		"pins":      {prepare: (*shop).sayAndPin, argument: func(s *shop, _ int) string { return inRoom(s.room) }},
		"search": {prepare: (*shop).say, argument: func(s *shop, i int) string {
			return fmt.Sprintf(`{"text":"lorem","roomId":%q}`, []string{s.room, ""}[i%2])
		}},
		"createUpload": {argument: func(s *shop, _ int) string {
			return inRoom(s.room, "name", `"a"`, "type", `"text/plain"`, "size", 1)
		}},
		"attachmentURL": {argument: func(s *shop, _ int) string { return inRoom(s.room, "id", `"a"`) }},
		"changes":       {prepare: (*shop).sayAndEdit, argument: func(s *shop, _ int) string { return inRoom(s.room, "after", 0) }},
		"history":       {prepare: (*shop).say, argument: func(s *shop, _ int) string { return inRoom(s.room) }},
		"markRead":      {prepare: (*shop).hearAndListen, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i]) }},
		"markAllRead": {prepare: (*shop).enterAndHear, argument: func(s *shop, i int) string {
			return fmt.Sprintf(`{"marks":[%s,%s]}`, inRoom(s.rooms[i], "seq", 1), inRoom(s.room, "seq", i+1))
		}, more: 2 * 2},
		"saveDraft": {prepare: (*shop).hearAndListen, argument: func(s *shop, i int) string {
			return inRoom(s.room, "text", fmt.Sprintf("%q", strings.Repeat("x", 100*(i%2))))
		}},
		"readMarks":       {argument: func(s *shop, _ int) string { return inRoom(s.room) }, more: 2 * 20 / 5},
		"thread":          {prepare: (*shop).begin, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i]) }},
		"followThread":    {prepare: (*shop).begin, argument: func(s *shop, i int) string { return inRoom(s.room, "seq", s.seqs[i], "on", i%2 == 0) }},
		"followedThreads": {prepare: (*shop).begin, argument: func(*shop, int) string { return `{}` }},
		"presence":        {argument: func(s *shop, _ int) string { return `{"userIds":["` + userID(s.token) + `"]}` }},
		"watch": {prepare: (*shop).enter, argument: func(s *shop, i int) string { // all rooms, or none
			return fmt.Sprintf(`{"roomIds":[%s]}`, []string{`"` + strings.Join(append(s.rooms, s.room), `","`) + `"`, ""}[i%2])
		}, more: (2*(times+1) + 20/5 - 8) / 2},
		"typing":            {argument: func(s *shop, i int) string { return inRoom(s.room, "on", i%2 == 0) }, more: 19},
		"refreshToken":      {prepare: (*shop).enter, argument: func(s *shop, _ int) string { return `{"token":"` + s.token + `"}` }, more: times + 3 - 10},
		"signOutEverywhere": {prepare: (*shop).anotherDevice, argument: func(*shop, int) string { return `{"exceptThis":true}` }},
	}
}

// TestEveryEventIsPaidFor performs each operation of the chat in a room of 20, and compares
// what that costs with what it counts.
func TestEveryEventIsPaidFor(t *testing.T) {
	besideOthers(t)
	all := operations()
	if priced := slices.Sorted(maps.Keys(chat.Prices())); !slices.Equal(slices.Sorted(maps.Keys(all)), priced) {
		t.Fatalf("there are prices of %v", priced)
	}
	all["a reply"] = operation{event: "sendMessage", prepare: (*shop).begin, argument: func(s *shop, i int) string { return s.inThread(i, "reply") }}
	all["sync of the room on the screen"] = operation{event: "sync", argument: func(s *shop, i int) string {
		ids := []string{`"` + s.room + `"`, ""}[i%2] // it watches the room, or none
		return fmt.Sprintf(`{"history":%s,"members":%s,"watch":{"roomIds":[%s],"tell":[]}}`, inRoom(s.room), inRoom(s.room), ids)
	}}
	all["history since"] = operation{event: "history", prepare: (*shop).say, argument: func(s *shop, _ int) string {
		return inRoom(s.room, "since", `"2026-01-02T15:04:05.070Z"`)
	}}
	all["an edit of a reply"] = operation{event: "editMessage", prepare: func(s *shop, i int) {
		s.begin(i)
		s.ada.request("sendMessage", s.inThread(i, "reply"))
	}, argument: func(s *shop, i int) string {
		return inRoom(s.room, "threadOf", s.seqs[i], "seq", 2, "text", `"edited"`)
	}, more: 2}
	all["a mark in a thread"] = operation{event: "markRead", prepare: func(s *shop, i int) {
		s.begin(i)
		s.ada.request("sendMessage", s.inThread(i, "reply"))
		s.crowd[1].request("sendMessage", s.inThread(i, "more"))
	}, argument: func(s *shop, i int) string { return inRoom(s.room, "threadOf", s.seqs[i], "seq", 3) }}
	var mu sync.Mutex
	today := map[string]Calls{}
	t.Run("perform", func(t *testing.T) {
		for name, o := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				each := performed(t, name, o)
				mu.Lock()
				defer mu.Unlock()
				today[name] = each
			})
		}
	})
	if !t.Failed() {
		compareOperations(t, today)
	}
}

// performed returns the calls of an operation, and fails the test if it counts less than it costs.
func performed(t *testing.T, name string, o operation) Calls {
	event := cmp.Or(o.event, name)
	s := newShop(t)
	for i := range times {
		if o.prepare != nil {
			o.prepare(s, i)
		}
	}
	c := s.count(func() {
		for i := range times {
			s.ada.request(event, o.argument(s, i))
		}
	}, map[string]float64{names.Message: times})
	price := chat.Prices()[event]
	counts := float64(frameDeliveries + price.Work + price.Deliveries + o.more)
	if costs := workload().price(c).Total / times / delivery; costs > counts {
		t.Errorf("it costs %.1f deliveries and counts %g: %+v", costs, counts, c)
	} else {
		t.Logf("it costs %.1f deliveries and counts %g", costs, counts)
	}
	return rounded(c.Times(1.0 / times))
}
