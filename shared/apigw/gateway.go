package apigw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/confab-chat/confab/shared/realtime"
)

// ManagementClient has the methods of *apigatewaymanagementapi.Client that Gateway calls.
type ManagementClient interface {
	PostToConnection(context.Context, *management.PostToConnectionInput, ...func(*management.Options)) (*management.PostToConnectionOutput, error)
	DeleteConnection(context.Context, *management.DeleteConnectionInput, ...func(*management.Options)) (*management.DeleteConnectionOutput, error)
}

var _ ManagementClient = (*management.Client)(nil)

// Gateway is a realtime.Gateway on @connections. Its client bounds each call in time,
// because a post to a slow peer may hang, and does not retry: the engine does, and knows
// which packets are worth it.
type Gateway struct{ Client ManagementClient }

var _ realtime.Gateway = (*Gateway)(nil)

// Post implements realtime.Gateway with PostToConnection.
func (g *Gateway) Post(ctx context.Context, connectionID string, frame []byte) error {
	_, err := g.Client.PostToConnection(ctx, &management.PostToConnectionInput{
		ConnectionId: aws.String(connectionID),
		Data:         frame,
	})
	if err != nil {
		return fmt.Errorf("post to connection: %w", classify(err))
	}
	return nil
}

// Close implements realtime.Gateway with DeleteConnection.
func (g *Gateway) Close(ctx context.Context, connectionID string) error {
	_, err := g.Client.DeleteConnection(ctx, &management.DeleteConnectionInput{ConnectionId: aws.String(connectionID)})
	if err = classify(err); err != nil && !errors.Is(err, realtime.ErrGone) {
		return fmt.Errorf("delete connection: %w", err)
	}
	return nil
}

// classify wraps an error of @connections in the engine's error for it.
func classify(err error) error {
	var (
		gone     *types.GoneException
		tooLarge *types.PayloadTooLargeException
		response *smithyhttp.ResponseError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &gone):
		return errors.Join(realtime.ErrGone, err)
	case errors.As(err, &tooLarge):
		return errors.Join(realtime.ErrTooLarge, err)
	case errors.As(err, &response):
		switch status := response.HTTPStatusCode(); {
		case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
			return errors.Join(realtime.ErrBusy, err)
		case status != 0:
			return err
		}
	}
	// Connections that were kept during a freeze are often broken. API Gateway did not get
	// what was written to one that it had closed. Only a time-out is ambiguous.
	var network net.Error
	var dial *net.OpError
	if errors.As(err, &network) && network.Timeout() && !(errors.As(err, &dial) && dial.Op == "dial") {
		return errors.Join(realtime.ErrUnanswered, err)
	}
	return errors.Join(realtime.ErrBusy, err)
}
