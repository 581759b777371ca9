package realtime

import (
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// frameOrder tells in which order frames were sent: by the times at which the gateway received
// them and, under mode.Serial, where frames are handled in order, also by their ordinals.
type frameOrder struct{ dispatch mode.Dispatch }

// before reports whether one frame is known to have been sent before another.
func (o frameOrder) before(a, b store.Fragment) bool {
	return a.At.Before(b.At) || o.dispatch == mode.Serial && a.At.Equal(b.At) && a.Ordinal < b.Ordinal
}

// tied reports whether the order of two frames is unknown.
func (o frameOrder) tied(a, b store.Fragment) bool { return !o.before(a, b) && !o.before(b, a) }

// assemble finds the first packet among fragments, which are sorted by time and ordinal. It
// returns no parts while the packet is incomplete. With errUnordered it returns the parts,
// but the order of the attachments is unknown.
func (o frameOrder) assemble(fragments []store.Fragment) ([]store.Fragment, error) {
	headers, attachments := partition(fragments)
	switch {
	case len(fragments) == 0:
		return nil, nil
	case len(headers) == 0, len(attachments) > 0 && o.before(attachments[0], headers[0]):
		return nil, errStray
	}
	n := headers[0].Attachments
	switch {
	case len(attachments) < n:
		return nil, nil
	case len(headers) > 1 && o.tied(headers[0], headers[1]),
		len(attachments) > n && o.tied(attachments[n-1], attachments[n]):
		return nil, errMixed
	case len(headers) > 1 && o.before(headers[1], attachments[n-1]):
		return nil, nil // its own are still being stored, or never come
	}
	parts := append(headers[:1:1], attachments[:n]...)
	for i, f := range attachments[:n] {
		if i > 0 && o.tied(attachments[i-1], f) {
			return parts, errUnordered
		}
	}
	return parts, nil
}

// attach makes a packet of its frames: the header and then the attachments. Without
// attachments it has none.
func attach(header store.Fragment, attachments []store.Fragment) (socketio.Packet, error) {
	packet, err := socketio.Decode(string(header.Body))
	if err != nil || len(attachments) == 0 {
		return packet, err
	}
	binary := make([][]byte, len(attachments))
	for i, f := range attachments {
		binary[i] = f.Body
	}
	return packet.Attach(binary)
}

// partition separates headers from attachments.
func partition(fragments []store.Fragment) (headers, attachments []store.Fragment) {
	for _, f := range fragments {
		if f.IsHeader() {
			headers = append(headers, f)
		} else {
			attachments = append(attachments, f)
		}
	}
	return headers, attachments
}

// waitsFor reports whether f is a header and an incomplete packet is before it.
func (o frameOrder) waitsFor(fragments []store.Fragment, f store.Fragment) bool {
	return f.IsHeader() && len(fragments) > 0 && o.before(fragments[0], f)
}
