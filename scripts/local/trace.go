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

// trace writes the request log: one line for each event of a connection.
func trace(w io.Writer) func(connectionID, what string) {
	var mu sync.Mutex
	return func(connectionID, what string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s  %-8.8s  %s\n", time.Now().Format("15:04:05.000"), connectionID, what)
	}
}

// describe names a frame for the log and leaves its content out.
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
		return describePacket(frame[1:])
	default:
		return "unknown"
	}
}

// describePacket names a Socket.IO packet.
func describePacket(text string) string {
	p, err := socketio.DecodeServer(text)
	if err != nil {
		return "malformed"
	}
	name := p.Type.String()
	if p.Type == socketio.Event {
		if event, _, err := p.Event(); err == nil {
			name = event
			if len(event) > 40 || strings.ContainsFunc(event, unicode.IsControl) {
				name = "event" // its own name would spoil the log
			}
		}
	}
	if p.Namespace != "/" {
		name += " " + p.Namespace
	}
	if p.HasID && p.Type == socketio.Event {
		name += " (ack)"
	}
	return name
}
