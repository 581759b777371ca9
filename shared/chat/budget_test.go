package chat_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// smallBudget lasts for some messages and is there again after 50 seconds.
var smallBudget = chat.Options{Budget: chat.Budget{Burst: 1500, PerSecond: 30}}

// sendAll sends messages until one is refused, and returns the refusal and how many were not.
func (d *device) sendAll(roomID, tempID string) (refusal object, sent int) {
	d.f.t.Helper()
	for ; sent < 200; sent++ {
		answer := d.ask("sendMessage", message(roomID, fmt.Sprint(tempID, sent)))
		if answer["ok"] != true {
			return answer["error"].(object), sent
		}
	}
	d.f.t.Fatal("nothing is refused")
	return nil, 0
}

// TestEveryEventHasAPrice: scripts/cost measures that it is right.
func TestEveryEventHasAPrice(t *testing.T) {
	events := newFixture(t).server.Instance().EventNames()
	want(t, "events that have a price", slices.Sorted(maps.Keys(chat.Prices())), events)
}

func TestOnePersonsBudgetCoversTheirConnectionsAndHTTP(t *testing.T) {
	f := newFixtureOf(t, smallBudget)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := ada.another()
	room := ada.create("group")
	refusal, sent := ada.sendAll(room, "a")
	want(t, "code", refusal["code"], "rate_limited")
	if after, _ := refusal["retryAfter"].(float64); after < 1 || after > 60 || refusal["temporary"] != true {
		t.Errorf("the refusal is %v", refusal)
	}
	if sent < 10 || sent > 60 {
		t.Errorf("%d messages were sent", sent)
	}
	if _, sent := phone.sendAll(room, "b"); sent > 20 { // what it has paid for already
		t.Errorf("the other device sent %d", sent)
	}
	r := httptest.NewRequest("POST", "/api/rooms/"+room+"/messages", strings.NewReader(`{"text":"Hi","tempId":"c"}`))
	r.Header.Set("Authorization", "Bearer "+ada.token)
	w := httptest.NewRecorder()
	f.http.ServeHTTP(w, r)
	want(t, "status", w.Code, http.StatusTooManyRequests)
	if after := w.Header().Get("Retry-After"); after == "" || after == "0" || !strings.Contains(w.Body.String(), `"retryAfter":`+after+`,`) {
		t.Errorf("retry after %q: %s", after, w.Body)
	}
	bob.do("joinRoom", object{"roomId": room})
	bob.send(room, "others-are-not-refused")

	f.advance(2 * time.Minute)
	ada.send(room, "d")
	phone.send(room, "e")
	status, _ := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, `{"text":"Hi","tempId":"c"}`)
	want(t, "status", status, http.StatusCreated)
}

func TestWhatGrowsWithOnesRoomsCountsThem(t *testing.T) {
	for event, bodies := range map[string]func(token string, rooms []string) []object{
		"watch": func(_ string, rooms []string) []object {
			return []object{{"roomIds": rooms}, {"roomIds": []string{}}}
		},
		"refreshToken": func(token string, _ []string) []object { return []object{{"token": token}} },
	} {
		t.Run(event, func(t *testing.T) {
			// times is how often a person in n rooms may ask.
			times := func(n int) (asked int) {
				f := newFixtureOf(t, smallBudget)
				ada := f.enter("Ada")
				var rooms []string
				for range n {
					rooms = append(rooms, ada.create("group"))
					f.advance(2 * time.Second) // which pays for it
				}
				all := bodies(ada.token, rooms)
				for ada.ask(event, all[asked%len(all)])["ok"] == true {
					asked++
				}
				return asked
			}
			if few, many := times(1), times(25); many > few*2/3 {
				t.Errorf("%d times in one room, %d times in 25", few, many)
			}
		})
	}
}

func TestRequestsAtOnceDoNotExceedTheBudget(t *testing.T) {
	f := newFixtureOf(t, smallBudget)
	ada := f.enter("Ada")
	room := ada.create("group")
	f.advance(time.Minute)
	var (
		all    sync.WaitGroup
		stored atomic.Int64
	)
	for i := range 80 {
		all.Go(func() {
			status, _ := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, fmt.Sprintf(`{"text":"Hi","tempId":"t%d"}`, i))
			if status == http.StatusCreated {
				stored.Add(1)
			}
		})
	}
	all.Wait()
	// 1,500 deliveries are 34 for each of 44 and for a part of one, and the clock goes on a little.
	if n := stored.Load(); n != 45 && n != 46 {
		t.Errorf("%d were stored", n)
	}
}

func TestAMessageToALargeRoomCountsAllReceivers(t *testing.T) {
	f := newFixtureOf(t, chat.Options{Budget: chat.Budget{Burst: 300, PerSecond: 1}})
	ada := f.enter("Ada")
	room := ada.create("group")
	for i := range 39 {
		f.enter(fmt.Sprint("Member ", i)).do("joinRoom", object{"roomId": room})
	}
	f.advance(time.Hour)
	status := 0
	sent := 0
	for ; status != http.StatusTooManyRequests && sent < 20; sent++ {
		status, _ = f.request("POST", "/api/rooms/"+room+"/messages", ada.token, fmt.Sprintf(`{"text":"Hi","tempId":"t%d"}`, sent))
	}
	want(t, "sent until one is refused", sent, 6) // five of 54 are 270
}

func TestAPersonWhoHasCausedTooMuchIsToldAtOnceWhenTheyConnect(t *testing.T) {
	f := newFixtureOf(t, smallBudget)
	ada := f.enter("Ada")
	ada.sendAll(ada.create("group"), "a")
	f.calls.take()
	conn, err := f.server.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Connect("/", object{"token": ada.token})
	if err == nil || !strings.Contains(err.Error(), "rate_limited") {
		t.Errorf("got %v", err)
	}
	calls := 0
	for _, n := range f.calls.take() {
		calls += n
	}
	if calls > 5 {
		t.Errorf("the refusal took %d calls", calls)
	}
}

// generous lets one person do what many do in a test.
var generous = chat.Options{Budget: chat.Budget{Burst: 1_000_000, PerSecond: 1_000_000}}

func TestGuestsFromOneAddressAreBounded(t *testing.T) {
	f := newFixtureOf(t, chat.Options{GuestSignIns: 3})
	signIn := func(address, forwarded string) *http.Response {
		r := httptest.NewRequest("POST", "/api/session", strings.NewReader(`{"name":"Eve"}`))
		r.RemoteAddr = address
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		f.http.ServeHTTP(w, r)
		return w.Result()
	}
	count := func(n int, address, forwarded string) (signedIn int) {
		for range n {
			if response := signIn(address, forwarded); response.StatusCode == http.StatusOK {
				signedIn++
			} else if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
				t.Errorf("refused with %s", response.Status)
			}
		}
		return signedIn
	}
	f.advance(f.clock().Truncate(10 * time.Minute).Add(10 * time.Minute).Sub(f.clock()))
	want(t, "directly", count(5, "192.0.2.1", ""), 3)
	want(t, "through an edge", count(5, "198.51.100.1", "made.up, 192.0.2.2, 198.51.100.1"), 3)
	want(t, "somebody else through it", count(5, "198.51.100.1", "192.0.2.3, 198.51.100.1"), 3)
	made := 0
	for i := range 70 {
		made += count(1, "192.0.2.9", fmt.Sprint("made.up.", i, ", 192.0.2.9"))
	}
	want(t, "with addresses that are made up", made, 60)
	f.advance(10 * time.Minute)
	want(t, "later", count(1, "192.0.2.1", ""), 1)
}
