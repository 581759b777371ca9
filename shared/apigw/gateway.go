package apigw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/confab-chat/confab/shared/realtime"
)

// ManagementClient is what of *apigatewaymanagementapi.Client is called.
type ManagementClient interface {
	PostToConnection(context.Context, *management.PostToConnectionInput, ...func(*management.Options)) (*management.PostToConnectionOutput, error)
	DeleteConnection(context.Context, *management.DeleteConnectionInput, ...func(*management.Options)) (*management.DeleteConnectionOutput, error)
}

var _ ManagementClient = (*management.Client)(nil)

// Gateway is a realtime.Gateway on @connections. Its client should not retry by
// itself: the engine does, and knows which packets are worth it.
type Gateway struct {
	Client ManagementClient
	// Timeout bounds each call, because a post to a slow peer may hang: 3 s.
	Timeout time.Duration
}

var _ realtime.Gateway = (*Gateway)(nil)

// Post implements realtime.Gateway with PostToConnection.
func (g *Gateway) Post(ctx context.Context, connectionID string, frame []byte) error {
	ctx, cancel := g.bound(ctx)
	defer cancel()
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
	ctx, cancel := g.bound(ctx)
	defer cancel()
	_, err := g.Client.DeleteConnection(ctx, &management.DeleteConnectionInput{ConnectionId: aws.String(connectionID)})
	if err = classify(err); err != nil && !errors.Is(err, realtime.ErrGone) {
		return fmt.Errorf("delete connection: %w", err)
	}
	return nil
}

func (g *Gateway) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := g.Timeout
	if timeout == 0 {
		timeout = 3 * time.Second
	}
	return context.WithTimeout(ctx, timeout)
}

// classify says what a failure of @connections means.
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
	// After a freeze kept connections are often broken, and what is written to one that the
	// gateway has closed was not heard. Only silence is ambiguous.
	var network net.Error
	var dial *net.OpError
	if errors.As(err, &network) && network.Timeout() && !(errors.As(err, &dial) && dial.Op == "dial") {
		return errors.Join(realtime.ErrUnanswered, err)
	}
	return errors.Join(realtime.ErrBusy, err)
}
