package realtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
// With recovery, every event costs two reads and three writes more, unless it is volatile or
// asks for an acknowledgement. An event whose emit succeeded is not lost, but may arrive twice
// where it is unknown whether it has arrived (docs/adr/0020). Only clients that report the last
// offset that they received (the JavaScript ones) are recovered; others get a new session.
//
// The limits:
//   - A client that missed more than 1,000 packets gets a new session.
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
	process process
	// logLifetime is how long packets are kept, and sessionLifetime how long what concerns one
	// session: as long as its connection may live, and its window.
	logLifetime, sessionLifetime time.Duration
	parallel                     int
	now                          func() time.Time
}

func newRecoverer(o Options, e *ender, log logger) *recoverer {
	return &recoverer{
		Recovery: *o.Recovery, store: o.Store, ender: e, log: log, process: thisProcess,
		logLifetime: o.logLifetime(), sessionLifetime: o.Lifetime + expiryMargin + o.Recovery.Window, parallel: o.Parallel, now: o.Now,
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
// delivery. Call it before looking up the members: then a socket that recovers at this moment
// either is found by the look-up or finds the packet.
func (r *recoverer) logPacket(ctx context.Context, p socketio.Packet, rooms, except []string) (Delivery, error) {
	frames, err := framesOf(p)
	d := Delivery{Frames: frames, Namespace: p.Namespace}
	if err != nil || totalSize(frames) > maxLogged {
		return d, err
	}
	clock, err := r.store.Clock(ctx)
	if err != nil {
		return d, fmt.Errorf("log packet: %w", err)
	}
	d.Logged = &Logged{Offset: newOffset(clock), Rooms: rooms}
	if p, err = p.WithArg(d.Logged.Offset); err != nil {
		return d, err
	}
	if d.Frames, err = framesOf(p); err != nil {
		return d, err
	}
	entry := store.LoggedPacket{Offset: d.Logged.Offset, Except: except, Frames: d.Frames}
	if err := r.store.AppendPacket(ctx, p.Namespace, rooms, entry, r.now().Add(r.logLifetime)); err != nil {
		return d, fmt.Errorf("log packet: %w", err)
	}
	return d, nil
}

// returning is a session that a client asks to recover.
type returning struct {
	state store.SocketState
	// connectionID is the connection that the session had.
	connectionID string
}

// newSession returns a session that begins.
func (r *recoverer) newSession(ctx context.Context) (returning, error) {
	clock, err := r.store.Clock(ctx)
	if err != nil {
		return returning{}, fmt.Errorf("new session: %w", err)
	}
	return returning{state: store.SocketState{ID: newID(), PID: newPID(clock), Since: clock}}, nil
}

// request is what a client sends to recover its session.
type request struct{ PID, Offset string }

// askedFor returns the request in a CONNECT's payload, if there is one. A pid and an offset of
// another form belong to the application.
func askedFor(auth json.RawMessage) (r request, ok bool) {
	if len(auth) == 0 || json.Unmarshal(auth, &r) != nil {
		return r, false
	}
	return r, hasOffsetForm(r.PID, idRandom) && hasOffsetForm(r.Offset, offsetRandom)
}

// findSession returns the session that a CONNECT asks for, or store.ErrNoSession.
func (r *recoverer) findSession(ctx context.Context, namespace string, auth json.RawMessage) (returning, error) {
	asked, ok := askedFor(auth)
	if !ok {
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
	found := returning{state: session.State, connectionID: session.ConnectionID}
	found.state.PID, found.state.EndedAt = asked.PID, time.Time{}
	found.state.Resumed = stopOf(session, asked.Offset)
	if found.state.Since, err = r.store.Clock(ctx); err != nil {
		return returning{}, err
	}
	return found, nil
}

// stopOf returns where a client stopped whose last offset is this. If it is what it was when the
// client began its last connection, nothing has arrived there, and perhaps not even the reply to
// its CONNECT: then it stopped before.
func stopOf(session store.Session, offset string) store.Stop {
	if offset == session.Resumed.Offset {
		return session.Resumed
	}
	stop := session.Stopped
	stop.Offset = offset
	return stop
}

// recordLeave records that a client left a namespace on purpose, when its DISCONNECT arrives
// after the connection's end: the session was saved then, and must not be recovered.
func (r *recoverer) recordLeave(ctx context.Context, connectionID, namespace string) error {
	// An ending that is late saves the session as late as its connection's record expires.
	return r.store.PutLeft(ctx, connectionID, namespace, r.now().Add(r.sessionLifetime))
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

// stopSessions records at which clock of the log sockets begin to leave their rooms.
func (r *recoverer) stopSessions(ctx context.Context, connectionID string, sockets map[string]store.SocketState) error {
	var clock int64
	for _, state := range sockets {
		if state.PID == "" {
			continue
		}
		var err error
		if clock == 0 {
			clock, err = r.store.Clock(ctx)
		}
		if err == nil {
			err = r.store.StopSession(ctx, state.PID, connectionID, clock)
		}
		if err != nil {
			return fmt.Errorf("stop session: %w", err)
		}
	}
	return nil
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
			state.EndedAt, state.PID, state.Answering = now, "", time.Time{}
			session := store.Session{Namespace: namespace, ConnectionID: c.ID, State: state}
			errs = append(errs, r.store.SaveSession(ctx, pid, session, now.Add(r.Window)))
		}
	}
	return errors.Join(errs...)
}
