package realtime

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// neverJoined reports whether a connection has had no socket yet. Anyone can open such a
// connection, without a token.
func neverJoined(c store.Connection) bool { return len(c.Sockets) == 0 && c.LeftAt.IsZero() }

var errUnjoined = errors.New("too many messages before the first socket")

// closeUnjoined closes a connection that has had no socket. Nothing has to be ended at once,
// so that is left to $disconnect, or to the sweep: each frame that the client has already sent
// would write for it.
func (e *engine) closeUnjoined(ctx context.Context, id string, err error) []byte {
	e.log.WarnContext(ctx, "connection closed for a protocol violation", "connection", id, "error", err)
	e.log.failure(ctx, "close", id, e.options.Gateway.Close(ctx, id))
	return noop
}
