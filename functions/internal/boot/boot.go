// Package boot wires a function from its environment, once per cold start: clients,
// stores, the engine, and the chat. Each function links only what it uses.
package boot

import (
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/admin"
	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Connect is the function of $connect. It has no application in it: whether a
// client may speak is decided by the middlewares when it connects to a namespace.
func Connect(e Environment) (lambda.Handler, error) {
	srv, err := e.engine()
	if err != nil {
		return nil, err
	}
	return apigw.Connect(srv), nil
}

// Message is the function of every message.
func Message(e Environment) (lambda.Handler, error) {
	srv, _, err := e.application(e.handover)
	if err != nil {
		return nil, err
	}
	return apigw.Message(srv), nil
}

// Disconnect is the function of $disconnect.
func Disconnect(e Environment) (lambda.Handler, error) {
	srv, _, err := e.application(e.handover)
	if err != nil {
		return nil, err
	}
	return apigw.Disconnect(srv), nil
}

// Fanout is the function that delivers large fan-outs. It does not hand over, so
// that no delivery can go in circles.
func Fanout(e Environment) (lambda.Handler, error) {
	srv, _, err := e.application(nil)
	if err != nil {
		return nil, err
	}
	return apigw.Fanout(srv), nil
}

// Sweep is the scheduled function.
func Sweep(e Environment) (lambda.Handler, error) {
	srv, _, err := e.application(e.handover)
	if err != nil {
		return nil, err
	}
	return apigw.Sweep(srv), nil
}

// API is the function of the HTTP API, which is the chat's.
func API(e Environment) (lambda.Handler, error) {
	if _, err := e.required(names.EnvChatTable); err != nil {
		return nil, err
	}
	_, room, err := e.application(e.handover)
	if err != nil {
		return nil, err
	}
	return apigw.HTTP(room.HTTP()), nil
}

// option sets what of the engine's options only some functions have.
type option func(*realtime.Options)

// engine returns a server without an application.
func (e Environment) engine(options ...option) (*realtime.Server, error) {
	o, err := e.settings()
	if err != nil {
		return nil, err
	}
	table, err := e.required(names.EnvRealtimeTable)
	if err != nil {
		return nil, err
	}
	client, err := e.management()
	if err != nil {
		return nil, err
	}
	o.Store = realtimestore.New(realtimestore.Options{Client: e.dynamoDB(), Table: table})
	o.Gateway = &apigw.Gateway{Client: client}
	for _, set := range options {
		if set != nil {
			set(&o)
		}
	}
	return realtime.NewServer(e.measured(o)), nil
}

// handover makes large fan-outs go to the fanout function, if there is one.
func (e Environment) handover(o *realtime.Options) {
	if function := e.Getenv(names.EnvFanoutFunction); function != "" {
		o.Handover = &apigw.Handover{Client: e.lambda(), Function: function}
	}
}

// application returns a server with the chat, if there is a table for it, and the
// application's own handlers.
func (e Environment) application(options ...option) (*realtime.Server, *chat.Chat, error) {
	srv, err := e.engine(options...)
	if err != nil {
		return nil, nil, err
	}
	var room *chat.Chat
	if table := e.Getenv(names.EnvChatTable); table != "" {
		if room, err = e.chat(srv, table); err != nil {
			return nil, nil, err
		}
		room.Register()
	}
	if e.App != nil {
		e.App(srv)
	}
	if who := e.Getenv(names.EnvAdmin); who != "" {
		o, err := admin.Parse(who)
		if err != nil {
			return nil, nil, fmt.Errorf("environment variable %s: %w", names.EnvAdmin, err)
		}
		admin.Register(srv, o)
	}
	return srv, room, nil
}

// chat returns the chat on a server, not registered yet.
func (e Environment) chat(srv *realtime.Server, table string) (*chat.Chat, error) {
	o := chat.Options{
		Store:  chatstore.New(chatstore.Options{Client: e.dynamoDB(), Table: table}),
		Server: srv,
		Log:    e.Log,
	}
	if err := e.identity(&o); err != nil {
		return nil, err
	}
	return chat.New(o), nil
}
