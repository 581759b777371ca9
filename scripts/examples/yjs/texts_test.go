package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// open opens the text "plan" with what a client knows, and returns the updates that it gets, sorted.
func open(t *testing.T, client *realtimetest.Client, known Clocks) (got []string) {
	t.Helper()
	var count int
	if err := client.EmitWithAck("open", &count, Request{"plan", known}); err != nil {
		t.Fatal(err)
	}
	for len(got) < count {
		var updates [][]byte
		client.Expect("updates", &updates)
		for _, u := range updates {
			got = append(got, string(u))
		}
	}
	client.ExpectNone()
	slices.Sort(got)
	return got
}

// write sends an update.
func write(t *testing.T, client *realtimetest.Client, id, data string, clocks Clocks) {
	t.Helper()
	if err := client.EmitWithAck("update", nil, Update{"plan", id, clocks, confab.Binary(data)}); err != nil {
		t.Fatal(err)
	}
}

func TestAnUpdateReachesAllWhoHaveTheTextOpenAsBinaryDataAndStays(t *testing.T) {
	app := confabtest.New(t, Texts)
	ada, bob, eve := app.Connect("/", nil), app.Connect("/", nil), app.Connect("/", nil)
	open(t, ada, nil)
	open(t, bob, nil)
	if err := eve.EmitWithAck("open", nil, Request{Text: "other"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // as if the answer had been lost
		write(t, ada, "1", "\x00\xffone", Clocks{"7": 3})
		bob.Expect("update", confab.Binary("\x00\xffone"))
	}
	if got := open(t, app.Connect("/", nil), nil); !slices.Equal(got, []string{"\x00\xffone"}) {
		t.Errorf("it has %q", got)
	}
	ada.ExpectNone()
	eve.ExpectNone()
}

func TestAClientGetsWhatItDoesNotKnow(t *testing.T) {
	app := confabtest.New(t, Texts)
	ada := app.Connect("/", nil)
	write(t, ada, "1", "one", Clocks{"7": 3})
	write(t, ada, "2", "two", Clocks{"7": 5})
	write(t, ada, "3", "three", Clocks{"7": 6, "8": 2})
	write(t, ada, "4", "deletes", nil)
	for _, c := range []struct {
		known Clocks
		want  []string
	}{
		{nil, []string{"deletes", "one", "three", "two"}},
		{Clocks{"7": 3}, []string{"deletes", "three", "two"}},
		{Clocks{"7": 4, "8": 9}, []string{"deletes", "three", "two"}},
		{Clocks{"7": 6}, []string{"deletes", "three"}},
		{Clocks{"7": 6, "8": 2}, []string{"deletes"}},
	} {
		if got := open(t, app.Connect("/", nil), c.known); !slices.Equal(got, c.want) {
			t.Errorf("who knows %v gets %q, not %q", c.known, got, c.want)
		}
	}
}

func TestALongTextComesInParts(t *testing.T) {
	app := confabtest.New(t, Texts)
	ada := app.Connect("/", nil)
	const updates = 3 * batch / maxUpdate
	for i := range updates {
		write(t, ada, fmt.Sprint(i), string(bytes.Repeat([]byte{byte(i)}, maxUpdate)), Clocks{"7": int64(i + 1)})
	}
	if got := open(t, app.Connect("/", nil), nil); len(got) != updates {
		t.Errorf("it has %d updates, not %d", len(got), updates)
	}
}

func TestWhatIsNoUpdateIsRefused(t *testing.T) {
	app := confabtest.New(t, Texts)
	ada, bob := app.Connect("/", nil), app.Connect("/", nil)
	open(t, bob, nil)
	many := Clocks{}
	for i := range maxClocks + 1 {
		many[fmt.Sprint(i)] = 1
	}
	data := confab.Binary("one")
	for code, updates := range map[string][]Update{
		"bad_text":   {{"Plan!", "1", nil, data}},
		"bad_update": {{"plan", "", nil, data}, {"plan", "1", nil, nil}, {"plan", "1", nil, make(confab.Binary, maxUpdate+1)}, {"plan", "1", many, data}},
	} {
		for _, u := range updates {
			if err := ada.EmitWithAck("update", nil, u); realtimetest.Code(err) != code {
				t.Errorf("%v, not %s", err, code)
			}
		}
	}
	if err := ada.EmitWithAck("open", nil, Request{Text: "Plan!"}); realtimetest.Code(err) != "bad_text" {
		t.Error(err)
	}
	bob.ExpectNone()
}
