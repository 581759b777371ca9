// Package application wires the functions that run an application: the chat, the handlers
// of package functions/app, and the admin view.
package application

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/admin"
	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Message makes the function that handles every message.
func Message(e boot.Environment) (lambda.Handler, error) {
	srv, c, err := build(e, withSignIn, boot.LargeFanouts(e))
	if err != nil {
		return nil, err
	}
	if open := srv.OpenNamespaces(); c != nil && len(open) > 0 {
		e.Log.Warn("clients need no token for these namespaces; add namespace.Use(srv.Authenticate) to ask for the chat's",
			"namespaces", open)
	}
	return apigw.Message(srv), nil
}

// Disconnect makes the function of $disconnect.
func Disconnect(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, withoutSignIn, boot.LargeFanouts(e))
	if err != nil {
		return nil, err
	}
	return apigw.Disconnect(srv), nil
}

// Fanout makes the function that delivers large fan-outs.
func Fanout(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, withoutSignIn, boot.LargeFanouts(e))
	if err != nil {
		return nil, err
	}
	return apigw.Fanout(srv), nil
}

// Sweep makes the scheduled function.
func Sweep(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, withoutSignIn, boot.LargeFanouts(e), boot.LargeSweeps(e))
	if err != nil {
		return nil, err
	}
	return apigw.Sweep(srv), nil
}

// API makes the function of the chat's HTTP API.
func API(e boot.Environment) (lambda.Handler, error) {
	if _, err := e.Required(names.EnvChatTable); err != nil {
		return nil, err
	}
	_, c, err := build(e, withSignIn, boot.LargeFanouts(e))
	if err != nil {
		return nil, err
	}
	return apigw.HTTP(c.HTTP()), nil
}

// signIn says whether people sign in through a function. Only such a function needs the
// settings of sign-in.
type signIn bool

const (
	withSignIn    signIn = true
	withoutSignIn signIn = false
)

// build returns a server with the application's own handlers, and with the chat if there
// is a table for it.
func build(e boot.Environment, s signIn, options ...boot.Option) (*realtime.Server, *chat.Chat, error) {
	srv, err := e.Engine(options...)
	if err != nil {
		return nil, nil, err
	}
	var c *chat.Chat
	if table := e.Getenv(names.EnvChatTable); table != "" {
		if c, err = newChat(e, srv, table, s); err != nil {
			return nil, nil, err
		}
		c.Register()
	}
	if e.App != nil {
		e.App(srv)
	}
	if account := e.Getenv(names.EnvAdmin); account != "" {
		o, err := admin.Parse(account)
		if err != nil {
			return nil, nil, fmt.Errorf("environment variable %s: %w", names.EnvAdmin, err)
		}
		if o.Log = e.Log; s == withSignIn {
			secret, err := e.Required(names.EnvAdminSecret)
			if err != nil {
				return nil, nil, err
			}
			o.Secret = []byte(secret)
		}
		admin.Register(srv, o)
	}
	return srv, c, nil
}

// setPresence reads who is told of people's presence, and when.
func setPresence(e boot.Environment, o *chat.Options) error {
	text := e.Getenv(names.EnvPresence)
	if err := o.Presence.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("environment variable %s=%q %w", names.EnvPresence, text, err)
	}
	if text = e.Getenv(names.EnvPresenceGrace); text == "" {
		return nil
	}
	grace, err := time.ParseDuration(text)
	if err != nil || grace < 0 {
		return fmt.Errorf("environment variable %s=%q must be a duration such as 20s", names.EnvPresenceGrace, text)
	}
	if o.PresenceGrace = grace; grace == 0 {
		o.PresenceGrace = -1 // none, while zero is the default
	}
	return nil
}

// newChat returns a chat whose handlers are not registered yet.
func newChat(e boot.Environment, srv *realtime.Server, table string, s signIn) (*chat.Chat, error) {
	o := chat.Options{
		Store:    chatstore.New(chatstore.Options{Client: e.DynamoDB(), Table: table}),
		Verifier: auth.Issuers{}, // without an issuer, it refuses every token
		Server:   srv,
		Log:      e.Log,
	}
	if err := setLimits(e, &o); err != nil {
		return nil, err
	}
	if err := setPresence(e, &o); err != nil {
		return nil, err
	}
	if s == withSignIn {
		if err := errors.Join(setIdentity(e, &o), setFiles(e, &o), setPreviewer(e, &o)); err != nil {
			return nil, err
		}
	}
	return chat.New(o), nil
}
