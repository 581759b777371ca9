package realtime

import (
	"context"

	"github.com/confab-chat/confab/shared/socketio"
)

// prepare returns the delivery of a packet for rooms, without its members. With recovery on, a
// packet that is not volatile gets an offset and is in the logs of the rooms when prepare
// returns.
func (e *engine) prepare(ctx context.Context, p socketio.Packet, volatile bool, rooms, except []string) (Delivery, error) {
	if e.recovery == nil || volatile {
		frames, err := framesOf(p)
		return Delivery{Frames: frames, Namespace: p.Namespace, Volatile: volatile}, err
	}
	return e.recovery.logPacket(ctx, p, rooms, except)
}
