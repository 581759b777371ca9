package realtime

import "github.com/confab-chat/confab/shared/realtime/store"

// Reason is why a socket ended, in the reference server's words.
type Reason = store.Reason

// The reasons. TransportClose stands for every end of the connection whose cause is
// unknown.
const (
	TransportClose            Reason = "transport close"
	TransportError            Reason = "transport error"
	ForcedClose               Reason = "forced close"
	PingTimeout               Reason = "ping timeout"
	ParseError                Reason = "parse error"
	ForcedServerClose         Reason = "forced server close"
	ClientNamespaceDisconnect Reason = "client namespace disconnect"
	ServerNamespaceDisconnect Reason = "server namespace disconnect"
)

// reasonOf maps the status with which API Gateway says that a connection ended
// (RFC 6455, section 7.4) to the reference's reason.
func reasonOf(code int) Reason {
	switch code {
	case 1002, 1003, 1007, 1009:
		return ParseError
	case 1006, 1011:
		return TransportError
	default:
		return TransportClose
	}
}
