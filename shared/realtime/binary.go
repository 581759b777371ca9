package realtime

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"time"
)

// A binary packet is a text frame, its header, followed by its attachments. Each is
// a message of its own and so an invocation of its own, perhaps all at once. The
// frames meet in the store, ordered by the time at which the gateway received
// them; whoever finds the packet complete, and takes it, handles it.
//
// Nothing in an attachment says to which packet it belongs, or where in it. Where the
// times do not tell either, the packet is refused and not guessed.

const (
	// assemblyPatience is how long a frame that makes no sense yet waits for one that
	// was sent before it and is still being stored.
	assemblyPatience = time.Second
	// settle is how long after its last frame a packet is handled at the earliest, so
	// that frames sent before it, by which it might look different, are stored too.
	settle = 30 * time.Millisecond
	// maxBinary and maxFragments bound the packets, and frames of packets, that a connection
	// may have under way, because each frame reads all.
	maxBinary    = 64
	maxFragments = 256
)

var (
	errStray       = errors.New("an attachment without a packet")
	errInterrupted = errors.New("a packet between another and its attachments")
	errMixed       = errors.New("binary packets received within one millisecond")
	errTooMany     = errors.New("too many binary packets at once")
	// errUnordered: the packet's attachments are known, and their order is not.
	errUnordered = Errorf(CodeBinaryOrder,
		"Several attachments arrived within one millisecond, so that their order is not known: send one attachment.")
)

// collect stores a frame of a binary packet and handles what is complete.
func (s *Server) collect(ctx context.Context, t *turn, c store.Connection, f store.Fragment) []byte {
	if c.Binary > maxBinary {
		return s.violated(ctx, c.ID, ForcedServerClose, errTooMany)
	}
	expires := s.options.Now().Add(store.FragmentLifetime)
	lastPacket, err := s.options.Store.AddFragment(ctx, c.ID, f, expires)
	if err != nil {
		return s.interrupt(ctx, c.ID, "store binary frame", err)
	}
	order := frameOrder{s.options.Dispatch}
	deadline := time.Now().Add(assemblyPatience)
	var (
		reply   []byte
		settled store.Fragment // the last one of a packet that has had its time
	)
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		fragments, err := s.options.Store.Fragments(ctx, c.ID)
		if err != nil {
			s.logError(ctx, "load binary frames", c.ID, err)
			return orNoop(reply)
		}
		if len(fragments) > maxFragments {
			return s.violated(ctx, c.ID, ForcedServerClose, errTooMany)
		}
		parts, packet, err := order.assemble(fragments)
		switch {
		case err == nil && parts == nil && lastPacket.After(f.At):
			// Another packet came after this header and was handled before it. That is
			// fine if the attachments came in between.
			if err := s.uninterrupted(ctx, c, lastPacket); err != nil {
				return s.violated(ctx, c.ID, ForcedClose, err)
			}
			return orNoop(reply)
		case err == nil && parts == nil && !order.waitsFor(fragments, f):
			return orNoop(reply)
		case parts == nil && (err == nil || errors.Is(err, errStray)):
			if time.Now().After(deadline) {
				return s.violated(ctx, c.ID, ForcedClose, cmp.Or(err, errInterrupted))
			}
			if sleep(ctx, wait) != nil {
				return orNoop(reply)
			}
			continue
		case parts == nil:
			return s.violated(ctx, c.ID, ForcedClose, err)
		}
		last := parts[len(parts)-1]
		if rest := s.unsettled(last); rest > 0 && (settled.At != last.At || settled.Ordinal != last.Ordinal) {
			if sleep(ctx, rest) != nil {
				return orNoop(reply)
			}
			settled = last
			continue
		}
		mine, takeErr := s.options.Store.TakeFragments(ctx, c.ID, parts)
		if takeErr != nil {
			s.logError(ctx, "take binary frames", c.ID, takeErr)
			return orNoop(reply)
		}
		if mine {
			if reply != nil && !bytes.Equal(reply, noop) {
				s.logError(ctx, "post acknowledgement", c.ID, s.post(ctx, c.ID, [][]byte{reply}, false))
			}
			if err != nil {
				s.log.WarnContext(ctx, "binary packet refused", "connection", c.ID, "error", err)
				reply = s.refuse(ctx, c.ID, packet, errUnordered)
			} else {
				reply = s.handle(ctx, t, c, packet, parts[0].At)
			}
		}
	}
}

func orNoop(reply []byte) []byte {
	if reply == nil {
		return noop
	}
	return reply
}

// unsettled returns how long a packet still has to wait for what may have been sent
// before its last frame.
func (s *Server) unsettled(last store.Fragment) time.Duration {
	if s.options.Dispatch == mode.Serial {
		return 0
	}
	since := s.options.Now().Sub(last.At)
	return settle - max(since, 0)
}

// uninterrupted waits until no binary packet that began before a text frame is
// still without its attachments. errInterrupted when that does not come true.
func (s *Server) uninterrupted(ctx context.Context, c store.Connection, at time.Time) error {
	deadline := time.Now().Add(assemblyPatience)
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		fragments, err := s.options.Store.Fragments(ctx, c.ID)
		if err != nil {
			return err
		}
		if len(fragments) == 0 || fragments[0].At.After(at) {
			return nil
		}
		if time.Now().After(deadline) {
			return errInterrupted
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}
