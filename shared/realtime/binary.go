package realtime

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// A binary packet is a text frame, its header, followed by its attachments. Each frame is a
// message of its own and so an invocation of its own, perhaps all at once. The frames meet
// in the store, ordered by the time at which the gateway received them. Every invocation
// looks for a complete packet, and the one that takes it from the store handles it. A
// frame that looks for its packet does not read what is in the others, so it does not cost
// more because of those before it.
//
// Nothing in an attachment says to which packet it belongs, or where in it. If the times do
// not tell either, the packet is refused rather than guessed.

const (
	// assemblyPatience is how long a frame that makes no sense yet waits for one that
	// was sent before it and is still being stored.
	assemblyPatience = time.Second
	// settleTime is how long after its last frame a packet is handled at the earliest. By
	// then frames that were sent before it, and would change it, are stored too.
	settleTime = 30 * time.Millisecond
	// maxBinary and maxFragments bound a connection's incomplete packets, and the frames of
	// its packets, because each frame reads all of them.
	maxBinary    = 64
	maxFragments = 256
)

var (
	errParser      = errors.New("an attachment before CONNECT: remove the option parser of the client; custom parsers such as socket.io-msgpack-parser cannot work")
	errStray       = errors.New("an attachment without a packet")
	errInterrupted = errors.New("a packet between another and its attachments")
	errMixed       = errors.New("binary packets received within one millisecond")
	errTooMany     = errors.New("too many binary packets at once")
	// errUnordered: the packet's attachments are known, but not their order.
	errUnordered = Errorf(CodeBinaryOrder,
		"Several attachments arrived within one millisecond, so their order is unknown. Send one attachment.")
)

// header handles the header of a binary packet.
func (x *exchange) header(ctx context.Context, p socketio.Packet, text string) []byte {
	if answer := x.rejectUnjoined(ctx, p, x.at); answer != nil {
		return answer
	}
	return x.handleBinaryFrame(ctx, store.Fragment{
		At: x.at, Ordinal: x.connection.Ordinal, Attachments: p.Attachments, Body: []byte(text),
	})
}

// attachment handles an attachment of a binary packet.
func (x *exchange) attachment(ctx context.Context, data []byte) []byte {
	if neverJoined(x.connection) {
		return x.closeUnjoined(ctx, x.connection.ID, errParser)
	}
	if x.connection.Binary == 0 && x.options.Dispatch == mode.Serial {
		// Where messages are handled in order, the header would be there.
		return x.closeForViolation(ctx, x.connection.ID, errStray)
	}
	return x.handleBinaryFrame(ctx, store.Fragment{At: x.at, Ordinal: x.connection.Ordinal, Body: data})
}

// awaitHeader waits for the header of a stored attachment, which was sent before it and may be
// stored after it. It looks at the connection's record alone, so that attachments without a
// header cost little however many there are. It returns nil if the header is there. Header and
// attachment may also have been there and been handled between two looks.
func (x *exchange) awaitHeader(ctx context.Context, own store.Fragment) []byte {
	id := x.connection.ID
	patience := wait.Backoff{First: 20 * time.Millisecond, For: assemblyPatience}
	for range patience.Attempts(ctx) {
		connections, err := x.options.Store.Connections(ctx, []string{id})
		switch {
		case err != nil:
			return x.closeForFailure(ctx, id, "load connection", err)
		case len(connections) == 0: // it has ended meanwhile
			return noop
		case connections[0].Binary > 0:
			return nil
		}
	}
	stored, err := x.options.Store.Fragments(ctx, id)
	if err != nil {
		return x.closeForFailure(ctx, id, "load binary frames", err)
	}
	waits := func(f store.Fragment) bool { return f.At.Equal(own.At) && f.Ordinal == own.Ordinal }
	if !slices.ContainsFunc(stored, waits) {
		return noop
	}
	return x.closeForViolation(ctx, id, errStray)
}

// handleBinaryFrame stores a frame and handles every packet that is then complete.
func (x *exchange) handleBinaryFrame(ctx context.Context, f store.Fragment) []byte {
	id := x.connection.ID
	if x.connection.Binary > maxBinary {
		return x.closeForViolation(ctx, id, &violation{ForcedServerClose, errTooMany})
	}
	expires := x.options.Now().Add(store.FragmentLifetime)
	lastPacket, err := x.options.Store.AddFragment(ctx, id, f, expires)
	if err != nil {
		return x.closeForFailure(ctx, id, "store binary frame", err)
	}
	if !f.IsHeader() && x.connection.Binary == 0 {
		if answer := x.awaitHeader(ctx, f); answer != nil {
			return answer
		}
	}
	a := assembly{exchange: x, own: f, lastPacket: lastPacket, order: frameOrder{x.options.Dispatch}, deadline: time.Now().Add(assemblyPatience)}
	answer := noop
	for {
		packet, err := a.next(ctx)
		var v *violation
		switch {
		case errors.As(err, &v):
			return x.closeForViolation(ctx, id, err)
		case err != nil:
			x.log.failure(ctx, "assemble binary packet", id, err)
			return answer
		case packet == nil:
			return answer
		}
		packet.parts, err = x.options.Store.TakeFragments(ctx, id, packet.parts)
		if errors.Is(err, store.ErrClaimed) {
			continue
		}
		if err != nil {
			x.log.failure(ctx, "take binary frames", id, err)
			return answer
		}
		if !bytes.Equal(answer, noop) { // of a packet before it
			x.log.failure(ctx, "post acknowledgement", id, x.poster.post(ctx, id, [][]byte{answer}, patient))
		}
		answer = x.handleAssembled(ctx, packet)
	}
}

// handleAssembled handles a packet whose frames are complete.
func (x *exchange) handleAssembled(ctx context.Context, p *assembled) []byte {
	attachments := p.parts[1:]
	if p.err != nil {
		attachments = nil
	}
	packet, err := attach(p.parts[0], attachments)
	if err != nil {
		return x.closeForViolation(ctx, x.connection.ID, err)
	}
	if p.err != nil {
		x.log.WarnContext(ctx, "binary packet refused", "connection", x.connection.ID, "error", p.err)
		return x.refuse(ctx, x.connection.ID, packet, errUnordered)
	}
	return x.handle(ctx, packet, p.parts[0].At)
}

// assembly looks for complete packets among the frames of a connection, on behalf of one of
// the frames.
type assembly struct {
	*exchange
	// own is the frame, and lastPacket when the connection's last packet without
	// attachments was received, as AddFragment returns it.
	own        store.Fragment
	lastPacket time.Time
	order      frameOrder
	// deadline is when a frame that still makes no sense is a violation.
	deadline time.Time
	// settled is the last frame of a packet that has had its settleTime.
	settled store.Fragment
}

// assembled is a packet whose frames are complete: the header and the attachments. err is
// errUnordered if the order of the attachments is unknown.
type assembled struct {
	parts []store.Fragment
	err   error
}

// next returns the first complete packet. It returns nil if this invocation has nothing more
// to do: the packet's missing frames will find it, or there is none.
func (a *assembly) next(ctx context.Context) (*assembled, error) {
	var incomplete error
	patience := wait.Backoff{First: 20 * time.Millisecond, For: max(time.Until(a.deadline), 1)}
	for range patience.Attempts(ctx) {
		packet, stored, err := a.find(ctx)
		switch {
		case packet != nil:
			return packet, nil
		case err == nil && a.lastPacket.After(a.own.At):
			// Another packet came after this header and was handled before it. That is
			// allowed if the attachments came in between.
			return nil, a.waitForPendingBinary(ctx, a.lastPacket)
		case err == nil && !a.order.waitsFor(stored, a.own):
			return nil, nil
		case err != nil && !errors.Is(err, errStray):
			return nil, err
		}
		incomplete = err
	}
	if ctx.Err() != nil {
		return nil, nil
	}
	return nil, &violation{ForcedClose, cmp.Or(incomplete, errInterrupted)}
}

// find returns the first packet if it is complete and has had its settleTime, else the frames
// that are stored, with errStray if one of them comes before its header.
func (a *assembly) find(ctx context.Context) (*assembled, []store.Fragment, error) {
	for {
		stored, err := a.options.Store.Fragments(ctx, a.connection.ID)
		if err != nil {
			return nil, nil, err
		}
		if len(stored) > maxFragments {
			return nil, nil, &violation{ForcedServerClose, errTooMany}
		}
		parts, err := a.order.assemble(stored)
		if parts == nil {
			if err != nil && !errors.Is(err, errStray) {
				err = &violation{ForcedClose, err}
			}
			return nil, stored, err
		}
		last := parts[len(parts)-1]
		left := a.unsettled(last)
		if left <= 0 || a.settled.At.Equal(last.At) && a.settled.Ordinal == last.Ordinal {
			return &assembled{parts, err}, stored, nil
		}
		if err := wait.Sleep(ctx, left); err != nil {
			return nil, stored, err
		}
		a.settled = last
	}
}

// unsettled returns what is left of the settleTime of a packet's last frame.
func (a *assembly) unsettled(last store.Fragment) time.Duration {
	if a.options.Dispatch == mode.Serial {
		return 0
	}
	return settleTime - max(a.options.Now().Sub(last.At), 0)
}

// waitForPendingBinary waits until every binary packet that began before a text frame is
// complete. Its error is a violation.
func (x *exchange) waitForPendingBinary(ctx context.Context, at time.Time) error {
	patience := wait.Backoff{First: 20 * time.Millisecond, For: assemblyPatience}
	for range patience.Attempts(ctx) {
		stored, err := x.options.Store.Fragments(ctx, x.connection.ID)
		if err != nil {
			return &violation{ForcedClose, err}
		}
		if len(stored) == 0 || stored[0].At.After(at) {
			return nil
		}
	}
	return &violation{ForcedClose, cmp.Or(ctx.Err(), errInterrupted)}
}
