package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// What the hostile people of the test may cause: little comes back while the test runs.
const hostileBurst, hostilePerSecond = 3000, 1

// perHour is what one person may cause in an hour with default settings, in deliveries.
const perHour = 2000 + 3600*100

// hostile is a person who causes as much as they can.
type hostile struct {
	b     *bench
	token string
	// sockets send in turn, so that it is the person who is limited and no connection.
	sockets []*client
	room    string
	n       int
	// requests are those by HTTP.
	requests float64
}

// ask emits an event and reports whether the person may go on.
func (h *hostile) ask(event, argument string) bool {
	h.n++
	c := h.sockets[h.n%len(h.sockets)]
	c.send(`421["` + event + `",` + strings.NewReplacer("ROOM", h.room, "NUMBER", fmt.Sprint(h.n)).Replace(argument) + `]`)
	return !strings.Contains(c.await("431["), `"rate_limited"`)
}

// asking returns what repeats an event.
func asking(event, argument string) func(*hostile) bool {
	return func(h *hostile) bool { return h.ask(event, argument) }
}

// post sends a message by HTTP.
func (h *hostile) post() bool {
	h.n++
	h.requests++
	body := fmt.Sprintf(`{"text":"hello","tempId":"t-%d"}`, h.n)
	r, _ := http.NewRequestWithContext(h.b.Context(), http.MethodPost, h.b.cloud.URL()+"/api/rooms/"+h.room+"/messages", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+h.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.b.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode != http.StatusTooManyRequests
}

// replying repeats a reply in a thread, which it begins below a long message.
func replying(h *hostile) bool {
	if h.n == 0 && !h.ask("sendMessage", `{"roomId":"ROOM","tempId":"first","text":"`+strings.Repeat("é", 4000)+`"}`) {
		return false
	}
	return h.ask("sendMessage", `{"roomId":"ROOM","threadOf":1,"tempId":"t-NUMBER","text":"hello"}`)
}

// reconnect opens a connection with a socket and closes it.
func (h *hostile) reconnect() bool {
	s := h.b.dial("", browser)
	s.send(`40{"token":"` + h.token + `"}`)
	answer := s.await("4")
	s.close()
	return !strings.HasPrefix(answer, "44")
}

var hostilities = map[string]func(*hostile) bool{
	"messages":               asking("sendMessage", `{"roomId":"ROOM","tempId":"t-NUMBER","text":"hello"}`),
	"messages of 4,000":      asking("sendMessage", `{"roomId":"ROOM","tempId":"t-NUMBER","text":"`+strings.Repeat("é", 4000)+`"}`),
	"replies":                replying,
	"typing":                 asking("typing", `{"roomId":"ROOM","on":true}`),
	"pages of history":       asking("history", `{"roomId":"ROOM","limit":100}`),
	"lists of rooms":         asking("listRooms", `{}`),
	"rooms joined again":     asking("joinRoom", `{"roomId":"ROOM"}`),
	"new rooms":              asking("createRoom", `{"name":"Room NUMBER","kind":"channel"}`),
	"unknown events":         asking("what", `{}`),
	"presence":               asking("presence", `{"userIds":["u_NUMBER"]}`),
	"messages by HTTP":       (*hostile).post,
	"connections":            (*hostile).reconnect,
	"typing and its ending":  func(h *hostile) bool { return h.ask("typing", fmt.Sprintf(`{"roomId":"ROOM","on":%t}`, h.n%2 == 0)) },
	"rooms left and entered": func(h *hostile) bool { return h.ask([]string{"leaveRoom", "joinRoom"}[h.n%2], `{"roomId":"ROOM"}`) },
}

// TestOneHostilePersonCostsLittle measures what each way to cause much costs until the budget
// is used up. From that follows what an hour costs at most, which is $0.50 with default settings.
func TestOneHostilePersonCostsLittle(t *testing.T) {
	besideOthers(t)
	b := newBench(t, mode.Noop, func(o *cloud.Options) {
		o.Environment[names.EnvMaxSockets] = "20"
		o.Environment[names.EnvDeliveriesBurst] = fmt.Sprint(hostileBurst)
		o.Environment[names.EnvDeliveriesPerSecond] = fmt.Sprint(hostilePerSecond)
	})
	// Their victims are thirty.
	var crowd []*client
	for range 30 {
		crowd = append(crowd, b.connect(b.signIn()))
	}
	today := map[string]float64{}
	for what, do := range hostilities {
		t.Run(what, func(t *testing.T) {
			h := &hostile{b: b, token: b.signIn()}
			h.sockets = []*client{b.connect(h.token)}
			h.room = h.sockets[0].createRoom()
			for range 2 {
				h.sockets = append(h.sockets, b.connect(h.token))
			}
			for _, c := range crowd {
				c.request("joinRoom", `{"roomId":"`+h.room+`"}`)
			}
			c := b.settledWith(allCallsOf, func() {
				for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && do(h); {
				}
			})
			for _, s := range h.sockets {
				_ = s.conn.CloseNow()
			}
			for _, p := range crowd {
				p.request("leaveRoom", `{"roomId":"`+h.room+`"}`)
			}
			// A connection has paid for up to 500 that it has not caused when it is limited.
			used := float64(hostileBurst - 500)
			dollars := (workload().price(c).Total + h.requests/1e6) / used * perHour
			today[what] = math.Ceil(100*dollars) / 100
			if dollars > 0.50 {
				t.Errorf("%.0f calls, %.0f units written, %.0f read, %.0f messages: $%.2f an hour", c.AWS, c.WriteUnits, c.ReadUnits, c.In+c.Out, dollars)
			}
		})
	}
	if *update {
		encoded, err := json.MarshalIndent(today, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		hostileJSON = append(encoded, '\n') // also for the documentation's test
		if err := os.WriteFile("hostile.json", hostileJSON, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	table, err := hostileHours()
	if err != nil {
		t.Fatal(err)
	}
	if _, most := dearest(table); most > 0.50 || len(table) != len(today) {
		t.Errorf("hostile.json has %v", table)
	}
	for what, dollars := range today { // how much is refused at last differs from run to run
		if math.Abs(dollars-table[what]) > 0.05 {
			t.Errorf("%s: $%.2f an hour, hostile.json has $%.2f", what, dollars, table[what])
		}
	}
}
