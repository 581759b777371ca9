package gateway

import "github.com/gobwas/ws"

// ending is why a connection ended, with the code and reason of $disconnect.
type ending struct {
	code   int
	reason string
	// silent: no close frame can be sent.
	silent bool
	// refused: the client broke a rule, and may still be sending.
	refused bool
}

// Endings by API Gateway, and that of a broken connection.
var (
	goingAway = ending{code: 1001, reason: "Going away"}
	deleted   = ending{code: 1000, reason: "Connection Closed Normally"}
	tooLarge  = ending{code: 1009, reason: "Message too big", refused: true}
	notText   = ending{code: 1003, reason: "Unsupported data", refused: true}
	violation = ending{code: 1002, reason: "Protocol error", refused: true}
	notUTF8   = ending{code: 1007, reason: "Invalid frame payload data", refused: true}
	abnormal  = ending{code: 1006, reason: "Connection closed abnormally", silent: true}
)

// lastCloseCode is the last that applications may use (RFC 6455, section 7.4.2).
const lastCloseCode = 4999

// parseClose returns the ending for a client's close frame.
func parseClose(payload []byte) ending {
	if len(payload) == 0 {
		return ending{code: 1005, reason: "Client-side close frame status not set"}
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if ws.CheckCloseFrameData(code, reason) != nil || code > lastCloseCode {
		return violation
	}
	return ending{code: int(code), reason: reason}
}

// frame returns the close frame of an ending. It echoes the client's own status (RFC 6455,
// section 5.5.1).
func (e ending) frame() []byte {
	var body []byte
	if e.code != 1005 {
		body = ws.NewCloseFrameBody(ws.StatusCode(e.code), e.reason)
	}
	return ws.MustCompileFrame(ws.NewCloseFrame(body))
}
