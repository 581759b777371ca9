package engineio

// Codes of a RequestError, those of the reference server.
const (
	CodeUnknownTransport   = 0
	CodeUnknownSID         = 1
	CodeBadRequest         = 3
	CodeUnsupportedVersion = 5
)

// RequestError is why a request to connect is refused, with HTTP status 400. Its
// JSON form is the body that the reference server answers with.
type RequestError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (e *RequestError) Error() string { return e.Message }

// CheckRequest judges the query parameters of a request to open a WebSocket, in the
// order of the reference server: the transport must be websocket; there must be
// no sid, because one stands for an upgrade from another transport; and EIO, the
// protocol's version, must be 4. The error is a *RequestError.
func CheckRequest(query map[string]string) error {
	if query["transport"] != "websocket" {
		return &RequestError{CodeUnknownTransport, "Transport unknown"}
	}
	if sid, ok := query["sid"]; ok {
		if sid == "" {
			return &RequestError{CodeBadRequest, "Bad request"}
		}
		return &RequestError{CodeUnknownSID, "Session ID unknown"}
	}
	if query["EIO"] != "4" {
		return &RequestError{CodeUnsupportedVersion, "Unsupported protocol version"}
	}
	return nil
}
