package apigw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
)

// Gateway is a realtime.Gateway on @connections. Its client bounds each call in time,
// because a post to a slow peer may hang, and does not retry: the engine does, and knows
// which packets are worth it.
type Gateway struct{ Client *awsapi.Client }

var _ realtime.Gateway = (*Gateway)(nil)

// Post implements realtime.Gateway with PostToConnection.
func (g *Gateway) Post(ctx context.Context, connectionID string, frame []byte) error {
	if err := g.call(ctx, http.MethodPost, connectionID, frame); err != nil {
		return fmt.Errorf("post to connection: %w", err)
	}
	return nil
}

// Close implements realtime.Gateway with DeleteConnection.
func (g *Gateway) Close(ctx context.Context, connectionID string) error {
	if err := g.call(ctx, http.MethodDelete, connectionID, nil); err != nil && !errors.Is(err, realtime.ErrGone) {
		return fmt.Errorf("delete connection: %w", err)
	}
	return nil
}

func (g *Gateway) call(ctx context.Context, method, connectionID string, frame []byte) error {
	return classify(g.Client.Call(ctx, method, "/@connections/"+awsapi.Escape(connectionID), nil, frame))
}

// classify wraps an error of @connections in the engine's error for it.
func classify(err error) error {
	var refused *awsapi.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		switch {
		case refused.Status == http.StatusGone:
			return realtime.ErrGone // and no more: the engine tells it from failures
		case refused.Status == http.StatusRequestEntityTooLarge:
			return errors.Join(realtime.ErrTooLarge, err)
		case refused.Temporary():
			return errors.Join(realtime.ErrBusy, err)
		}
		return err
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
