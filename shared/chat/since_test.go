package chat_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// since is a moment before the present, in the chat's JSON.
func (f *fixture) since(ago time.Duration) string {
	return f.clock().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z")
}

// firstSince returns the position of the first message from a moment on, or nil if there is none.
func (d *device) firstSince(room, since string) any {
	d.f.t.Helper()
	answer := d.do("history", object{"roomId": room, "since": since, "limit": 1})
	for _, seq := range pick("seq", answer["messages"]) {
		return seq
	}
	return nil
}

func TestHistoryBeginsAtAMoment(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	const messages = 40
	var sent []time.Time
	for i := range messages {
		said := ada.say(room, fmt.Sprint(i)) // a minute after the one before
		at, err := time.Parse(time.RFC3339, said["sentAt"].(string))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, at)
	}
	for i, at := range sent {
		want(t, "at its moment", ada.firstSince(room, at.Format(time.RFC3339Nano)), i+1)
		want(t, "a moment before", ada.firstSince(room, at.Add(-time.Microsecond).Format(time.RFC3339Nano)), i+1)
		if i+1 < messages {
			want(t, "a moment later", ada.firstSince(room, at.Add(time.Microsecond).Format(time.RFC3339Nano)), i+2)
		}
	}
	want(t, "long ago", ada.firstSince(room, "0001-01-01T00:00:00Z"), 1)
	want(t, "in another zone", ada.firstSince(room, sent[messages-1].In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)), messages)
	want(t, "later", seqs(ada.do("history", object{"roomId": room, "since": f.since(-time.Minute)})), object{
		"messages": []int{}, "from": messages + 1, "to": messages, "head": messages, "more": false,
	})
	want(t, "a page", seqs(ada.do("history", object{"roomId": room, "since": sent[34].Format(time.RFC3339Nano), "limit": 3})), object{
		"messages": []int{35, 36, 37}, "from": 35, "to": 37, "head": messages, "more": true,
	})
	empty := ada.create("group")
	want(t, "in an empty room", seqs(ada.do("history", object{"roomId": empty, "since": f.since(0)}))["messages"], []int{})
}

func TestAMomentIsFoundInFewReads(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.say(room, "early")
	const last = 5000
	f.repeat(room, 1, last)
	ada.say(room, "late")
	f.calls.take()
	want(t, "first", ada.firstSince(room, f.since(time.Second)), last+1)
	calls := f.calls.take()
	want(t, "batch gets: the counters, and four steps", calls["BatchGetItem"], 5)
	want(t, "queries: the messages", calls["Query"], 1)
	want(t, "all", ada.firstSince(room, f.since(time.Hour)), 1)
}

func TestAMomentIsFoundBehindTombstones(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.say(room, "early")
	const last = 1000
	for i := 2; i < last; i++ {
		if _, err := f.store.Take(t.Context(), room, ada.user.ID, fmt.Sprint(i), f.clock(), int64(i-1)); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Void(t.Context(), room, int64(i), f.clock()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "the late one", ada.say(room, "late")["seq"], last)
	f.calls.take()
	// It gives up in the middle of them. The page is right, but it begins a little earlier.
	answer := ada.do("history", object{"roomId": room, "since": f.since(time.Second), "limit": 100})
	want(t, "from", answer["from"].(float64) > 1, true)
	want(t, "batch gets", f.calls.take()["BatchGetItem"] <= 13, true)
}

func TestOnlyMembersAskForAMoment(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	ada.say(room, "in")
	now := f.since(0)
	path := "/api/rooms/" + room + "/messages?since=" + url.QueryEscape(now)
	status, answer := f.request(http.MethodGet, path, ada.token, "")
	want(t, "status", status, http.StatusOK)
	want(t, "messages", pick("seq", answer["messages"]), []int{1})
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "history", object{"roomId": room, "since": now})
		status, _ := f.request(http.MethodGet, path, d.token, "")
		want(t, d.user.Name, status, http.StatusForbidden)
	}
	for _, wrong := range []object{
		{"since": "yesterday"}, {"since": "2026-02-30T00:00:00Z"}, {"since": "2026-01-02"}, {"since": 5}, {"since": now, "before": 1},
		{"since": now, "after": 0}, {"since": "2026-01-02T1:00:00Z"}, {"since": "2026-01-02T15:04:05,5Z"},
	} {
		wrong["roomId"] = room
		ada.refused("bad_request", "history", wrong)
	}
}
