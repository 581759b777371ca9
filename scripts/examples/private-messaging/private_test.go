package main

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// person is a user with a tab.
type person struct {
	*realtimetest.Client
	Session
	users []User
}

// enter opens a tab, as a new user or with a session.
func enter(app *confabtest.Server, auth Auth) *person {
	p := &person{Client: app.Connect("/", auth)}
	p.Expect("session", &p.Session)
	p.Expect("users", &p.users)
	return p
}

// write sends a message.
func (p *person) write(t *testing.T, to *person, content string) Message {
	t.Helper()
	if err := p.EmitWithAck("private message", nil, map[string]string{"content": content, "to": to.UserID, "from": "somebody else"}); err != nil {
		t.Fatal(err)
	}
	return Message{content, p.UserID, to.UserID}
}

func TestUsersHearWhoConnectsAndWhoHasNoTabAnyMore(t *testing.T) {
	app := confabtest.New(t, PrivateMessaging)
	ada := enter(app, Auth{Username: "Ada"})
	bob := enter(app, Auth{Username: "Bob"})
	ada.Expect("user connected", User{bob.UserID, "Bob", true, []Message{}})
	tab := enter(app, Auth{SessionID: bob.SessionID})
	if tab.Session != bob.Session {
		t.Errorf("Bob's other tab is of %v, not %v", tab.Session, bob.Session)
	}
	ada.Expect("user connected")
	bob.Cut()
	ada.ExpectNone()
	tab.Disconnect()
	ada.Expect("user disconnected", bob.UserID)
	ada.ExpectNone()
}

func TestAMessageReachesItsUserAndTheOtherTabsOfItsSenderAlone(t *testing.T) {
	app := confabtest.New(t, PrivateMessaging)
	ada, bob, eve := enter(app, Auth{Username: "Ada"}), enter(app, Auth{Username: "Bob"}), enter(app, Auth{Username: "Eve"})
	tab := enter(app, Auth{SessionID: ada.SessionID})
	for _, p := range []*person{ada, bob, eve} {
		p.Received() // who has come
	}
	m := ada.write(t, bob, "Tea?")
	bob.Expect("private message", m)
	tab.Expect("private message", m)
	for _, p := range []*person{ada, bob, eve, tab} {
		p.ExpectNone()
	}
}

func TestWhoComesBackFindsTheirMessagesInOrder(t *testing.T) {
	app := confabtest.New(t, PrivateMessaging)
	ada, bob, eve := enter(app, Auth{Username: "Ada"}), enter(app, Auth{Username: "Bob"}), enter(app, Auth{Username: "Eve"})
	written := []Message{ada.write(t, bob, "Tea?"), bob.write(t, ada, "At five."), ada.write(t, bob, "Fine.")}
	eve.Disconnect()
	ada.Cut()
	ada = enter(app, Auth{SessionID: ada.SessionID})
	want := map[string]User{
		ada.UserID: {ada.UserID, "Ada", true, []Message{}},
		bob.UserID: {bob.UserID, "Bob", true, written},
		eve.UserID: {eve.UserID, "Eve", false, []Message{}},
	}
	got := map[string]User{}
	for _, u := range ada.users {
		got[u.UserID] = u
	}
	if !reflect.DeepEqual(got, want) || len(ada.users) != len(want) {
		t.Errorf("got %v, want %v", ada.users, want)
	}
}

func TestAClientGetsTheLastMessagesAlone(t *testing.T) {
	app := confabtest.New(t, PrivateMessaging)
	ada, bob := enter(app, Auth{Username: "Ada"}), enter(app, Auth{Username: "Bob"})
	const written = 20
	for i := range written {
		ada.write(t, bob, strconv.Itoa(i)+strings.Repeat("\x00", maxContent-4)) // which JSON writes with six bytes each
	}
	var found []Message
	for _, u := range enter(app, Auth{SessionID: bob.SessionID}).users {
		found = append(found, u.Messages...)
	}
	if n := len(found); n != history/(6*maxContent) || !strings.HasPrefix(found[n-1].Content, strconv.Itoa(written-1)+"\x00") {
		t.Errorf("found %d messages", n)
	}
}

func TestWhatIsNoUserOrNoMessageIsRefused(t *testing.T) {
	app := confabtest.New(t, PrivateMessaging)
	for _, auth := range []Auth{{}, {SessionID: "guessed"}, {Username: strings.Repeat("x", maxName+1)}} {
		// The official client looks for this text.
		if _, err := app.Dial("/", auth); err == nil || !strings.Contains(err.Error(), "invalid username") {
			t.Errorf("%+v: %v", auth, err)
		}
	}
	ada := enter(app, Auth{Username: "Ada"})
	for _, m := range []Message{{Content: "to nobody"}, {To: ada.UserID}, {To: ada.UserID, Content: strings.Repeat("x", maxContent+1)}} {
		if err := ada.EmitWithAck("private message", nil, m); realtimetest.Code(err) != "bad_message" {
			t.Errorf("%v", err)
		}
	}
	ada.ExpectNone()
}
