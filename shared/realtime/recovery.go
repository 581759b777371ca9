package realtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// Recovery is Socket.IO's connection state recovery. A client that comes back soon enough
// gets its sid, rooms and data again. It also gets the packets that it missed, in order and
// before the reply to its CONNECT. Socket.Recovered tells the application, and
// socket.recovered the client.
//
// With recovery, every event costs one more write for each room that it addresses, unless
// it is volatile or asks for an acknowledgement. Only clients that report the last offset
// they received (the JavaScript ones) are recovered; others get a new session.
//
// The limits:
//   - A packet that is emitted at the very moment of a recovery may arrive twice, and so may
//     one that was overtaken by another.
//   - A packet in flight at the cut is lost if the client already received a later one: its
//     offset is past it.
//   - In a room that the socket joined after it last received anything, packets from before
//     the join are replayed too.
//   - A client that missed more than 1,000 packets of a room gets a new session.
//   - A packet above 380 KB, attachments included, is not recovered.
//
// A client takes any string that is the last argument of an event for an offset, also of an
// event that has none, such as a volatile one. If its connection is cut before it receives
// another event, it gets a new session. (The reference behaves in the same way.)
type Recovery struct {
	// Window is how long after the end of a connection its session may be recovered:
	// two minutes.
	Window time.Duration
	// SkipMiddlewares admits recovered sockets without running the middlewares again.
	// Unlike in the reference it is off by default, because tokens expire.
	SkipMiddlewares bool
}

// recoverable reports whether a session may be recovered after this reason
// (Socket.IO docs, "Connection state recovery").
func recoverable(r Reason) bool {
	return r != ClientNamespaceDisconnect && r != ServerNamespaceDisconnect && r != ParseError
}

// recoverer logs packets and saves sessions, and gives both back to clients that return.
type recoverer struct {
	Recovery
	store   store.Store
	ender   *ender
	log     logger
	offsets offsets
	// logLifetime is how long packets are kept.
	logLifetime time.Duration
	parallel    int
	now         func() time.Time
}

func newRecoverer(o Options, e *ender, log logger) *recoverer {
	return &recoverer{
		Recovery: *o.Recovery, store: o.Store, ender: e, log: log, logLifetime: o.logLifetime(), parallel: o.Parallel, now: o.Now,
	}
}

// logLifetime is how long packets are kept: the window, and before it the time in which a
// dead line goes unnoticed.
func (o Options) logLifetime() time.Duration {
	unnoticed := o.PingInterval + o.PingTimeout
	if o.PingTimeout > o.PingInterval {
		unnoticed *= 2 // not every ping is waited for
	}
	return o.Recovery.Window + min(unnoticed, o.Lifetime) + time.Minute
}

// maxLogged bounds a packet in the log, which is an item of the table (DynamoDB: 400 KB).
const maxLogged = 380 << 10

// logPacket gives a packet an offset, appends it to the logs of its rooms, and returns its
// frames. Call it before looking up the members: then a socket that recovers at this moment
// either is found by the look-up or finds the packet.
func (r *recoverer) logPacket(ctx context.Context, p socketio.Packet, rooms, except []string) ([][]byte, error) {
	frames, err := framesOf(p)
	if err != nil || totalSize(frames) > maxLogged {
		return frames, err
	}
	now := r.now()
	entry := store.LoggedPacket{Offset: r.offsets.next(now), Except: except}
	if p, err = p.WithArg(entry.Offset); err != nil {
		return nil, err
	}
	if entry.Frames, err = framesOf(p); err != nil {
		return nil, err
	}
	if err := r.store.AppendPacket(ctx, p.Namespace, rooms, entry, now.Add(r.logLifetime)); err != nil {
		return nil, fmt.Errorf("log packet: %w", err)
	}
	return entry.Frames, nil
}

// returning is a session that a client asks to recover.
type returning struct {
	state store.SocketState
	// connectionID is the connection that the session had.
	connectionID string
	// offset is where the client stopped.
	offset string
}

// findSession returns the session that a CONNECT asks for, or store.ErrNoSession.
func (r *recoverer) findSession(ctx context.Context, namespace string, auth json.RawMessage) (returning, error) {
	var asked struct{ PID, Offset string }
	if len(auth) == 0 {
		return returning{}, store.ErrNoSession
	}
	err := json.Unmarshal(auth, &asked)
	if err != nil || !hasOffsetForm(asked.PID, idRandom) || !hasOffsetForm(asked.Offset, offsetRandom) {
		// A pid and an offset of another form belong to the application.
		return returning{}, store.ErrNoSession
	}
	session, err := r.store.Session(ctx, asked.PID)
	if err == nil && session.Namespace != namespace {
		err = store.ErrNoSession
	}
	if err != nil {
		return returning{}, err
	}
	if session.State.EndedAt.IsZero() || session.Taken {
		// The client learns of the end of its connection before any function does. It may
		// have ended it on purpose, by a DISCONNECT that is still on its way.
		id := session.ConnectionID
		r.ender.awaitDisconnect(ctx, id, 150*time.Millisecond)
		r.log.failure(ctx, "end the previous connection", id, r.ender.endAndClose(ctx, id, TransportClose))
		if session, err = r.awaitSession(ctx, asked.PID); err != nil {
			return returning{}, err
		}
	}
	left, err := r.store.Left(ctx, session.ConnectionID, namespace)
	if err != nil {
		return returning{}, err
	}
	if left {
		return returning{}, store.ErrNoSession
	}
	late := r.now().Sub(session.State.EndedAt) > r.Window
	if late || session.State.Expired(r.now()) {
		return returning{}, store.ErrNoSession
	}
	found := returning{
		state: session.State, connectionID: session.ConnectionID, offset: max(asked.Offset, asked.PID[:offsetDigits]),
	}
	found.state.PID, found.state.EndedAt = asked.PID, time.Time{}
	return found, nil
}

// recordLeave records that a client left a namespace on purpose, when its DISCONNECT arrives
// after the connection's end: the session was saved then, and must not be recovered.
func (r *recoverer) recordLeave(ctx context.Context, connectionID, namespace string) error {
	// The client may have been gone for a while when its session was saved.
	return r.store.PutLeft(ctx, connectionID, namespace, r.now().Add(r.Window+time.Minute))
}

// awaitSession returns a session that has ended. It waits for an ending that another
// function is running to save it.
func (r *recoverer) awaitSession(ctx context.Context, pid string) (store.Session, error) {
	backoff := wait.Backoff{First: 50 * time.Millisecond, Times: 5}
	for range backoff.Attempts(ctx) {
		session, err := r.store.Session(ctx, pid)
		if err != nil || !session.State.EndedAt.IsZero() {
			return session, err
		}
	}
	return store.Session{}, cmp.Or(ctx.Err(), store.ErrNoSession)
}

// maxMissed bounds the packets of one room that are replayed: each takes a post, one after
// the other.
const maxMissed = 1000

var errTooMuchMissed = fmt.Errorf("a client missed more than %d packets", maxMissed)

// missed returns the packets that a socket missed in all its rooms, in order. A client that
// missed too much loses its session, and comes back with a new one.
func (r *recoverer) missed(ctx context.Context, socket store.SocketRef, state store.SocketState, offset string) ([]store.LoggedPacket, error) {
	rooms := append([]string{store.Everyone, state.ID}, state.Rooms...)
	packets := make([][]store.LoggedPacket, len(rooms))
	indexes := make([]int, len(rooms))
	for i := range indexes {
		indexes[i] = i
	}
	err := wait.ForEach(ctx, r.parallel, indexes, func(ctx context.Context, i int) error {
		var err error
		packets[i], err = r.store.Packets(ctx, socket.Namespace, rooms[i], offset, maxMissed+1)
		if err == nil && len(packets[i]) > maxMissed {
			err = errTooMuchMissed
		}
		return err
	})
	if errors.Is(err, errTooMuchMissed) {
		return nil, errors.Join(err, r.store.ForgetSession(ctx, state.PID, socket.ConnectionID))
	}
	if err != nil {
		return nil, fmt.Errorf("load missed packets: %w", err)
	}
	all := slices.Concat(packets...)
	slices.SortFunc(all, func(a, b store.LoggedPacket) int { return cmp.Compare(a.Offset, b.Offset) })
	all = slices.CompactFunc(all, func(a, b store.LoggedPacket) bool { return a.Offset == b.Offset })
	return slices.DeleteFunc(all, func(p store.LoggedPacket) bool {
		return slices.ContainsFunc(p.Except, func(room string) bool { return slices.Contains(rooms[1:], room) })
	}), nil
}

// saveSessions saves the sessions of sockets that end, if they may be recovered, and deletes
// them otherwise. After an ending that failed it saves none: its repetition will.
func (r *recoverer) saveSessions(ctx context.Context, c store.Connection, sockets map[string]store.SocketState, failed bool) error {
	now := r.now()
	var errs []error
	for namespace, state := range sockets {
		switch {
		case state.PID == "":
		case !recoverable(state.Reason):
			errs = append(errs, r.store.ForgetSession(ctx, state.PID, c.ID))
		case !failed:
			pid := state.PID
			state.EndedAt, state.PID = now, ""
			session := store.Session{Namespace: namespace, ConnectionID: c.ID, State: state}
			errs = append(errs, r.store.SaveSession(ctx, pid, session, now.Add(r.Window)))
		}
	}
	return errors.Join(errs...)
}
