package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/confab-chat/confab/shared/confab"
)

// Session lets a browser come back as the same user. Its id is the user's secret.
type Session struct {
	SessionID string `json:"sessionID"`
	UserID    string `json:"userID"`
}

// Account is a session as it is kept, in one partition with all others, for a list of the users.
type Account struct {
	Partition string `json:"partition"`
	Session
	Username string `json:"username"`
}

// accounts is the partition of them.
const accounts = "all"

// Message is what one user writes to another.
type Message struct {
	Content string `json:"content"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// Kept is a message in the table, once for each of the two users.
type Kept struct {
	UserID string `json:"userID"`
	// At orders messages by when they were written.
	At string `json:"at"`
	Message
}

// User is one in the list of a client.
type User struct {
	UserID    string    `json:"userID"`
	Username  string    `json:"username"`
	Connected bool      `json:"connected"`
	Messages  []Message `json:"messages"`
}

// Auth is what a client connects with: its session's id, or the name of a new user.
type Auth struct {
	SessionID string `json:"sessionID"`
	Username  string `json:"username"`
}

const (
	maxName    = 40
	maxContent = 1000
	// history is how many bytes of messages a client gets, of the 128 KB that an event may have.
	history = 64 << 10
)

// PrivateMessaging declares the application.
func PrivateMessaging(app *confab.App) {
	p := &private{
		app: app,
		accounts: confab.NewTable[Account](app, "accounts", confab.Key{Partition: "partition", Sort: "sessionID"},
			confab.Use(confab.InEvents), confab.Only("GetItem", "PutItem", "Query")),
		messages: confab.NewTable[Kept](app, "messages", confab.Key{Partition: "userID", Sort: "at"},
			confab.Use(confab.InEvents), confab.Only("PutItem", "Query")),
	}
	app.Use(p.admit)
	app.OnConnection(p.welcome)
	confab.On(app, "private message", p.send)
	app.OnDisconnect(p.leave)
	app.Page("web")
}

type private struct {
	app      *confab.App
	accounts *confab.Table[Account]
	messages *confab.Table[Kept]
}

// admit finds the account of a client's session, or makes one.
func (p *private) admit(ctx context.Context, s *confab.Socket) error {
	var auth Auth
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	account, err := Account{}, confab.ErrNotFound
	if auth.SessionID != "" {
		account, err = p.accounts.Get(ctx, accounts, auth.SessionID)
	}
	if errors.Is(err, confab.ErrNotFound) {
		if auth.Username == "" || len(auth.Username) > maxName {
			return confab.Errorf("invalid_username", "invalid username")
		}
		account = Account{accounts, Session{SessionID: rand.Text(), UserID: rand.Text()}, auth.Username}
		err = p.accounts.Put(ctx, account)
	}
	if err != nil {
		return err
	}
	return errors.Join(s.SetData(ctx, account), s.Join(ctx, account.UserID))
}

// welcome tells a client who it is and who else there is, and the others that it has come.
func (p *private) welcome(ctx context.Context, s *confab.Socket) error {
	me, err := accountOf(s)
	if err != nil {
		return err
	}
	if err := s.Emit(ctx, "session", me.Session); err != nil {
		return err
	}
	users, err := p.usersFor(ctx, me.UserID)
	if err != nil {
		return err
	}
	if err := s.Emit(ctx, "users", users); err != nil {
		return err
	}
	return s.Broadcast().Emit(ctx, "user connected", User{me.UserID, me.Username, true, []Message{}})
}

func accountOf(s *confab.Socket) (a Account, err error) { return a, s.Data(&a) }

// usersFor lists all users, each with what was written between them and one user.
func (p *private) usersFor(ctx context.Context, userID string) (users []User, err error) {
	messages, err := p.historyOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	connected, err := p.connected(ctx)
	if err != nil {
		return nil, err
	}
	for a, err := range p.accounts.Query(ctx, accounts) {
		if err != nil {
			return nil, err
		}
		users = append(users, User{a.UserID, a.Username, connected[a.UserID], append([]Message{}, messages[a.UserID]...)})
	}
	return users, nil
}

// historyOf returns the last messages of a user by whom they were exchanged with, oldest first.
func (p *private) historyOf(ctx context.Context, userID string) (map[string][]Message, error) {
	var last []Message
	size := 0
	for kept, err := range p.messages.QueryBackward(ctx, userID) {
		if err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(kept.Message)
		if err != nil {
			return nil, err
		}
		if size += len(encoded); size > history {
			break
		}
		last = append(last, kept.Message)
	}
	by := map[string][]Message{}
	for _, m := range slices.Backward(last) {
		other := m.From
		if other == userID {
			other = m.To
		}
		by[other] = append(by[other], m)
	}
	return by, nil
}

// connected returns who has a socket. That is asked and not written down, so it is right even after a function
// died that was about to write it.
func (p *private) connected(ctx context.Context) (map[string]bool, error) {
	sockets, err := p.app.FetchSockets(ctx)
	if err != nil {
		return nil, err
	}
	who := map[string]bool{}
	for _, s := range sockets {
		var a Account
		if err := s.Data(&a); err != nil {
			return nil, err
		}
		who[a.UserID] = true
	}
	return who, nil
}

// send keeps a message for both users, and shows it to the one and in the other tabs of the other.
func (p *private) send(ctx context.Context, s *confab.Socket, in Message) (confab.None, error) {
	me, err := accountOf(s)
	switch {
	case err != nil:
		return confab.None{}, err
	case in.To == "", in.Content == "", len(in.Content) > maxContent:
		return confab.None{}, confab.Errorf("bad_message", "A message has a receiver, and 1 to %d bytes.", maxContent)
	}
	in.From = me.UserID
	at := fmt.Sprintf("%s %s", p.app.Now().UTC().Format("2006-01-02T15:04:05.000"), rand.Text())
	for _, user := range []string{in.From, in.To} {
		if err := p.messages.Put(ctx, Kept{user, at, in}); err != nil {
			return confab.None{}, err
		}
	}
	return confab.None{}, s.To(in.To, in.From).Emit(ctx, "private message", in)
}

// leave tells the others that a user has left, unless another tab of theirs is open.
func (p *private) leave(ctx context.Context, s *confab.Socket, _ confab.Reason) error {
	me, err := accountOf(s)
	if err != nil {
		return err
	}
	tabs, err := p.app.In(me.UserID).Audience(ctx)
	if err != nil || tabs.Len() > 0 {
		return err
	}
	return s.Broadcast().Emit(ctx, "user disconnected", me.UserID)
}
