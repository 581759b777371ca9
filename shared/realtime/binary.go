package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/socketio"
)

// A binary packet is a text frame, its header, followed by its attachments. Each is
// a message of its own and so an invocation of its own, perhaps all at once. The
// frames meet in the store, ordered by the time at which the gateway received
// them; whoever finds the packet complete, and takes it, handles it.

// assemblyPatience is how long a frame that makes no sense yet waits for one that
// was sent before it and is still being stored.
const assemblyPatience = time.Second

// fragmentLifetime is how long a packet may take from its first frame to its last.
const fragmentLifetime = 2 * time.Minute

var (
	errStray       = errors.New("an attachment without a packet")
	errInterrupted = errors.New("a packet between another and its attachments")
)

// collect stores a frame of a binary packet and handles what is complete.
func (s *Server) collect(ctx context.Context, t *turn, c Connection, f Fragment) []byte {
	expires := s.options.Now().Add(fragmentLifetime)
	lastPacket, err := s.options.Store.AddFragment(ctx, c.ID, f, expires)
	if err != nil {
		return s.interrupt(ctx, c.ID, "store binary frame", err)
	}
	deadline := time.Now().Add(assemblyPatience)
	var reply []byte
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		fragments, err := s.options.Store.Fragments(ctx, c.ID)
		if err != nil {
			s.logError(ctx, "load binary frames", c.ID, err)
			return orNoop(reply)
		}
		parts, packet, err := assemble(fragments)
		switch {
		case err == nil && parts == nil && lastPacket.After(f.At):
			// Another packet came after this header and was handled before it. That is
			// fine if the attachments came in between.
			if err := s.uninterrupted(ctx, c, lastPacket); err != nil {
				return s.violated(ctx, c.ID, err)
			}
			return orNoop(reply)
		case err == nil && parts == nil:
			return orNoop(reply)
		case errors.Is(err, errStray) && time.Now().Before(deadline):
			if sleep(ctx, wait) != nil {
				return orNoop(reply)
			}
			continue
		case err != nil:
			return s.violated(ctx, c.ID, err)
		}
		mine, err := s.options.Store.TakeFragments(ctx, c.ID, parts)
		if err != nil {
			s.logError(ctx, "take binary frames", c.ID, err)
			return orNoop(reply)
		}
		if mine {
			if reply != nil {
				s.logError(ctx, "post acknowledgement", c.ID, s.post(ctx, c.ID, [][]byte{reply}, false))
			}
			reply = s.handle(ctx, t, c, packet)
		}
	}
}

func orNoop(reply []byte) []byte {
	if reply == nil {
		return noop
	}
	return reply
}

// assemble finds the first packet among fragments that are in order. It returns
// nil while that packet is incomplete.
func assemble(fragments []Fragment) ([]Fragment, socketio.Packet, error) {
	if len(fragments) == 0 {
		return nil, socketio.Packet{}, nil
	}
	if fragments[0].Header == "" {
		return nil, socketio.Packet{}, errStray
	}
	packet, err := socketio.Decode(fragments[0].Header)
	if err != nil {
		return nil, packet, err
	}
	parts := fragments[:1:1]
	var attachments [][]byte
	for _, f := range fragments[1:] {
		if len(attachments) == packet.Attachments {
			break
		}
		if f.Header != "" {
			// Another header: its own attachments may have overtaken ours only if the
			// gateway received both within the same millisecond.
			continue
		}
		parts = append(parts, f)
		attachments = append(attachments, f.Attachment)
	}
	if len(attachments) < packet.Attachments {
		return nil, packet, nil
	}
	packet, err = packet.Attach(attachments)
	return parts, packet, err
}

// uninterrupted waits until no binary packet that began before a text frame is
// still without its attachments. errInterrupted when that does not come true.
func (s *Server) uninterrupted(ctx context.Context, c Connection, at time.Time) error {
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
