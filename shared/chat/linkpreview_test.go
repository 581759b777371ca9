package chat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// web is a Previewer of pages by their addresses.
type web struct {
	asked atomic.Int64
	fails error
	// meanwhile, if it is there, is called while a page is fetched.
	meanwhile func()
}

const (
	article = "https://example.com/article"
	nowhere = "https://example.com/nowhere"
)

func (w *web) Preview(_ context.Context, url string) (chat.LinkPreview, error) {
	w.asked.Add(1)
	if w.meanwhile != nil {
		w.meanwhile()
	}
	if w.fails != nil {
		return chat.LinkPreview{}, w.fails
	}
	if url == nowhere {
		return chat.LinkPreview{}, chat.ErrNoPreview
	}
	return chat.LinkPreview{Host: "example.com", Title: "An article"}, nil
}

// newLinkFixture returns a chat with link previews, and Ada and Bob in a room where Ada has sent a
// text as the first message.
func newLinkFixture(t *testing.T, text string) (f *fixture, w *web, room string, ada, bob *device) {
	t.Helper()
	w = &web{}
	f = newFixtureOf(t, chat.Options{Previewer: w})
	ada, bob = f.enter("Ada"), f.enter("Bob")
	room = ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	ada.do("sendMessage", object{"roomId": room, "text": text, "tempId": "t"})
	return f, w, room, ada, bob
}

func previewOf(room string, seq int, url string, on bool) object {
	return object{"roomId": room, "seq": seq, "url": url, "on": on}
}

var shown = object{"url": article, "host": "example.com", "title": "An article"}

func TestAnAuthorShowsWhatALinkLeadsTo(t *testing.T) {
	_, w, room, ada, bob := newLinkFixture(t, "Read "+article+"!")
	got := ada.do("previewLink", previewOf(room, 1, article, true))["message"].(object)
	want(t, "preview", got["linkPreview"], shown)
	want(t, "Bob hears", bob.heard("messageChanged"), []object{{"message": got, "rev": 1}})
	want(t, "in the history", bob.do("history", object{"roomId": room})["messages"], []any{got})
	want(t, "again", ada.do("previewLink", previewOf(room, 1, article, true))["message"], got)
	want(t, "fetched", w.asked.Load(), 1)
	gone := ada.do("previewLink", previewOf(room, 1, article, false))["message"].(object)
	want(t, "taken away", gone["linkPreview"], nil)
	want(t, "taken away again", ada.do("previewLink", previewOf(room, 1, article, false))["message"], gone)
	ada.do("previewLink", previewOf(room, 1, article, true))
	want(t, "fetched for the room", w.asked.Load(), 1)
}

func TestAPageIsFetchedOnceForARoomAndAWhile(t *testing.T) {
	f, w, room, ada, bob := newLinkFixture(t, article+" "+nowhere)
	bob.do("sendMessage", object{"roomId": room, "text": article, "tempId": "t"})
	other := ada.create("channel")
	ada.do("sendMessage", object{"roomId": other, "text": article, "tempId": "t"})
	fetches := func(what string, d *device, request object, n int) {
		t.Helper()
		before := w.asked.Load()
		d.do("previewLink", request)
		want(t, what, w.asked.Load()-before, n)
	}
	fetches("first", ada, previewOf(room, 1, article, true), 1)
	fetches("by another", bob, previewOf(room, 2, article, true), 0)
	fetches("in another room", ada, previewOf(other, 1, article, true), 1)
	fetches("a page without a preview", ada, previewOf(room, 1, nowhere, true), 1)
	fetches("again", ada, previewOf(room, 1, nowhere, true), 0)
	ada.do("previewLink", previewOf(room, 1, article, false))
	f.advance(time.Hour)
	fetches("an hour later", ada, previewOf(room, 1, article, true), 1)
	fetches("a page without one", ada, previewOf(room, 1, nowhere, true), 1)
}

func TestAPageWithoutAPreviewLeavesTheMessage(t *testing.T) {
	_, _, room, ada, bob := newLinkFixture(t, nowhere)
	got := ada.do("previewLink", previewOf(room, 1, nowhere, true))["message"].(object)
	want(t, "preview", []any{got["linkPreview"], got["rev"]}, []any{nil, nil})
	want(t, "Bob hears", bob.heard("messageChanged"), []object{})
}

func TestOnlyTheAuthorShowsLinksOfTheMessage(t *testing.T) {
	f, w, room, ada, bob := newLinkFixture(t, "Read "+article)
	eve := f.enter("Eve")
	eve.refused("forbidden", "previewLink", previewOf(room, 1, article, true))
	bob.refused("forbidden", "previewLink", previewOf(room, 1, article, true))
	bob.refused("forbidden", "previewLink", previewOf(room, 1, article, false))
	ada.refused("not_found", "previewLink", previewOf(room, 1, article+"/other", true))
	ada.refused("not_found", "previewLink", previewOf(room, 1, "https://example.com", true)) // only its beginning
	ada.refused("not_found", "previewLink", previewOf(room, 2, article, true))
	ada.refused("bad_request", "previewLink", previewOf(room, 0, article, true))
	for _, url := range []string{"", "x", "ftp://example.com", "https://", "https://user:secret@example.com", "javascript:alert(1)", "https://a b", "https://a\u202eb"} {
		ada.refused("bad_request", "previewLink", previewOf(room, 1, url, true))
	}
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	ada.refused("not_found", "previewLink", previewOf(room, 1, article, true))
	ada.refused("not_found", "previewLink", previewOf(room, 1, article, false))
	ada.do("sendMessage", object{"roomId": room, "text": article, "tempId": "t2"})
	ada.do("leaveRoom", object{"roomId": room})
	ada.refused("forbidden", "previewLink", previewOf(room, 2, article, true))
	want(t, "fetched", w.asked.Load(), 0)
}

func TestALinkIsFoundInAText(t *testing.T) {
	for text, found := range map[string]bool{
		article:                                true,
		"(" + article + ")":                    true,
		"[here](" + article + ").":             true,
		"<" + article + ">":                    true,
		"see\n" + article + "\nand":            true,
		"**" + article + "**":                  true,
		article + ", or":                       true,
		article + "s and " + article:           true,
		"":                                     false,
		article + "s":                          false,
		article + ".html":                      false,
		article + "?q=1":                       false,
		article + "@evil.example":              false,
		"https://evil.example/?to=" + article:  false,
		"https://evil.example/" + article:      false,
		"x" + article:                          false,
		"http://example.com/article":           false,
		"https://example.com.evil.example/art": false,
	} {
		_, _, room, ada, _ := newLinkFixture(t, "x "+text)
		answer := ada.ask("previewLink", previewOf(room, 1, article, true))
		want(t, text, answer["ok"], found)
	}
	_, _, room, ada, _ := newLinkFixture(t, "www.example.com/x")
	ada.do("previewLink", previewOf(room, 1, "https://www.example.com/x", true))
	ada.do("previewLink", previewOf(room, 1, "http://www.example.com/x", true))
	ada.refused("not_found", "previewLink", previewOf(room, 1, "https://www.example.com", true))
}

func TestAnEditTakesThePreviewOfALinkThatIsGone(t *testing.T) {
	_, _, room, ada, _ := newLinkFixture(t, article)
	ada.do("previewLink", previewOf(room, 1, article, true))
	edit := func(text string) any {
		return ada.do("editMessage", object{"roomId": room, "seq": 1, "text": text})["message"].(object)["linkPreview"]
	}
	want(t, "the link is still there", edit("Read "+article), shown)
	want(t, "another link", edit("Read "+article+"s"), nil)
	ada.do("editMessage", object{"roomId": room, "seq": 1, "text": article})
	ada.do("previewLink", previewOf(room, 1, article, true))
	want(t, "deleted", ada.do("deleteMessage", object{"roomId": room, "seq": 1})["message"].(object)["linkPreview"], nil)
}

func TestAnEditWhileAPageIsFetchedWins(t *testing.T) {
	_, w, room, ada, _ := newLinkFixture(t, article)
	w.meanwhile = func() { ada.do("editMessage", object{"roomId": room, "seq": 1, "text": "no link"}) }
	ada.refused("not_found", "previewLink", previewOf(room, 1, article, true))
}

func TestAPageIsFetchedByOneAtATime(t *testing.T) {
	f, w, room, ada, _ := newLinkFixture(t, article)
	tablet := ada.another()
	w.meanwhile = func() {
		w.meanwhile = nil
		tablet.refused("rate_limited", "previewLink", previewOf(room, 1, article, true))
	}
	ada.do("previewLink", previewOf(room, 1, article, true))
	want(t, "fetched", w.asked.Load(), 1)
	want(t, "then", tablet.do("previewLink", previewOf(room, 1, article, true))["message"].(object)["linkPreview"], shown)
	f.advance(2 * time.Hour)
	ada.do("previewLink", previewOf(room, 1, article, false))
	w.fails = errors.New("the function has died")
	ada.refused("unavailable", "previewLink", previewOf(room, 1, article, true))
	ada.refused("rate_limited", "previewLink", previewOf(room, 1, article, true))
	f.advance(10 * time.Second)
	w.fails = chat.ErrBusy
	ada.refused("rate_limited", "previewLink", previewOf(room, 1, article, true))
	f.advance(10 * time.Second)
	w.fails = nil
	ada.do("previewLink", previewOf(room, 1, article, true))
}

func TestFetchingPagesIsPaidFor(t *testing.T) {
	w := &web{}
	f := newFixtureOf(t, chat.Options{Previewer: w, Budget: chat.Budget{Burst: 300, PerSecond: 1}})
	ada := f.enter("Ada")
	room := ada.create("channel")
	f.advance(time.Hour)
	var text strings.Builder
	for i := range 8 {
		fmt.Fprintf(&text, "%s%d ", article, i)
	}
	ada.do("sendMessage", object{"roomId": room, "text": text.String(), "tempId": "t"})
	f.advance(time.Hour)
	path, n := "/api/rooms/"+room+"/messages/1/link-preview", 0
	for i := range 8 {
		status, _ := f.request(http.MethodPut, path, ada.token, fmt.Sprintf(`{"url":"%s%d","on":true}`, article, i))
		if status == http.StatusOK {
			n++
		}
	}
	// Each counts 4 as a request, 32 as the operation, and then 40 for the page, of which 20 are paid.
	want(t, "fetched", []any{n, w.asked.Load()}, []any{5, 5})
}

func TestPreviewsThatAreOff(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.do("sendMessage", object{"roomId": room, "text": article, "tempId": "t"})
	ada.refused("not_found", "previewLink", previewOf(room, 1, article, true))
	ada.do("previewLink", previewOf(room, 1, article, false)) // one from before is taken away
	_, options := f.request(http.MethodGet, "/api/session", "", "")
	want(t, "the page learns it", options["linkPreviews"], nil)
	f = newFixtureOf(t, chat.Options{Previewer: &web{}})
	_, options = f.request(http.MethodGet, "/api/session", "", "")
	want(t, "the page learns it", options["linkPreviews"], true)
}

func TestPreviewsInAThread(t *testing.T) {
	_, _, room, ada, bob := newLinkFixture(t, "first")
	ada.do("sendMessage", object{"roomId": room, "text": article, "tempId": "reply", "threadOf": 1})
	request := previewOf(room, 1, article, true)
	request["threadOf"] = 1
	got := ada.do("previewLink", request)["message"].(object)
	want(t, "preview", got["linkPreview"], shown)
	want(t, "Bob hears", len(bob.heard("replyChanged")), 1)
}

func TestPreviewsByHTTP(t *testing.T) {
	f, _, room, ada, bob := newLinkFixture(t, article)
	path := "/api/rooms/" + room + "/messages/1/link-preview"
	status, body := f.request(http.MethodPut, path, ada.token, `{"url":"`+article+`","on":true}`)
	want(t, "answer", []any{status, body["message"].(object)["linkPreview"]}, []any{http.StatusOK, shown})
	status, body = f.request(http.MethodPut, path, ada.token, `{"url":"`+article+`","on":false}`)
	want(t, "taken away", []any{status, body["message"].(object)["linkPreview"]}, []any{http.StatusOK, nil})
	for request, code := range map[string]int{
		`{"url":"` + article + `"}`: http.StatusBadRequest, `{"on":true}`: http.StatusBadRequest, `{"url":1,"on":true}`: http.StatusBadRequest,
		`{"url":"` + article + `","on":true,"x":1}`: http.StatusBadRequest, `{"url":"https://other.example","on":true}`: http.StatusNotFound,
	} {
		status, _ = f.request(http.MethodPut, path, ada.token, request)
		want(t, request, status, code)
	}
	status, _ = f.request(http.MethodPut, path, bob.token, `{"url":"`+article+`","on":true}`)
	want(t, "another member", status, http.StatusForbidden)
	status, _ = f.request(http.MethodPut, path, f.enter("Eve").token, `{"url":"`+article+`","on":true}`)
	want(t, "a stranger", status, http.StatusForbidden)
}
