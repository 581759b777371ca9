package main

import (
	"context"
	"strings"

	"github.com/confab-chat/confab/shared/confab"
)

// User is what a socket remembers once somebody has said their name.
type User struct {
	Username string `json:"username"`
}

// Message is what somebody says.
type Message struct {
	Username string `json:"username"`
	Message  string `json:"message"`
}

// Count says how many users there are, and who came or left.
type Count struct {
	Username string `json:"username,omitempty"`
	NumUsers int    `json:"numUsers"`
}

const (
	// users is the room of the sockets whose users have said their names.
	users = "users"
	// maxName and maxMessage bound what is shown to all, in bytes.
	maxName    = 40
	maxMessage = 2000
)

var errUnnamed = confab.Errorf("unnamed", "Say your name first.")

// Chat declares the application.
func Chat(app *confab.App) {
	c := &chat{app}
	confab.On(app, "add user", c.addUser)
	confab.On(app, "new message", c.say)
	confab.On(app, "typing", c.tell("typing"))
	confab.On(app, "stop typing", c.tell("stop typing"))
	app.OnDisconnect(c.leave)
	app.Page("web")
}

type chat struct{ app *confab.App }

// addUser gives a socket its user's name. Only the first one counts.
func (c *chat) addUser(ctx context.Context, s *confab.Socket, name string) (confab.None, error) {
	name = strings.TrimSpace(name)
	switch {
	case s.InRoom(users):
		return confab.None{}, nil
	case name == "", len(name) > maxName:
		return confab.None{}, confab.Errorf("bad_name", "A name has 1 to %d bytes.", maxName)
	}
	if err := s.SetData(ctx, User{name}); err != nil {
		return confab.None{}, err
	}
	if err := s.Join(ctx, users); err != nil {
		return confab.None{}, err
	}
	n, err := c.count(ctx)
	if err != nil {
		return confab.None{}, err
	}
	if err := s.Emit(ctx, "login", Count{NumUsers: n}); err != nil {
		return confab.None{}, err
	}
	return confab.None{}, s.Broadcast().Emit(ctx, "user joined", Count{name, n})
}

// count returns how many users there are. No variable could tell: each message may meet another machine.
func (c *chat) count(ctx context.Context) (int, error) {
	there, err := c.app.In(users).Audience(ctx)
	return there.Len(), err
}

// user returns who has said their name.
func user(s *confab.Socket) (u User, err error) {
	if err = s.Data(&u); err == nil && u.Username == "" {
		err = errUnnamed
	}
	return u, err
}

func (c *chat) say(ctx context.Context, s *confab.Socket, text string) (confab.None, error) {
	u, err := user(s)
	switch {
	case err != nil:
		return confab.None{}, err
	case text == "", len(text) > maxMessage:
		return confab.None{}, confab.Errorf("bad_message", "A message has 1 to %d bytes.", maxMessage)
	}
	return confab.None{}, s.Broadcast().Emit(ctx, "new message", Message{u.Username, text})
}

// tell returns what tells the others an event about a user that they may miss.
func (c *chat) tell(event string) func(context.Context, *confab.Socket, confab.None) (confab.None, error) {
	return func(ctx context.Context, s *confab.Socket, _ confab.None) (confab.None, error) {
		u, err := user(s)
		if err != nil {
			return confab.None{}, err
		}
		return confab.None{}, s.Broadcast().Volatile().Emit(ctx, event, u)
	}
}

// leave tells the others who has left. It may run twice.
func (c *chat) leave(ctx context.Context, s *confab.Socket, _ confab.Reason) error {
	var u User
	if err := s.Data(&u); err != nil || u.Username == "" {
		return err
	}
	n, err := c.count(ctx)
	if err != nil {
		return err
	}
	return s.Broadcast().Emit(ctx, "user left", Count{u.Username, n})
}
