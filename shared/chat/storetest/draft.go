package storetest

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var draftTests = []test{
	{"a draft of a room is listed with the user's rooms", testDraft},
	{"of two drafts the one that was asked for later stays, whichever comes first", testLaterDraft},
	{"a draft of a thread is read with who follows it", testDraftInThread},
}

func draft(text string, at time.Time) chat.Draft { return chat.Draft{Text: text, SavedAt: chat.At(at)} }

// drafts returns a user's drafts in rooms.
func (s *Store) drafts(u chat.User) map[string]chat.Draft {
	s.t.Helper()
	return must(s.StandingWithDrafts(s.t.Context(), u.ID, Noon))(s.t).Drafts
}

func testDraft(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustCreate("q", chat.Group, Ada)
	Equal(t, "before", s.drafts(Ada), map[string]chat.Draft{})
	first, second := draft("one", Noon), draft("two\n", Noon.Add(time.Second))
	first.ReplyTo = 7
	Equal(t, "answer", must(s.SaveDraft(t.Context(), "r", Ada.ID, first))(t), first)
	must(s.SaveDraft(t.Context(), "q", Ada.ID, second))(t)
	Equal(t, "Ada's", s.drafts(Ada), map[string]chat.Draft{"r": first, "q": second})
	Equal(t, "Bob's", s.drafts(Bob), map[string]chat.Draft{})
	Equal(t, "a repetition", must(s.SaveDraft(t.Context(), "r", Ada.ID, first))(t), first)
	must(s.SaveDraft(t.Context(), "r", Ada.ID, second))(t)
	Equal(t, "the next", s.drafts(Ada), map[string]chat.Draft{"r": second, "q": second})

	with, without := must(s.StandingWithDrafts(t.Context(), Ada.ID, Noon))(t), must(s.StandingOf(t.Context(), Ada.ID, Noon))(t)
	with.Drafts = nil
	Equal(t, "the rest of how Ada stands", with, without)
}

func testLaterDraft(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	earlier, sent := draft("typed", Noon), draft("", Noon.Add(time.Millisecond))
	Equal(t, "sent", must(s.SaveDraft(t.Context(), "r", Ada.ID, sent))(t), sent)
	Equal(t, "the earlier one, late", must(s.SaveDraft(t.Context(), "r", Ada.ID, earlier))(t), sent)
	Equal(t, "list", s.drafts(Ada), map[string]chat.Draft{})
	next := draft("next", Noon.Add(time.Second))
	Equal(t, "a later one", must(s.SaveDraft(t.Context(), "r", Ada.ID, next))(t), next)
	Equal(t, "list after that", s.drafts(Ada), map[string]chat.Draft{"r": next})
}

func testDraftInThread(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustReply(s.MustSend("r", Ada, "t"), Ada, "u")
	d := draft("a reply", Noon)
	must(s.SaveDraft(t.Context(), inThread, Ada.ID, d))(t)
	for u, want := range map[chat.User]chat.Draft{Ada: d, Bob: {}} {
		follow, got, err := s.FollowOf(t.Context(), inThread, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		Equal(t, "draft of "+u.Name, got, want)
		Equal(t, u.Name+" follows", follow.On, u == Ada)
		Equal(t, "in the list of "+u.Name, s.drafts(u), map[string]chat.Draft{})
	}
}
