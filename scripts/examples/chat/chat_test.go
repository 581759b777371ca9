package main

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// enter connects a client, and says its name.
func enter(app *confabtest.Server, name string, users int) *realtimetest.Client {
	client := app.Connect("/", nil)
	client.Emit("add user", name)
	client.Expect("login", Count{NumUsers: users})
	return client
}

func TestUsersHearWhoComesAndLeaves(t *testing.T) {
	app := confabtest.New(t, Chat)
	ada := enter(app, "Ada", 1)
	nobody := app.Connect("/", nil)
	bob := enter(app, "Bob", 2)
	ada.Expect("user joined", Count{"Bob", 2})
	nobody.Expect("user joined", Count{"Bob", 2})
	bob.Emit("add user", "Bobby")
	nobody.Disconnect()
	bob.Cut()
	ada.Expect("user left", Count{"Bob", 1})
	ada.ExpectNone()
}

func TestTheOthersHearWhatSomebodySaysAndTypes(t *testing.T) {
	app := confabtest.New(t, Chat)
	ada, bob := enter(app, "Ada", 1), enter(app, " Bob ", 2)
	ada.Expect("user joined")
	bob.Emit("typing")
	bob.Emit("new message", "Hello")
	bob.Emit("stop typing")
	ada.Expect("typing", User{"Bob"})
	ada.Expect("new message", Message{"Bob", "Hello"})
	ada.Expect("stop typing", User{"Bob"})
	ada.ExpectNone()
	bob.ExpectNone()
}

func TestNobodySpeaksWithoutANameOrTooMuch(t *testing.T) {
	app := confabtest.New(t, Chat)
	ada, nobody := enter(app, "Ada", 1), app.Connect("/", nil)
	for _, c := range []struct {
		client *realtimetest.Client
		event  string
		args   []any
		code   string
	}{
		{nobody, "new message", []any{"Hello"}, "unnamed"},
		{nobody, "typing", nil, "unnamed"},
		{nobody, "stop typing", nil, "unnamed"},
		{nobody, "add user", []any{" "}, "bad_name"},
		{nobody, "add user", []any{strings.Repeat("x", maxName+1)}, "bad_name"},
		{ada, "new message", []any{""}, "bad_message"},
		{ada, "new message", []any{strings.Repeat("x", maxMessage+1)}, "bad_message"},
	} {
		if err := c.client.EmitWithAck(c.event, nil, c.args...); realtimetest.Code(err) != c.code {
			t.Errorf("%s: %v, not %s", c.event, err, c.code)
		}
	}
	ada.ExpectNone()
	nobody.ExpectNone()
}
