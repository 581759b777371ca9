package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var linkTests = []test{
	{"what is behind a link is known until it expires", testKnownLinks},
	{"of several who take a link, one gets it", testLinkAtOnce},
	{"a message keeps its preview", testPreviewOfAMessage},
}

const aLink = "https://example.com/a?b=c#d"

func preview() *chat.LinkPreview {
	return &chat.LinkPreview{URL: aLink, Host: "example.com", Site: "S", Title: "T", Description: "D"}
}

func testKnownLinks(t *testing.T, s *Store) {
	at := func(seconds int) time.Time { return Noon.Add(time.Duration(seconds) * time.Second) }
	take := func(what, roomID, url string, second int, want chat.KnownLink, taken bool) {
		t.Helper()
		known, got, err := s.TakeLink(t.Context(), roomID, url, at(second), at(second+10))
		if err != nil || got != taken {
			t.Errorf("%s: taken %v, %v", what, got, err)
		}
		Equal(t, what, known, want)
	}
	keep := func(found *chat.LinkPreview, second int) {
		t.Helper()
		if err := s.KeepLink(t.Context(), "r", aLink, found, at(second)); err != nil {
			t.Error(err)
		}
	}
	nothing, fetching := chat.KnownLink{}, chat.KnownLink{Fetching: true}
	take("first", "r", aLink, 0, nothing, true)
	take("meanwhile", "r", aLink, 9, fetching, false)
	take("in another room", "r2", aLink, 9, nothing, true)
	take("another link", "r", aLink+"e", 9, nothing, true)
	take("after who took it has died", "r", aLink, 10, nothing, true)
	keep(preview(), 60)
	take("known", "r", aLink, 59, chat.KnownLink{Preview: preview()}, false)
	take("expired", "r", aLink, 60, nothing, true)
	keep(nil, 100)
	take("nothing there", "r", aLink, 99, nothing, false)
	take("nothing, expired", "r", aLink, 100, nothing, true)
}

func testLinkAtOnce(t *testing.T, s *Store) {
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, mine, err := s.TakeLink(t.Context(), "r", aLink, Noon, Noon.Add(time.Second))
			if err != nil {
				t.Error(err)
			}
			if mine {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	Equal(t, "taken", taken.Load(), 1)
}

func testPreviewOfAMessage(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	m := s.MustSend("r", Ada, "t")
	shown := revised(m, 1)
	shown.LinkPreview = preview()
	s.MustRevise(shown, m)
	Equal(t, "message", must(s.Messages(t.Context(), "r", []int64{m.Seq}))(t), []chat.Message{shown})
}
