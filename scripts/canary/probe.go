package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// finding is what a probe has seen.
type finding struct {
	// empty: API Gateway sends an empty route response as an empty frame.
	empty bool
	// noops: the functions answer with a noop where they have nothing to say.
	noops bool
}

// running is what the functions assume of API Gateway.
func (f finding) running() mode.RouteResponse {
	if f.noops {
		return mode.EveryRouteResponse
	}
	return mode.FilledRouteResponse
}

// possible is what they may assume.
func (f finding) possible() mode.RouteResponse {
	if f.empty {
		return mode.EveryRouteResponse
	}
	return mode.FilledRouteResponse
}

const (
	// times is how often each frame is sent: one answer might be lost.
	times = 3
	// nowhere is a namespace that does not exist. The refusal shows that messages are answered.
	nowhere = "/canary"
)

// probe opens a connection and sends frames that have no answer of their own: pongs, which the
// functions answer as they are set, and noops, which they always answer with an empty route
// response. A frame that has not come within the patience after everything else will not come.
func probe(ctx context.Context, address string, patience time.Duration) (f finding, err error) {
	conn, _, err := websocket.Dial(ctx, strings.TrimSuffix(address, "/")+"/?EIO=4&transport=websocket", nil)
	if err != nil {
		return f, err
	}
	defer conn.CloseNow()
	if _, open, err := conn.Read(ctx); err != nil || !strings.HasPrefix(string(open), "0{") {
		return f, fmt.Errorf("the first frame is %q, %w", open, err)
	}
	frames := make(chan string, 1000)
	go func() {
		defer close(frames)
		for {
			_, frame, err := conn.Read(ctx)
			if err != nil {
				return
			}
			frames <- string(frame)
		}
	}()
	for range times {
		for _, frame := range []string{"3", engineio.NoopFrame, "40" + nowhere + ","} {
			if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
				return f, err
			}
		}
	}
	return listen(frames, patience)
}

// listen sorts the frames that answer a probe.
func listen(frames <-chan string, patience time.Duration) (f finding, err error) {
	refusals := 0
	var last <-chan time.Time
	for {
		select {
		case frame, open := <-frames:
			switch {
			case !open:
				return f, errors.New("the connection was closed")
			case frame == "":
				f.empty = true
			case frame == engineio.NoopFrame:
				f.noops = true
			case strings.HasPrefix(frame, "44"+nowhere):
				if refusals++; refusals == times {
					last = time.After(patience)
				}
			default:
				return f, fmt.Errorf("an answer is %q", frame)
			}
		case <-last:
			return f, nil
		}
	}
}
