// Package terminal shows what happens in the local cloud: a line for each frame, without its content, and
// the log.
package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/socketio"
)

// Trace writes the request log: one line for each event of a connection.
func Trace(w io.Writer) func(connectionID, what string) {
	var mu sync.Mutex
	return func(connectionID, what string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s  %-8.8s  %s\n", time.Now().Format("15:04:05.000"), connectionID, escape(what))
	}
}

// escape writes what a terminal might obey, or not show, as Go does in a string: clients
// choose paths and names.
func escape(text string) string {
	if !strings.ContainsFunc(text, unprintable) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if piece := text[:size]; unprintable(r) || r == utf8.RuneError && size == 1 {
			quoted := strconv.Quote(piece)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(piece)
		}
		text = text[size:]
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Describe names a frame for the log and leaves its content out.
func Describe(frame string) string {
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
			if len(event) > 40 || strings.ContainsFunc(event, unprintable) {
				name = "event" // its own name would spoil the log
			}
		}
	}
	if p.Namespace != "/" {
		name += " " + p.Namespace
	}
	switch {
	case p.HasID && p.Type == socketio.Event:
		name += " (ack)"
	case p.Type == socketio.Ack, p.Type == socketio.ConnectError:
		if code := errorCode(p); code != "" {
			name += " " + code
		}
	}
	return name
}

// errorCode returns the code in an error acknowledgement or a CONNECT_ERROR, or "". Only
// what looks like a code is one: the rest of such a packet is content.
func errorCode(p socketio.Packet) string {
	var data struct {
		Code  string
		Error struct{ Code string }
	}
	if p.Type == socketio.Ack {
		var args []json.RawMessage
		if json.Unmarshal(p.Payload, &args) != nil || len(args) != 1 || json.Unmarshal(args[0], &data) != nil {
			return ""
		}
	} else {
		var refusal struct{ Data json.RawMessage }
		if json.Unmarshal(p.Payload, &refusal) != nil || json.Unmarshal(refusal.Data, &data) != nil {
			return ""
		}
		data.Error.Code = data.Code
	}
	if !code.MatchString(data.Error.Code) {
		return ""
	}
	return data.Error.Code
}

var code = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)
