package gateway

import (
	"time"

	"golang.org/x/time/rate"
)

// mistake is a way to set up or use a client that cannot work on API Gateway. The client
// learns only the close code, because API Gateway chooses the reason; the log says what to
// set. Clients reconnect and try again for ever, so each mistake is logged once a minute.
type mistake struct {
	message string
	logged  rate.Sometimes
}

// mistakes are those that the frames of a client show.
type mistakes struct{ parser, binary, frame, message mistake }

func newMistakes() *mistakes {
	once := func(message string) mistake {
		return mistake{message: message, logged: rate.Sometimes{Interval: time.Minute}}
	}
	return &mistakes{
		parser: once("a client's first frame is binary, and API Gateway closes the connection with 1003: " +
			"remove the option parser of the client; custom parsers such as socket.io-msgpack-parser cannot work"),
		binary: once("a client sent a binary frame, and API Gateway closes the connection with 1003: " +
			"set forceBase64: true in the options of the client"),
		frame: once("a client sent a frame above 32 KB, and API Gateway closes the connection with 1009: " +
			"send at most 32 KB at once, and upload larger data by HTTP"),
		message: once("a client sent a message above 128 KB, and API Gateway closes the connection with 1009: " +
			"send at most 32 KB at once, and upload larger data by HTTP"),
	}
}

// warn logs a mistake of the connection's client.
func (c *connection) warn(m *mistake, attrs ...any) {
	m.logged.Do(func() {
		c.gateway.options.Log.Warn(m.message, append([]any{"connection", c.id}, attrs...)...)
	})
}
