// Package apigw connects the engine to Amazon API Gateway and AWS Lambda. It makes Lambda
// handlers of a realtime.Server: for the events of a WebSocket API ([Connect], [Message],
// [Disconnect]), of a schedule ([Sweep]) and of asynchronous invocations ([Fanout]).
// [Gateway] implements realtime.Gateway on @connections, and [Handover] implements
// realtime.Handover on a queue of Amazon SQS. [HTTP] makes a Lambda handler of an
// http.Handler.
//
// API Gateway's events are documented under "Integration request and response" in the
// API Gateway developer guide, WebSocket APIs.
package apigw
