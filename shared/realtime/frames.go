package realtime

import (
	"slices"

	"github.com/confab-chat/confab/shared/socketio"
)

// maxFrame is the size limit of a frame to a client (API Gateway: 128 KB a message).
const maxFrame = 128 << 10

// framesOf returns a packet's frames, or ErrTooLarge.
func framesOf(p socketio.Packet) ([][]byte, error) {
	frames := p.Frames()
	return frames, checkSize(frames)
}

func checkSize(frames [][]byte) error {
	if slices.ContainsFunc(frames, func(f []byte) bool { return len(f) > maxFrame }) {
		return ErrTooLarge
	}
	return nil
}

func totalSize(frames [][]byte) (sum int) {
	for _, f := range frames {
		sum += len(f)
	}
	return sum
}
