package gateway

import (
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Quotas of WebSocket APIs (API Gateway developer guide, "Quotas").
const (
	MaxFrame   = 32 << 10
	MaxMessage = 128 << 10
)

// readFrames reads frames and handles messages until the connection ends.
func (c *connection) readFrames() ending {
	var message []byte
	state := ws.StateServerSide
	for {
		header, err := ws.ReadHeader(c.reader)
		if err != nil {
			return abnormal
		}
		if err := ws.CheckHeader(header, state); err != nil {
			return violation
		}
		// A frame that is too large is refused by its header: its payload may never come.
		switch wrong := c.gateway.mistakes; {
		case header.OpCode == ws.OpBinary && c.spoken:
			c.warn(&wrong.binary)
			return notText
		case header.OpCode == ws.OpBinary:
			c.warn(&wrong.parser)
			return notText
		case header.Length > MaxFrame:
			c.warn(&wrong.frame, "bytes", header.Length)
			return tooLarge
		case len(message)+int(header.Length) > MaxMessage:
			c.warn(&wrong.message)
			return tooLarge
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(c.reader, payload); err != nil {
			return abnormal
		}
		ws.Cipher(payload, header.Mask, 0)
		switch header.OpCode {
		case ws.OpClose:
			return parseClose(payload)
		case ws.OpPing:
			c.answerPing(payload)
			continue
		case ws.OpPong:
			continue
		}
		message = append(message, payload...)
		if !header.Fin {
			state = state.Set(ws.StateFragmented)
			continue
		}
		state = state.Clear(ws.StateFragmented)
		if !utf8.Valid(message) {
			return notUTF8
		}
		c.spoken = true
		c.receive(string(message))
		message = nil
	}
}

// answerPing answers a ping, unless too much is queued for the client.
func (c *connection) answerPing(payload []byte) {
	if c.gateway.options.PingsKeepAlive {
		c.touch()
	}
	_ = c.enqueue(ws.MustCompileFrame(ws.NewPongFrame(payload)), func() {})
}
