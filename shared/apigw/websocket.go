package apigw

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
)

type (
	wsRequest  = events.APIGatewayWebsocketProxyRequest
	wsResponse = events.APIGatewayProxyResponse
)

// errNoAfterResponse: the function runs without an Extension.
var errNoAfterResponse = errors.New("apigw: nothing runs work after the response: wrap the handler with an Extension")

// Connect handles $connect. It posts the OPEN frame after the response; see
// [AfterResponse].
func Connect(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[wsRequest, wsResponse](func(ctx context.Context, r wsRequest) (wsResponse, error) {
		open, err := srv.Accept(ctx, realtime.Upgrade{
			ConnectionID: r.RequestContext.ConnectionID,
			Headers:      r.Headers,
			Query:        r.QueryStringParameters,
			Address:      r.RequestContext.Identity.SourceIP,
			At:           requestTime(r),
		})
		var refusal *realtime.Refusal
		if errors.As(err, &refusal) {
			return wsResponse{StatusCode: refusal.Status, Body: refusal.Message}, nil
		}
		if err != nil {
			return wsResponse{}, err
		}
		if !AfterResponse(ctx, open) {
			return wsResponse{}, errNoAfterResponse
		}
		return wsResponse{StatusCode: http.StatusOK, Headers: subprotocol(r)}, nil
	})
}

// subprotocol accepts the first subprotocol that the client offers. A client that offers
// some fails the connection if none is accepted (RFC 6455, section 4.1).
func subprotocol(r wsRequest) map[string]string {
	const header = "Sec-WebSocket-Protocol"
	for name, offered := range r.Headers {
		if strings.EqualFold(name, header) {
			first, _, _ := strings.Cut(offered, ",")
			return map[string]string{header: strings.TrimSpace(first)}
		}
	}
	return nil
}

// Message handles $default. The route response carries the answer.
func Message(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[wsRequest, wsResponse](func(ctx context.Context, r wsRequest) (wsResponse, error) {
		reply := srv.Receive(ctx, realtime.Message{
			ConnectionID: r.RequestContext.ConnectionID,
			Body:         r.Body,
			At:           requestTime(r),
		})
		return wsResponse{StatusCode: http.StatusOK, Body: string(reply)}, nil
	})
}

// Disconnect handles $disconnect.
func Disconnect(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[wsRequest, wsResponse](func(ctx context.Context, r wsRequest) (wsResponse, error) {
		err := srv.Closed(ctx, r.RequestContext.ConnectionID, int(r.RequestContext.DisconnectStatusCode))
		return wsResponse{StatusCode: http.StatusOK}, err
	})
}

func requestTime(r wsRequest) time.Time { return time.UnixMilli(r.RequestContext.RequestTimeEpoch) }
