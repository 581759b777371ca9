package main

import (
	"testing"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// join connects a player to the room "den".
func join(t *testing.T, app *confabtest.Server, player string) *realtimetest.Client {
	t.Helper()
	client := app.Connect("/", nil)
	if err := client.EmitWithAck("join", nil, Seat{"den", player}); err != nil {
		t.Fatal(err)
	}
	return client
}

// begin lets a player begin a round, which others in the room hear, too.
func begin(t *testing.T, player *realtimetest.Client, others ...*realtimetest.Client) View {
	t.Helper()
	if err := player.EmitWithAck("begin", nil); err != nil {
		t.Fatal(err)
	}
	var round View
	for _, client := range append(others, player) {
		client.Expect("round", &round)
	}
	return round
}

// find guesses as long as it takes: the half of what is left each time. It returns the number and the guesses.
func find(t *testing.T, player *realtimetest.Client) (number, guesses int) {
	t.Helper()
	for low, high := 1, highest; low <= high; {
		number = (low + high) / 2
		guesses++
		var hint Hint
		if err := player.EmitWithAck("guess", &hint, number); err != nil {
			t.Fatal(err)
		}
		switch hint {
		case Right:
			return number, guesses
		case Higher:
			low = number + 1
		case Lower:
			high = number - 1
		}
	}
	t.Fatal("no number was right")
	return 0, 0
}

func TestWhoGuessesTheNumberWinsTheRound(t *testing.T) {
	app := confabtest.New(t, Game)
	ada, bob := join(t, app, "Ada"), join(t, app, "Bob")
	ada.Expect("joined", View{Scores: []Score{{"Ada", 0}, {"Bob", 0}}})
	if round := begin(t, ada, bob); round.Round != 1 || round.Left <= 0 || round.Left > roundTime.Milliseconds() {
		t.Errorf("the round is %+v", round)
	}
	number, guesses := find(t, bob)
	var last Guess
	for range guesses {
		ada.Expect("guessed", &last)
	}
	if want := (Guess{"Bob", number, Right}); last != want {
		t.Errorf("the last guess was %v, not %v", last, want)
	}
	ada.Expect("over", Over{number, "Bob", View{Round: 1, Scores: []Score{{"Bob", 1}, {"Ada", 0}}}})
	ada.ExpectNone()
	if err := ada.EmitWithAck("guess", nil, number); realtimetest.Code(err) != "no_round" {
		t.Errorf("a guess after the end: %v", err)
	}
}

// TestARoundEndsOnceWhenItsTimeIsOver tries each who may notice it first. All others change nothing more.
func TestARoundEndsOnceWhenItsTimeIsOver(t *testing.T) {
	notice := map[string]func(*confabtest.Server, *realtimetest.Client) error{
		"a player whose countdown is at zero": func(_ *confabtest.Server, p *realtimetest.Client) error { return p.EmitWithAck("time is up", nil) },
		"the schedule":                        func(app *confabtest.Server, _ *realtimetest.Client) error { return app.Run("rounds") },
		"a player who guesses too late": func(_ *confabtest.Server, p *realtimetest.Client) error {
			if err := p.EmitWithAck("guess", nil, 1); realtimetest.Code(err) != "no_round" {
				return err
			}
			return nil
		},
	}
	for first, notices := range notice {
		t.Run(first, func(t *testing.T) {
			app := confabtest.New(t, Game)
			ada, bob := join(t, app, "Ada"), join(t, app, "Bob")
			ada.Expect("joined")
			round := begin(t, ada, bob)
			if err := bob.EmitWithAck("time is up", nil); err != nil { // its clock is fast
				t.Fatal(err)
			}
			if err := app.Run("rounds"); err != nil {
				t.Fatal(err)
			}
			ada.ExpectNone()
			app.Clock.Advance(roundTime)
			if err := notices(app, bob); err != nil {
				t.Fatal(err)
			}
			for _, again := range notice {
				if err := again(app, ada); err != nil {
					t.Fatal(err)
				}
			}
			for _, player := range []*realtimetest.Client{ada, bob} {
				var over Over
				player.Expect("over", &over)
				if over.Number < 1 || over.Number > highest || over.Winner != "" || over.Round != round.Round || over.Left != 0 {
					t.Errorf("it ended as %+v", over)
				}
				player.ExpectNone()
			}
		})
	}
}

func TestTheNextRoundBeginsAfterTheEndOfTheOneBeforeAlone(t *testing.T) {
	app := confabtest.New(t, Game)
	ada := join(t, app, "Ada")
	begin(t, ada)
	if err := ada.EmitWithAck("begin", nil); realtimetest.Code(err) != "going_on" {
		t.Errorf("a second round: %v", err)
	}
	app.Clock.Advance(roundTime)
	if round := begin(t, ada); round.Round != 2 {
		t.Errorf("it is round %d", round.Round)
	}
	ada.Expect("over")
	ada.ExpectNone()
}

func TestAPlayerHearsOfOneRoomAlone(t *testing.T) {
	app := confabtest.New(t, Game)
	ada, bob := join(t, app, "Ada"), join(t, app, "Bob")
	ada.Expect("joined")
	if err := bob.EmitWithAck("join", nil, Seat{"attic", "Bob"}); err != nil {
		t.Fatal(err)
	}
	begin(t, ada)
	bob.ExpectNone()
	for event, arg := range map[string]any{"begin": nil, "guess": 7, "time is up": nil} {
		if err := app.Connect("/", nil).EmitWithAck(event, nil, arg); realtimetest.Code(err) != "no_room" {
			t.Errorf("%s without a room: %v", event, err)
		}
	}
	if err := ada.EmitWithAck("join", nil, Seat{"", "Ada"}); realtimetest.Code(err) != "bad_name" {
		t.Errorf("a room without a name: %v", err)
	}
}
