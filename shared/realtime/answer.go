package realtime

import (
	"context"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/socketio"
)

// noop is the route response to a message that needs none. An empty response would be an
// empty frame, which is a parse error to the client.
var noop = []byte(engineio.NoopFrame)

var errAnswerTooLarge = Errorf(CodeTooLarge, "The answer is larger than a message may be.")

// acknowledge sends an acknowledgement: as the route response or, if it has attachments, as
// posts, because the route response is a single frame.
func (e *engine) acknowledge(ctx context.Context, id string, p socketio.Packet, frames [][]byte) []byte {
	if checkSize(frames) != nil {
		e.log.WarnContext(ctx, "an answer is larger than a message may be: send it in parts",
			"event", p.EventName(), "bytes", totalSize(frames), "at most", maxFrame)
		return e.refuse(ctx, id, p, errAnswerTooLarge)
	}
	if len(frames) == 1 {
		return frames[0]
	}
	e.log.failure(ctx, "post acknowledgement", id, e.poster.post(ctx, id, frames, patient))
	return noop
}

// refuse returns the error acknowledgement of an event that asks for one, otherwise noop.
func (e *engine) refuse(ctx context.Context, id string, p socketio.Packet, because *Error) []byte {
	isEvent := p.Type == socketio.Event || p.Type == socketio.BinaryEvent
	if !isEvent || !p.HasID {
		return noop
	}
	ack, err := socketio.NewAck(p.Namespace, p.ID, failure{Error: because})
	if err != nil {
		e.log.failure(ctx, "encode acknowledgement", id, err)
		return noop
	}
	return ack.Frames()[0]
}

// connectError returns a CONNECT_ERROR.
func connectError(namespace string, payload any) []byte {
	p, err := socketio.NewConnectError(namespace, payload)
	if err != nil { // a middleware's data that has no JSON form
		p, _ = socketio.NewConnectError(namespace, map[string]string{"message": "refused"})
	}
	return p.Frames()[0]
}

// connectErrorPayload returns the payload of the CONNECT_ERROR for an error.
func connectErrorPayload(e *Error) map[string]any {
	payload := map[string]any{"message": e.Message}
	switch {
	case e.Data != nil:
		payload["data"] = e.Data
	case e.Code != "":
		data := map[string]any{"code": e.Code}
		if e.RetryAfter > 0 {
			data["retryAfter"] = e.RetryAfter
		}
		payload["data"] = data
	}
	return payload
}
