package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/socketio"
)

// trace writes the request log: a line for each thing that happens on a connection.
func trace(w io.Writer) func(connectionID, what string) {
	var mu sync.Mutex
	return func(connectionID, what string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s  %-8.8s  %s\n", time.Now().Format("15:04:05.000"), connectionID, what)
	}
}

// describe says what a frame is without telling what it holds.
func describe(frame string) string {
	switch {
	case frame == "":
		return "empty"
	case frame == engineio.PingFrame:
		return "ping"
	case frame == engineio.NoopFrame:
		return "noop"
	case strings.HasPrefix(frame, `{"message"`):
		return "error"
	}
	switch engineio.PacketType(frame[0]) {
	case engineio.Open:
		return "OPEN"
	case engineio.Pong:
		return "pong"
	case engineio.Binary:
		return "attachment"
	case engineio.Message:
	default:
		return "unknown"
	}
	p, err := socketio.DecodeServer(frame[1:])
	if err != nil {
		return "malformed"
	}
	what := p.Type.String()
	if p.Type == socketio.Event {
		if name, _, err := p.Event(); err == nil {
			what = name
			if strings.ContainsFunc(name, unicode.IsControl) || len(name) > 40 {
				what = "event" // a name that would spoil the log
			}
		}
	}
	if p.Namespace != "/" {
		what += " " + p.Namespace
	}
	if p.HasID && p.Type == socketio.Event {
		what += " (ack)"
	}
	return what
}
