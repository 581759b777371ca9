package realtime

import (
	"context"

	"github.com/confab-chat/confab/shared/socketio"
)

// prepare returns the frames of a packet for rooms. With recovery on, a packet that is not
// volatile gets an offset and is in the logs of the rooms when prepare returns.
func (e *engine) prepare(ctx context.Context, p socketio.Packet, volatile bool, rooms, except []string) ([][]byte, error) {
	if e.recovery == nil || volatile {
		return framesOf(p)
	}
	return e.recovery.logPacket(ctx, p, rooms, except)
}
