// Package boot makes a function from its environment, once per cold start: the clients, the
// store and the engine. Functions with an application are in package application, so that
// connect, which has none, does not link it: a larger binary starts more slowly.
package boot

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Connect is the function of $connect. It has no application: middlewares decide about a
// client when it connects to a namespace, which is a message.
func Connect(e Environment) (lambda.Handler, error) {
	srv, err := e.Engine()
	if err != nil {
		return nil, err
	}
	return apigw.Connect(srv), nil
}

// Option sets options of the engine that only some functions have.
type Option func(*realtime.Options) error

// Engine returns a server without an application.
func (e Environment) Engine(options ...Option) (*realtime.Server, error) {
	o, err := e.settings()
	if err != nil {
		return nil, err
	}
	table, err := e.Required(names.EnvRealtimeTable)
	if err != nil {
		return nil, err
	}
	client, err := e.management()
	if err != nil {
		return nil, err
	}
	o.Store = realtimestore.New(realtimestore.Options{Client: e.DynamoDB(), Table: table})
	o.Gateway = &apigw.Gateway{Client: client}
	for _, set := range options {
		if set == nil {
			continue
		}
		if err := set(&o); err != nil {
			return nil, err
		}
	}
	return realtime.NewServer(e.withMetrics(o)), nil
}
