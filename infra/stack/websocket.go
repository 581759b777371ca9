package stack

import (
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// stageName is the path at which clients connect.
const stageName = "prod"

// webSocketAPI is the API that Socket.IO clients speak to.
type webSocketAPI struct {
	api   api.WebSocketApi
	stage api.WebSocketStage
}

func newWebSocketAPI(scope constructs.Construct) webSocketAPI {
	w := webSocketAPI{api: api.NewWebSocketApi(scope, jsii.String("WebSocket"), &api.WebSocketApiProps{
		Description: jsii.String("Confab: Socket.IO"),
		// No message matches: all go to $default, JSON or not.
		RouteSelectionExpression: jsii.String("$request.body.action"),
	})}
	w.stage = api.NewWebSocketStage(scope, jsii.String("WebSocketStage"), &api.WebSocketStageProps{
		WebSocketApi: w.api,
		StageName:    jsii.String(stageName),
		AutoDeploy:   jsii.Bool(true),
		Throttle:     &api.ThrottleSettings{RateLimit: jsii.Number(5000), BurstLimit: jsii.Number(2500)},
	})
	return w
}

// route sends connections and messages to their functions. Only $default has a route
// response: it carries acknowledgements, and API Gateway knows one for no other key.
func (w webSocketAPI) route(f functions) {
	add := func(key, function string, respond bool) {
		options := &api.WebSocketRouteOptions{
			Integration: awsapigatewayv2integrations.NewWebSocketLambdaIntegration(jsii.String(function), f.byName[function], nil),
		}
		if respond {
			options.ReturnResponse = jsii.Bool(true)
		}
		w.api.AddRoute(jsii.String(key), options)
	}
	add("$connect", names.Connect, false)
	add("$default", names.Message, true)
	add("$disconnect", names.Disconnect, false)
}
