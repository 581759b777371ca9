package realtime

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Recovery is Socket.IO's connection state recovery: a client that comes back soon
// enough gets its sid, rooms and data again, and the packets that it missed, in
// order and before the reply to its CONNECT; Socket.Recovered tells the
// application, and socket.recovered the client.
//
// Every event that is not volatile and asks for no acknowledgement then costs one
// more write for each room that it addresses. Only clients that report where they
// stopped (the JavaScript ones) are recovered; others get a new session.
//
// A packet that is emitted at the very moment of a recovery may arrive twice, and so may one
// that was overtaken by another. One that was still on its way when the connection ended,
// behind one that the client heard, is not replayed. Of a room that the socket joined since
// it last heard anything, what was said before the join is replayed too. Who missed more than
// 1,000 packets of a room gets a new session. A packet above 380 KB, with its attachments, is not
// recovered.
//
// The client takes any string that is the last argument of an event for its offset, also
// one of an event that has none, such as a volatile one; if then its connection is cut
// before it hears another event, it gets a new session. (So it is with the reference.)
type Recovery struct {
	// Window is how long after the end of a connection its session may be recovered:
	// two minutes.
	Window time.Duration
	// SkipMiddlewares admits recovered sockets without asking the middlewares again.
	// Unlike the reference's it is off by default, because tokens expire.
	SkipMiddlewares bool
}

// recoverable reports whether a session may be recovered after this ending
// (Socket.IO docs, "Connection state recovery").
func recoverable(r Reason) bool {
	return r != ClientNamespaceDisconnect && r != ServerNamespaceDisconnect && r != ParseError
}

// offsets hands out offsets that sort in the order in which they were asked for,
// within this process, and by its clock among others.
type offsets struct{ last atomic.Int64 }

func (o *offsets) next(now time.Time) string {
	for {
		last := o.last.Load()
		micros := max(now.UnixMicro(), last+1)
		if o.last.CompareAndSwap(last, micros) {
			return offsetAt(micros) + rand.Text()[:offsetRandom]
		}
	}
}

// maxLogged bounds a packet in the log, which is an item of the table (DynamoDB: 400 KB).
const maxLogged = 380 << 10

// prepare returns the frames of a packet for rooms. One that can be recovered has an offset
// then, and stands in the logs of the rooms. It comes before the members are looked up: a
// socket that recovers at this moment is then found by the one or finds the other.
func (s *Server) prepare(ctx context.Context, p socketio.Packet, volatile bool, rooms, except []string) ([][]byte, error) {
	frames, err := framesOf(p)
	if err != nil || s.options.Recovery == nil || volatile || size(frames) > maxLogged {
		return frames, err
	}
	now := s.options.Now()
	entry := store.LoggedPacket{Offset: s.offsets.next(now), Except: except}
	if p, err = p.WithArg(entry.Offset); err != nil {
		return nil, err
	}
	if entry.Frames, err = framesOf(p); err != nil {
		return nil, err
	}
	if err := s.options.Store.AppendPacket(ctx, p.Namespace, rooms, entry, now.Add(s.logLifetime())); err != nil {
		return nil, fmt.Errorf("log packet: %w", err)
	}
	return entry.Frames, nil
}

// logLifetime is how long packets are kept: the window, and before it the time in
// which a dead line goes unnoticed.
func (s *Server) logLifetime() time.Duration {
	unnoticed := s.options.PingInterval + s.options.PingTimeout
	if s.options.PingTimeout > s.options.PingInterval {
		unnoticed *= 2 // not every ping is waited for
	}
	return s.options.Recovery.Window + min(unnoticed, s.options.Lifetime) + time.Minute
}

// newPID returns the id of a new session. It begins with the time, in the form of an
// offset: nothing older is replayed to the session.
func newPID(now time.Time) string { return offsetAt(now.UnixMicro()) + newID() }

func offsetAt(micros int64) string { return fmt.Sprintf("%0*d", offsetDigits, micros) }

const (
	offsetDigits = 16
	// offsetRandom and idRandom are how many characters of rand.Text follow the digits of
	// an offset and of a pid.
	offsetRandom, idRandom = 4, 20
)

// timed reports whether text has the form of an offset or a pid: digits of a time, and so
// many characters of rand.Text.
func timed(text string, random int) bool {
	if len(text) != offsetDigits+random {
		return false
	}
	digits := func(r rune) bool { return '0' <= r && r <= '9' }
	base32 := func(r rune) bool { return 'A' <= r && r <= 'Z' || '2' <= r && r <= '7' }
	not := func(in func(rune) bool) func(rune) bool { return func(r rune) bool { return !in(r) } }
	return !strings.ContainsFunc(text[:offsetDigits], not(digits)) && !strings.ContainsFunc(text[offsetDigits:], not(base32))
}

// earlier is what is known of a session that comes back, apart from its state.
type earlier struct {
	// connectionID is the connection that it had.
	connectionID string
	// offset is where the client stopped.
	offset string
}

// findSession returns the session that a CONNECT asks for, or ErrNoSession.
func (s *Server) findSession(ctx context.Context, ns *Namespace, auth json.RawMessage) (state store.SocketState, before earlier, err error) {
	var asked struct{ PID, Offset string }
	if s.options.Recovery == nil || len(auth) == 0 {
		return state, before, store.ErrNoSession
	}
	if err := json.Unmarshal(auth, &asked); err != nil || !timed(asked.PID, idRandom) || !timed(asked.Offset, offsetRandom) {
		// pid and offset of another form are the application's own.
		return state, before, store.ErrNoSession
	}
	session, err := s.options.Store.Session(ctx, asked.PID)
	if err == nil && session.Namespace != ns.name {
		err = store.ErrNoSession
	}
	if err != nil {
		return state, before, err
	}
	if session.State.EndedAt.IsZero() || session.Taken {
		// The client knows of the end of its connection before anybody here does.
		id := session.ConnectionID
		s.logError(ctx, "end the connection before", id, s.shut(ctx, id, TransportClose))
		if session, err = s.awaitSession(ctx, asked.PID); err != nil {
			return state, before, err
		}
	}
	late := s.options.Now().Sub(session.State.EndedAt) > s.options.Recovery.Window
	if late || session.State.Expired(s.options.Now()) {
		return state, before, store.ErrNoSession
	}
	state = session.State
	state.PID, state.EndedAt = asked.PID, time.Time{}
	before.connectionID = session.ConnectionID
	before.offset = max(asked.Offset, asked.PID[:offsetDigits])
	return state, before, nil
}

// awaitSession returns a session that has ended. It gives an ending that another function
// is running the time to save it.
func (s *Server) awaitSession(ctx context.Context, pid string) (store.Session, error) {
	for _, wait := range []time.Duration{0, 50, 100, 200, 400} {
		if err := sleep(ctx, wait*time.Millisecond); err != nil {
			return store.Session{}, err
		}
		session, err := s.options.Store.Session(ctx, pid)
		if err != nil || !session.State.EndedAt.IsZero() {
			return session, err
		}
	}
	return store.Session{}, store.ErrNoSession
}

// maxMissed bounds what is replayed of each room, which takes a post each, one after the
// other.
const maxMissed = 1000

var errTooMuchMissed = fmt.Errorf("a client missed more than %d packets", maxMissed)

// replay posts to a recovered socket what its rooms missed.
func (s *Server) replay(ctx context.Context, id string, ns *Namespace, state store.SocketState, offset string) error {
	rooms := append([]string{store.Everyone, state.ID}, state.Rooms...)
	packets := make([][]store.LoggedPacket, len(rooms))
	indexes := make([]int, len(rooms))
	for i := range indexes {
		indexes[i] = i
	}
	err := each(ctx, s.options.Parallel, indexes, func(ctx context.Context, i int) error {
		var err error
		packets[i], err = s.options.Store.Packets(ctx, ns.name, rooms[i], offset, maxMissed+1)
		if err == nil && len(packets[i]) > maxMissed {
			err = errTooMuchMissed
		}
		return err
	})
	if errors.Is(err, errTooMuchMissed) {
		// Without its session the client comes back as a new one.
		return errors.Join(err, s.options.Store.ForgetSession(ctx, state.PID, id))
	}
	if err != nil {
		return fmt.Errorf("load missed packets: %w", err)
	}
	missed := slices.Concat(packets...)
	slices.SortFunc(missed, func(a, b store.LoggedPacket) int { return cmp.Compare(a.Offset, b.Offset) })
	missed = slices.CompactFunc(missed, func(a, b store.LoggedPacket) bool { return a.Offset == b.Offset })
	missed = slices.DeleteFunc(missed, func(p store.LoggedPacket) bool {
		return slices.ContainsFunc(p.Except, func(room string) bool { return slices.Contains(rooms[1:], room) })
	})
	for _, p := range missed {
		if err := s.post(ctx, id, p.Frames, false); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	return nil
}

// saveSessions keeps what sockets that end may recover, or forgets it. Those of an ending
// that failed are left to its repetition.
func (s *Server) saveSessions(ctx context.Context, c store.Connection, sockets map[string]store.SocketState, failed bool) error {
	if s.options.Recovery == nil {
		return nil
	}
	now := s.options.Now()
	var errs []error
	for namespace, state := range sockets {
		switch {
		case state.PID == "":
		case !recoverable(state.Reason):
			errs = append(errs, s.options.Store.ForgetSession(ctx, state.PID, c.ID))
		case !failed:
			pid := state.PID
			state.EndedAt, state.PID = now, ""
			session := store.Session{Namespace: namespace, ConnectionID: c.ID, State: state}
			errs = append(errs, s.options.Store.SaveSession(ctx, pid, session, now.Add(s.options.Recovery.Window)))
		}
	}
	return errors.Join(errs...)
}
