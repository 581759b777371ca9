package confabtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
	"github.com/confab-chat/confab/shared/wait"
)

// What follows, up to the next comment like this, is in docs/migrate.md.

// Player is the data of a socket.
type Player struct{ Name, Room string }

// Question is what a room was asked last. All are in one partition, so that the schedule finds them.
type Question struct {
	List   string `json:"list"`
	Room   string `json:"room"`
	Text   string `json:"text"`
	Winner string `json:"winner"`
	Due    int64  `json:"due"` // in milliseconds since 1970
}

type buzzer struct {
	app       *confab.App
	questions *confab.Table[Question]
	thinking  time.Duration
}

func Buzzer(app *confab.App) {
	thinking, err := time.ParseDuration(app.Variable("THINKING", "20s"))
	if err != nil {
		panic("THINKING must be a duration such as 20s: " + err.Error())
	}
	b := &buzzer{app, confab.NewTable[Question](app, "questions", confab.Key{Partition: "list", Sort: "room"}), thinking}
	app.Use(b.authenticate)
	confab.On(app, "join", b.join)
	confab.On(app, "ask", b.ask)
	confab.On(app, "buzz", b.buzz)
	app.OnDisconnect(b.leave)
	app.HTTP("GET /games/{room}", b.show)
	app.Every("overdue", time.Minute, b.closeOverdue)
}

func (b *buzzer) authenticate(ctx context.Context, s *confab.Socket) error {
	var auth struct{ Name string }
	if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Name == "" {
		return confab.Errorf("unauthorized", "Who are you?")
	}
	return s.SetData(ctx, Player{Name: auth.Name})
}

func (b *buzzer) join(ctx context.Context, s *confab.Socket, room string) ([]string, error) {
	var me Player
	if err := s.Data(&me); err != nil {
		return nil, err
	}
	me.Room = room
	if err := errors.Join(s.SetData(ctx, me), s.Join(ctx, room), s.To(room).Emit(ctx, "joined", me.Name)); err != nil {
		return nil, err
	}
	sockets, err := b.app.In(room).FetchSockets(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, other := range sockets {
		var player Player
		if err := other.Data(&player); err != nil {
			return nil, err
		}
		names = append(names, player.Name)
	}
	return names, nil
}

func (b *buzzer) ask(ctx context.Context, s *confab.Socket, text string) (none confab.None, err error) {
	var me Player
	if err := s.Data(&me); err != nil {
		return none, err
	}
	due := b.app.Now().Add(b.thinking).UnixMilli()
	if err := b.questions.Put(ctx, Question{"all", me.Room, text, "", due}); err != nil {
		return none, err
	}
	if err := b.app.To(me.Room).Emit(ctx, "question", text); err != nil {
		return none, err
	}
	if err := wait.Sleep(ctx, b.thinking); err != nil {
		return none, err
	}
	return none, b.close(ctx, me.Room, due)
}

func (b *buzzer) buzz(ctx context.Context, s *confab.Socket, _ confab.None) (first bool, err error) {
	var me Player
	if err := s.Data(&me); err != nil {
		return false, err
	}
	_, err = b.questions.Update(ctx, func(q *Question) error {
		first = q.Text != "" && q.Winner == ""
		if first {
			q.Text, q.Winner = "", me.Name
		}
		return nil
	}, "all", me.Room)
	if errors.Is(err, confab.ErrNotFound) {
		return false, nil // nothing was asked
	}
	if err != nil || !first {
		return false, err
	}
	return true, b.app.To(me.Room).Emit(ctx, "over", me.Name)
}

// close ends a question once, unless somebody has answered it or asked another one.
func (b *buzzer) close(ctx context.Context, room string, due int64) error {
	ended := false
	_, err := b.questions.Update(ctx, func(q *Question) error {
		ended = q.Text != "" && q.Due == due
		if ended {
			q.Text = ""
		}
		return nil
	}, "all", room)
	if err != nil || !ended {
		return err
	}
	return b.app.To(room).Emit(ctx, "over", nil)
}

// closeOverdue ends questions whose function died while it waited.
func (b *buzzer) closeOverdue(ctx context.Context) error {
	for q, err := range b.questions.Query(ctx, "all") {
		if err != nil {
			return err
		}
		if q.Text != "" && q.Due < b.app.Now().UnixMilli() {
			if err := b.close(ctx, q.Room, q.Due); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *buzzer) leave(ctx context.Context, s *confab.Socket, _ confab.Reason) error {
	var me Player
	if err := s.Data(&me); err != nil || me.Room == "" {
		return err
	}
	return b.app.To(me.Room).Emit(ctx, "left", me.Name)
}

func (b *buzzer) show(w http.ResponseWriter, r *http.Request) {
	q, err := b.questions.Get(r.Context(), "all", r.PathValue("room"))
	if err != nil && !errors.Is(err, confab.ErrNotFound) {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"question": q.Text, "winner": q.Winner})
}

// What is above is in docs/migrate.md.

func TestTheGuideShowsCodeThatRuns(t *testing.T) {
	code, err := os.ReadFile("buzzer_test.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/migrate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code1, _ := strings.Cut(string(code), "is in docs/migrate.md.\n\n")
	shown, _, found := strings.Cut(code1, "// What is above")
	if !found || !strings.Contains(string(guide), strings.TrimSpace(shown)) {
		t.Error("docs/migrate.md shows another code than this file's")
	}
}

func TestTheFirstToBuzzWins(t *testing.T) {
	t.Parallel()
	app := confabtest.New(t, Buzzer, confabtest.Variables{"THINKING": "0s"})
	if _, err := app.Dial("/", nil); realtimetest.Code(err) != "unauthorized" {
		t.Errorf("a player without a name gets %v", err)
	}
	ada, bob := app.Connect("/", map[string]string{"name": "Ada"}), app.Connect("/", map[string]string{"name": "Bob"})
	var players []string
	for _, client := range []*realtimetest.Client{ada, bob} {
		if err := client.EmitWithAck("join", &players, "x"); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Sort(players); !slices.Equal(players, []string{"Ada", "Bob"}) {
		t.Errorf("the players are %v", players)
	}
	ada.Expect("joined", "Bob")

	ada.Emit("ask", "1 + 1?")
	for _, client := range []*realtimetest.Client{ada, bob} {
		client.Expect("question", "1 + 1?")
		client.Expect("over", nil)
	}

	bob.On("question", func(realtime.Args) any {
		for _, client := range []*realtimetest.Client{bob, ada} {
			var first bool
			if err := client.EmitWithAck("buzz", &first); err != nil || first != (client == bob) {
				t.Errorf("first: %v, %v", first, err)
			}
		}
		return nil
	})
	ada.Emit("ask", "2 + 2?")
	ada.Expect("over", "Bob")
	if w := app.Request(http.MethodGet, "/games/x", nil); strings.TrimSpace(w.Body.String()) != `{"question":"","winner":"Bob"}` {
		t.Errorf("the game is %s", w.Body)
	}
	bob.Disconnect()
	ada.Expect("left", "Bob")
}

func TestAQuestionIsClosedOnceByWhoeverFindsItOverdue(t *testing.T) {
	t.Parallel()
	app := confabtest.New(t, Buzzer, confabtest.Variables{"THINKING": "0s"})
	ada := app.Connect("/", map[string]string{"name": "Ada"})
	if err := ada.EmitWithAck("join", nil, "x"); err != nil {
		t.Fatal(err)
	}
	ada.On("question", func(realtime.Args) any {
		app.Clock.Advance(time.Second)
		if err := app.Run("overdue"); err != nil {
			t.Error(err)
		}
		return nil
	})
	ada.Emit("ask", "1 + 1?")
	ada.Expect("over", nil)
	ada.ExpectNone()
}
