package storetest

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var reactionTests = []test{
	{"a reaction is there once, however often it is stored", testReactions},
	{"those who reacted are listed in pages, and whether one is among them", testReactedWith},
	{"reactions are noted until they are forgotten", testReactionNotes},
}

// reacted is a reaction to the first message of room "r".
func reacted(emoji string, u chat.User) chat.Reacted {
	return chat.Reacted{Log: "r", Seq: 1, Emoji: emoji, User: u}
}

func (s *Store) mustReact(r chat.Reacted, on bool) {
	s.t.Helper()
	if err := s.React(s.t.Context(), r, on, Noon); err != nil {
		s.t.Fatal(err)
	}
}

func testReactions(t *testing.T, s *Store) {
	other := reacted("👍", Ada)
	other.Seq = 11
	for _, r := range []chat.Reacted{reacted("👍", Bob), reacted("👍", Bob), reacted("#️⃣", Ada), reacted("👍", Ada), other} {
		s.mustReact(r, true)
	}
	s.mustReact(reacted("🎉", Ada), false)
	Equal(t, "all", must(s.Reactions(t.Context(), "r", 1))(t), []chat.Reacted{reacted("#️⃣", Ada), reacted("👍", Ada), reacted("👍", Bob)})
	s.mustReact(reacted("👍", Bob), false)
	Equal(t, "less one", must(s.Reactions(t.Context(), "r", 1))(t), []chat.Reacted{reacted("#️⃣", Ada), reacted("👍", Ada)})
	for range 2 {
		if err := s.ForgetReactions(t.Context(), "r", 1); err != nil {
			t.Fatal(err)
		}
	}
	Equal(t, "none", len(must(s.Reactions(t.Context(), "r", 1))(t)), 0)
	Equal(t, "of another message", must(s.Reactions(t.Context(), "r", 11))(t), []chat.Reacted{other})
}

func testReactedWith(t *testing.T, s *Store) {
	for _, r := range []chat.Reacted{reacted("👍", Bob), reacted("👍🏽", Ada), reacted("👍", chat.User{ID: "u_bo", Name: "Bo"})} {
		s.mustReact(r, true)
	}
	bo := chat.User{ID: "u_bo", Name: "Bo"}
	for _, c := range []struct {
		asks  chat.User
		after string
		limit int
		users []chat.User
		mine  bool
	}{{Ada, "", 9, []chat.User{bo, Bob}, false}, {Bob, "", 1, []chat.User{bo}, true}, {Bob, "u_bo", 9, []chat.User{Bob}, true}, {Ada, "u_bob", 9, nil, false}} {
		users, mine, err := s.ReactedWith(t.Context(), reacted("👍", c.asks), c.after, c.limit)
		Equal(t, "users after "+c.after, must(users, err)(t), c.users)
		Equal(t, "mine", mine, c.mine)
	}
}

func testReactionNotes(t *testing.T, s *Store) {
	s.mustReact(reacted("👍", Ada), true)
	s.mustReact(reacted("👍", Bob), false)
	notes := []chat.ReactionNote{{Log: "r", Seq: 1, UserID: Ada.ID, At: Noon}, {Log: "r", Seq: 1, UserID: Bob.ID, At: Noon}}
	Equal(t, "before", len(must(s.ReactionNotes(t.Context(), Noon.Add(-time.Second), 9))(t)), 0)
	Equal(t, "after", must(s.ReactionNotes(t.Context(), Noon.Add(time.Second), 9))(t), notes)
	Equal(t, "one", must(s.ReactionNotes(t.Context(), Noon.Add(time.Second), 1))(t), notes[:1])
	if err := s.ForgetReactionNotes(t.Context(), notes[:1]); err != nil {
		t.Fatal(err)
	}
	Equal(t, "left", must(s.ReactionNotes(t.Context(), Noon.Add(time.Second), 9))(t), notes[1:])
}
