// Package apigw joins the engine to Amazon API Gateway and AWS Lambda: it turns the
// events of a WebSocket API into calls of a realtime.Server ([Connect], [Message],
// [Disconnect]), those of a schedule and of asynchronous invocations likewise
// ([Sweep], [Fanout]), and an HTTP API's into an http.Handler ([HTTP]); it
// implements realtime.Gateway on @connections and realtime.Handover on Lambda.
//
// API Gateway's events are documented under "Integration request and response" in
// the API Gateway developer guide, WebSocket APIs.
package apigw
