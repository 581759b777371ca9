// Package application wires the functions that have an application in them: the chat,
// that of package functions/app, and the admin view.
package application

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/confab-chat/confab/functions/internal/boot"
	"github.com/confab-chat/confab/shared/admin"
	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/apigw/handover"
	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Message is the function of every message.
func Message(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, largeFanouts(e), letsIn)
	if err != nil {
		return nil, err
	}
	return apigw.Message(srv), nil
}

// Disconnect is the function of $disconnect.
func Disconnect(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, largeFanouts(e), nobody)
	if err != nil {
		return nil, err
	}
	return apigw.Disconnect(srv), nil
}

// Fanout is the function that delivers large fan-outs. It does not hand over, so
// that no delivery can go in circles.
func Fanout(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, nil, nobody)
	if err != nil {
		return nil, err
	}
	return apigw.Fanout(srv), nil
}

// Sweep is the scheduled function.
func Sweep(e boot.Environment) (lambda.Handler, error) {
	srv, _, err := build(e, largeFanouts(e), nobody)
	if err != nil {
		return nil, err
	}
	return apigw.Sweep(srv), nil
}

// API is the function of the HTTP API, which is the chat's.
func API(e boot.Environment) (lambda.Handler, error) {
	if _, err := e.Required(names.EnvChatTable); err != nil {
		return nil, err
	}
	_, room, err := build(e, largeFanouts(e), letsIn)
	if err != nil {
		return nil, err
	}
	return apigw.HTTP(room.HTTP()), nil
}

// largeFanouts makes large fan-outs go to the fanout function, if there is one.
func largeFanouts(e boot.Environment) boot.Option {
	return func(o *realtime.Options) {
		function := e.Getenv(names.EnvFanoutFunction)
		if function == "" {
			return
		}
		o.Handover = &handover.Lambda{Function: function, Client: awslambda.New(awslambda.Options{
			Region:       e.Getenv("AWS_REGION"),
			Credentials:  e.Credentials(),
			BaseEndpoint: e.Endpoint("LAMBDA"),
			HTTPClient:   boot.HTTPClient(),
		})}
	}
}

// admission says whom a function lets into the chat: it needs to know how people sign in
// only for that.
type admission bool

const (
	letsIn admission = true
	nobody admission = false
)

// build returns a server with the chat, if there is a table for it, and the
// application's own handlers.
func build(e boot.Environment, option boot.Option, who admission) (*realtime.Server, *chat.Chat, error) {
	srv, err := e.Engine(option)
	if err != nil {
		return nil, nil, err
	}
	var room *chat.Chat
	if table := e.Getenv(names.EnvChatTable); table != "" {
		if room, err = newChat(e, srv, table, who); err != nil {
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

// newChat returns the chat on a server, not registered yet.
func newChat(e boot.Environment, srv *realtime.Server, table string, who admission) (*chat.Chat, error) {
	o := chat.Options{
		Store:    chatstore.New(chatstore.Options{Client: e.DynamoDB(), Table: table}),
		Verifier: auth.Issuers{}, // which knows nobody
		Server:   srv,
		Log:      e.Log,
	}
	if text := e.Getenv(names.EnvMaxSockets); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("environment variable %s: %q is not a number of one or more", names.EnvMaxSockets, text)
		}
		o.MaxSockets = n
	}
	if who == letsIn {
		if err := identity(e, &o); err != nil {
			return nil, err
		}
	}
	return chat.New(o), nil
}
