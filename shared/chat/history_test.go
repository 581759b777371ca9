package chat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// seqs reduces the messages of a page to their positions.
func seqs(page object) object {
	page["messages"] = pick("seq", page["messages"])
	delete(page, "ok")
	return page
}

func TestHistoryGoesBothWaysFromAnyPosition(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i := range 7 {
		ada.send(room, fmt.Sprint(i))
	}
	for _, c := range []struct {
		ask      object
		messages []int
		from, to int
		more     bool
	}{
		{object{}, []int{1, 2, 3, 4, 5, 6, 7}, 1, 7, false},
		{object{"limit": 3}, []int{5, 6, 7}, 5, 7, true},
		{object{"limit": 3, "before": 5}, []int{2, 3, 4}, 2, 4, true},
		{object{"limit": 3, "before": 2}, []int{1}, 1, 1, false},
		{object{"limit": 3, "before": 1}, []int{}, 1, 0, false},
		{object{"limit": 3, "before": math.MaxInt64}, []int{5, 6, 7}, 5, 7, true},
		{object{"limit": 3, "after": 0}, []int{1, 2, 3}, 1, 3, true},
		{object{"limit": 3, "after": 4}, []int{5, 6, 7}, 5, 7, false},
		{object{"limit": 3, "after": 7}, []int{}, 8, 7, false},
		{object{"limit": 3, "after": math.MaxInt64}, []int{}, 8, 7, false},
	} {
		ask := fmt.Sprint(c.ask)
		c.ask["roomId"] = room
		want(t, ask, seqs(ada.do("history", c.ask)), object{
			"messages": c.messages, "from": c.from, "to": c.to, "head": 7, "more": c.more,
		})
	}
	for _, ask := range []object{
		{"roomId": room, "before": 1, "after": 1}, {"roomId": room, "before": 0}, {"roomId": room, "after": -1},
		{"roomId": room, "limit": -1}, {"roomId": room, "limit": 101}, {"roomId": "#"}, {},
	} {
		ada.refused("bad_request", "history", ask)
	}
}

func TestAHoleIsPendingUntilItIsOldAndThenNeverFilled(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "1")
	dead, err := f.store.Take(t.Context(), room, ada.user.ID, "dead", f.clock(), 0)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "hole", dead.Seq, 2)
	ada.send(room, "3")
	read := func() object { return seqs(ada.do("history", object{"roomId": room})) }
	young := object{"messages": []int{1, 3}, "from": 1, "to": 3, "head": 3, "more": false, "pending": []int{2}}
	f.advance(9 * time.Second)
	want(t, "a young hole", read(), young)
	want(t, "when joining", ada.do("joinRoom", object{"roomId": room})["pending"], []int{2})
	f.advance(2 * time.Second)
	delete(young, "pending")
	want(t, "an old hole", read(), young)
	want(t, "once more", read(), young)
	// The function that took the position was only slow.
	want(t, "the slow sender's position", ada.send(room, "dead")["seq"], 4)
}

func TestAHoleBeforeAnOldMessageIsOldHoweverBusyTheRoom(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, tempID := range []string{"a", "b"} {
		if _, err := f.store.Take(t.Context(), room, ada.user.ID, tempID, f.clock(), 0); err != nil {
			t.Fatal(err)
		}
	}
	ada.send(room, "3")
	want(t, "young", seqs(ada.do("history", object{"roomId": room}))["pending"], []int{1, 2})
	f.advance(11 * time.Second)
	if _, err := f.store.Take(t.Context(), room, ada.user.ID, "c", f.clock(), 0); err != nil {
		t.Fatal(err)
	}
	want(t, "page", seqs(ada.do("history", object{"roomId": room})), object{
		"messages": []int{3}, "from": 1, "to": 4, "head": 4, "more": false, "pending": []int{4},
	})
}

func TestPagesOfLongMessagesFitIntoOneAnswer(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	const n, hole = 20, 15
	var all []any
	for i := 1; i <= n; i++ {
		if i == hole {
			if _, err := f.store.Take(t.Context(), room, ada.user.ID, "dead", f.clock(), 0); err != nil {
				t.Fatal(err)
			}
			continue
		}
		// "<" has six bytes in JSON.
		ada.do("sendMessage", object{"roomId": room, "text": strings.Repeat("<", 200*i), "tempId": fmt.Sprint(i)})
		all = append(all, float64(i))
	}
	for _, direction := range []string{"after", "before"} {
		t.Run(direction, func(t *testing.T) {
			edge := map[string]any{"after": 0, "before": n + 1}[direction]
			var read, pending []any
			for more := true; more && len(read) < n; {
				page := ada.do("history", object{"roomId": room, direction: edge})
				encoded, err := json.Marshal(page["messages"])
				if err != nil || len(encoded) > 97<<10 {
					t.Fatalf("a page of %d bytes, %v", len(encoded), err)
				}
				read = append(read, pick("seq", page["messages"])...)
				if p, ok := page["pending"].([]any); ok {
					pending = append(pending, p...)
				}
				more = page["more"].(bool)
				edge = page[map[string]string{"after": "to", "before": "from"}[direction]]
			}
			slices.SortFunc(read, func(a, b any) int { return int(a.(float64) - b.(float64)) })
			want(t, "messages", read, all)
			want(t, "pending", pending, []int{hole})
		})
	}
	joined := ada.do("joinRoom", object{"roomId": room})
	want(t, "the newest", pick("seq", joined["messages"]), []int{n - 1, n})
	want(t, "more", joined["more"], true)
}
