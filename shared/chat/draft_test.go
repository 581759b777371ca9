package chat_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func typed(room, text string) object { return object{"roomId": room, "text": text} }

// saveDraft saves a draft, and returns it as it stands.
func (d *device) saveDraft(body object) object {
	d.f.t.Helper()
	return d.do("saveDraft", body)["draft"].(object)
}

func TestWhatIsTypedOnOneDeviceIsOnAllOfThem(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(1)
	phone := ada.another()
	saved := ada.saveDraft(typed(room, "Hello"))
	want(t, "text", saved["text"], "Hello")
	want(t, "phone hears", phone.heard("draft"), []object{{"roomId": room, "draft": saved}})
	want(t, "the device itself hears", len(ada.heard("draft")), 0)
	want(t, "Bob hears", len(bob.heard("draft")), 0)
	later := ada.another()
	for _, d := range []*device{ada, phone, later} {
		want(t, "listed", d.listed(room)["draft"], saved)
		rooms, _ := d.sync(object{})
		want(t, "synced", rooms[room]["draft"], saved)
	}
	want(t, "Bob's", bob.listed(room)["draft"], nil)

	f.advance(time.Second)
	next := phone.saveDraft(with(typed(room, "Hello, you"), "replyTo", 1))
	want(t, "from the phone", next, object{"text": "Hello, you", "replyTo": 1, "savedAt": next["savedAt"]})
	want(t, "saved later", next["savedAt"].(string) > saved["savedAt"].(string), true)
	want(t, "listed then", ada.listed(room)["draft"], next)

	f.advance(time.Second)
	for i, nothing := range []string{"", " \n"} {
		none := phone.saveDraft(with(typed(room, nothing), "replyTo", 1))
		want(t, "deleted", none, object{"text": "", "savedAt": none["savedAt"]})
		want(t, "ada hears", ada.heard("draft")[1+i], object{"roomId": room, "draft": none})
	}
	want(t, "listed at the end", ada.listed(room)["draft"], nil)
}

func TestADraftOfAReplyComesWithItsThread(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	phone := ada.another()
	saved := ada.saveDraft(with(typed(room, "Well"), "threadOf", 1))
	want(t, "phone hears", phone.heard("draft"), []object{{"roomId": room, "threadOf": 1, "draft": saved}})
	want(t, "thread", phone.readThread(room)["draft"], saved)
	want(t, "thread of Bob", bob.readThread(room)["draft"], nil)
	want(t, "room", phone.listed(room)["draft"], nil)
	f.advance(time.Second)
	ada.do("saveDraft", with(typed(room, ""), "threadOf", 1))
	want(t, "thread at the end", phone.readThread(room)["draft"], nil)
}

func TestTheDraftThatWasAskedForLaterStays(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	phone := ada.another()
	sent := chat.Draft{SavedAt: chat.At(f.clock().Add(time.Second))}
	if _, err := f.store.SaveDraft(t.Context(), room, ada.user.ID, sent); err != nil {
		t.Fatal(err)
	}
	want(t, "one that comes late", ada.saveDraft(typed(room, "Hel"))["text"], "")
	want(t, "listed", ada.listed(room)["draft"], nil)
	want(t, "phone hears", len(phone.heard("draft")), 0)
}

func TestDraftsAtOnceLeaveOneOfThem(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	texts := []string{"a", "b", "c", "d"}
	var all sync.WaitGroup
	for _, text := range texts {
		all.Go(func() { ada.another().do("saveDraft", typed(room, text)) })
	}
	all.Wait()
	got := ada.listed(room)["draft"].(object)["text"].(string)
	want(t, "one of them", strings.Contains("abcd", got), true)
}

func TestStrangersAndFormerMembersHaveNoDrafts(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(1)
	eve := f.enter("Eve")
	bob.do("saveDraft", typed(room, "secret words"))
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "saveDraft", typed(room, "x"))
		d.refused("forbidden", "saveDraft", with(typed(room, "x"), "threadOf", 1))
		rooms, answer := d.sync(object{room: object{"seq": 0, "rev": 0}})
		want(t, "rooms", rooms[room], nil)
		want(t, "gone", answer["gone"], []any{room})
	}
	want(t, "Ada's", ada.listed(room)["draft"], nil)
	if strings.Contains(f.log.String(), "secret words") {
		t.Error("the log has a draft")
	}
}

func TestADraftExpires(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	ada.do("saveDraft", typed(room, "Hello"))
	f.advance(chat.DraftKept)
	late := f.connect(f.token(ada.user, f.clock().Add(time.Hour)), ada.user)
	want(t, "after its time", late.listed(room)["draft"], nil)
}

func TestADraftCostsFourCallsBesideTheDevices(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	f.calls.take()
	f.posts.Store(0)
	ada.do("saveDraft", typed(room, "Hello"))
	want(t, "calls, one of them the connection's", f.calls.take(), object{"UpdateItem": 1, "GetItem": 1, "PutItem": 1, "Query": 1})
	want(t, "posts", f.posts.Load(), 0)
	ada.do("listRooms", object{})
	listed := f.calls.take()
	ada.do("saveDraft", typed(room, ""))
	f.calls.take()
	ada.do("listRooms", object{})
	want(t, "calls of a list with a draft", listed, f.calls.take())
}

func TestInvalidDraftsAreRefused(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	for _, c := range []struct {
		code string
		body any
	}{
		{"bad_request", nil},
		{"bad_request", object{"roomId": room}},
		{"bad_request", object{"text": "x"}},
		{"bad_request", typed("?", "x")},
		{"bad_request", typed(room, "\x00")},
		{"bad_request", with(typed(room, "x"), "threadOf", 0)},
		{"bad_request", with(typed(room, "x"), "replyTo", 0)},
		{"bad_request", with(typed(room, "x"), "draft", "x")},
		{"too_large", typed(room, strings.Repeat("x", 4001))},
		{"forbidden", typed("r_unknown", "x")},
	} {
		ada.refused(c.code, "saveDraft", c.body)
	}
	want(t, "listed", ada.listed(room)["draft"], nil)
	ada.do("saveDraft", typed(room, strings.Repeat("\U0001f600", 4000)))
	want(t, "the longest", len(ada.listed(room)["draft"].(object)["text"].(string)), 16000)
}

func TestDraftsAreSavedByHTTP(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	path := "/api/rooms/" + room + "/draft"
	for _, c := range []struct {
		method, body string
		status       int
	}{
		{"PUT", `{"text":"Hello"}`, http.StatusOK},
		{"PUT", `{"text":"Hello"}`, http.StatusOK},
		{"PUT", `{}`, http.StatusBadRequest},
		{"PUT", `{"text":1}`, http.StatusBadRequest},
		{"GET", "", http.StatusMethodNotAllowed},
	} {
		status, answer := f.request(c.method, path, ada.token, c.body)
		if status != c.status {
			t.Errorf("%s %s: %d, %v", c.method, c.body, status, answer)
		}
	}
	want(t, "Ada's device hears", len(ada.heard("draft")), 2)
	want(t, "listed", ada.listed(room)["draft"].(object)["text"], "Hello")
	token, _ := f.signIn("Eve")
	status, _ := f.request("PUT", path, token, `{"text":"x"}`)
	want(t, "a stranger's", status, http.StatusForbidden)
}
