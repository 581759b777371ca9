package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Socket is a client's session in one namespace, as a handler sees it. Its rooms and data are
// those from when the message arrived, plus the handler's own changes. A Socket belongs to
// the handler that it was given to. It is not for concurrent use, except for emitting.
//
//layout:large because it has the methods of Socket.IO's socket
type Socket struct {
	namespace    *Namespace
	connectionID string
	handshake    Handshake
	state        store.SocketState
	recovered    bool
	// admitted is false while the middlewares run. Joins and data are then collected in
	// state and stored with it.
	admitted bool
	// left is true for disconnect handlers and after Disconnect: the socket is in no room
	// any more.
	left bool
	// endedHere is true if Disconnect ran the socket's ending.
	endedHere bool
	// cutShort is true for disconnect handlers if an earlier ending was cut short.
	cutShort bool
	rest     rest
}

// ID returns the socket's id. The room of this name holds only this socket.
func (s *Socket) ID() string { return s.state.ID }

// ConnectionID returns API Gateway's id of the connection, for logs.
func (s *Socket) ConnectionID() string { return s.connectionID }

// Namespace returns the socket's namespace.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Recovered reports whether the client has recovered its earlier session. Only middlewares
// and connection handlers can tell.
func (s *Socket) Recovered() bool { return s.recovered }

// EndingWasCutShort reports, to disconnect handlers, that the function that began to end the
// socket died or failed, more than a minute ago. So the client has been gone for as long.
func (s *Socket) EndingWasCutShort() bool { return s.cutShort }

// Handshake returns what the client sent when it connected: of its headers those that
// Options.Headers names.
func (s *Socket) Handshake() Handshake {
	s.loadHandshake()
	return s.handshake
}

// Rooms returns the rooms that the socket is in, the room of its own id first. In a disconnect
// handler it returns none.
func (s *Socket) Rooms() []string {
	if s.left {
		return nil
	}
	s.loadRooms()
	return append([]string{s.state.ID}, s.state.Rooms...)
}

// InRoom reports whether the socket is in a room.
func (s *Socket) InRoom(room string) bool { return slices.Contains(s.Rooms(), room) }

// Data decodes the socket's data into v. Without data it leaves v unchanged.
func (s *Socket) Data(v any) error { return decodeData(s.state.Data, v) }

// SetData stores v, encoded in JSON, as the socket's data. The last call wins.
func (s *Socket) SetData(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode socket data: %w", err)
	}
	if s.admitted {
		if err := s.store().SetData(ctx, s.ref(), data); err != nil {
			return fmt.Errorf("store socket data: %w", err)
		}
	}
	s.state.Data = data
	return nil
}

// SetExpiry makes the socket end at a time, usually when the token expires by which it was
// admitted. Its first message after that time disconnects it, or else the next round of the
// sweep ("server namespace disconnect"). In a middleware this costs no call. The zero time
// removes the expiry.
func (s *Socket) SetExpiry(ctx context.Context, at time.Time) error {
	if s.admitted {
		if err := s.store().SetExpiry(ctx, s.ref(), at); err != nil {
			return fmt.Errorf("store socket expiry: %w", err)
		}
	}
	s.state.Expires = at
	return nil
}

// Expiry returns when the socket ends, or the zero time.
func (s *Socket) Expiry() time.Time { return s.state.Expires }

// Join adds the socket to rooms. When Join has returned, an emit to the rooms reaches the
// socket. A room's name has at most 128 bytes, and a socket is in at most Options.MaxRooms
// rooms: an error with CodeTooManyRooms.
func (s *Socket) Join(ctx context.Context, rooms ...string) error {
	if err := checkRooms(rooms); err != nil {
		return err
	}
	limit := s.namespace.server.options.MaxRooms
	if s.admitted {
		if err := joinError(s.store().Join(ctx, s.ref(), rooms, limit), limit); err != nil {
			return err
		}
	}
	joined := slices.Clone(s.state.Rooms)
	for _, room := range rooms {
		if room != s.state.ID && !slices.Contains(joined, room) {
			joined = append(joined, room)
		}
	}
	if !s.admitted && len(joined) > limit {
		return joinError(store.ErrTooManyRooms, limit)
	}
	s.state.Rooms = joined
	return nil
}

// Leave removes the socket from rooms. It cannot leave the room of its own id.
func (s *Socket) Leave(ctx context.Context, rooms ...string) error {
	rooms = leavable(s.state.ID, rooms)
	if s.admitted {
		if err := s.store().Leave(ctx, s.ref(), rooms); err != nil {
			return err
		}
	}
	s.state.Rooms = slices.DeleteFunc(slices.Clone(s.state.Rooms), func(r string) bool {
		return slices.Contains(rooms, r)
	})
	return nil
}

// Emit sends an event to this client. Events that a handler emits leave before its
// acknowledgement. An error wraps ErrGone if the client is gone.
func (s *Socket) Emit(ctx context.Context, event string, args ...any) error {
	return Direct{socket: s}.Emit(ctx, event, args...)
}

// Send emits the event "message" to this client.
func (s *Socket) Send(ctx context.Context, args ...any) error { return s.Emit(ctx, "message", args...) }

// EmitWithAck sends an event to this client and waits for its acknowledgement.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	return Direct{socket: s}.EmitWithAck(ctx, event, args...)
}

// Timeout sets how long EmitWithAck waits.
func (s *Socket) Timeout(d time.Duration) Direct { return Direct{socket: s, timeout: d} }

// Volatile marks the packet as one that the client may miss when the gateway is busy.
func (s *Socket) Volatile() Direct { return Direct{socket: s, volatile: true} }

// Broadcast addresses every socket of the namespace except this one.
func (s *Socket) Broadcast() Broadcast {
	b := s.namespace.everyone
	b.self = s.state.ID
	return b
}

// To addresses the sockets of rooms except this one; In does the same.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// In addresses the sockets of rooms except this one.
func (s *Socket) In(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Except addresses every socket that is in none of the rooms, except this one.
func (s *Socket) Except(rooms ...string) Broadcast { return s.Broadcast().Except(rooms...) }

// Disconnect ends this socket or, with closeConnection, its whole connection. The client does
// not reconnect by itself.
func (s *Socket) Disconnect(ctx context.Context, closeConnection bool) error {
	ended, err := s.namespace.server.ender.disconnect(ctx, s.ref(), closeConnection)
	s.left = s.left || err == nil
	s.endedHere = s.endedHere || ended
	return err
}

// ref names the socket for the Store.
func (s *Socket) ref() store.SocketRef {
	return store.SocketRef{ConnectionID: s.connectionID, Namespace: s.namespace.name, SocketID: s.state.ID}
}

func newSocket(ns *Namespace, c store.Connection, state store.SocketState) *Socket {
	return &Socket{namespace: ns, connectionID: c.ID, handshake: c.Handshake, state: state, admitted: true}
}

func (s *Socket) store() store.Store { return s.namespace.server.options.Store }

// Direct emits to one client with options. [Socket.Timeout] and [Socket.Volatile] return it.
type Direct struct {
	socket   *Socket
	timeout  time.Duration
	volatile bool
}

// Timeout sets how long EmitWithAck waits.
func (d Direct) Timeout(t time.Duration) Direct {
	d.timeout = t
	return d
}

// Volatile marks the packet as one that the client may miss when the gateway is busy.
func (d Direct) Volatile() Direct {
	d.volatile = true
	return d
}

// Emit sends an event to the client.
func (d Direct) Emit(ctx context.Context, event string, args ...any) error {
	packet, err := socketio.NewEvent(d.socket.namespace.name, event, args...)
	if err == nil {
		d.socket.namespace.notifyOutgoing(ctx, event, args)
		err = d.emit(ctx, packet)
	}
	if err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

func (d Direct) emit(ctx context.Context, packet socketio.Packet) error {
	if !d.socket.admitted {
		return errNotAdmitted
	}
	s, own := d.socket.namespace.server, store.Member{ConnectionID: d.socket.connectionID, SocketID: d.socket.state.ID}
	delivery, err := s.prepare(ctx, packet, d.volatile, []string{own.SocketID}, nil)
	if err == nil {
		err = Spend(ctx, billedMessages(delivery.Frames))
	}
	if err != nil {
		return err
	}
	record := s.recovery.record(ctx, delivery)
	began := record.posting()
	err = s.poster.post(ctx, own.ConnectionID, delivery.Frames, triesOf(d.volatile))
	if s.recovery != nil && errors.Is(err, ErrGone) {
		own, err = d.postElsewhere(ctx, delivery, own, err)
	}
	record.posted(own, began, err)
	return errors.Join(err, record.store(ctx))
}

// postElsewhere posts to a socket whose connection is gone, if it has been recovered on another
// since this handler began.
func (d Direct) postElsewhere(ctx context.Context, delivery Delivery, own store.Member, gone error) (store.Member, error) {
	s := d.socket.namespace.server
	members, err := s.options.Store.Members(ctx, delivery.Namespace, own.SocketID)
	for _, m := range members {
		if err == nil && m.ConnectionID != own.ConnectionID {
			return m, s.poster.post(ctx, m.ConnectionID, delivery.Frames, triesOf(d.volatile))
		}
	}
	return own, errors.Join(gone, err)
}

// send sends a packet that asks for an acknowledgement. Only the handler's own connection can
// answer it.
func (d Direct) send(ctx context.Context, packet socketio.Packet) error {
	if !d.socket.admitted {
		return errNotAdmitted
	}
	frames := packet.Frames()
	if err := Spend(ctx, billedMessages(frames)); err != nil {
		return err
	}
	return d.socket.namespace.server.poster.post(ctx, d.socket.connectionID, frames, triesOf(d.volatile))
}

var errNotAdmitted = errors.New("the socket is not admitted yet")

// leavable returns the rooms that a socket can leave.
func leavable(socketID string, rooms []string) []string {
	return slices.DeleteFunc(nonEmpty(rooms), func(room string) bool { return room == socketID })
}

func checkRooms(rooms []string) error {
	for _, room := range rooms {
		if room == "" || len(room) > maxRoom {
			return Errorf(CodeBadRequest, "A room name must have 1 to %d bytes.", maxRoom)
		}
	}
	return nil
}

// joinError returns a store's error as the client's.
func joinError(err error, limit int) error {
	if errors.Is(err, store.ErrTooManyRooms) {
		return Errorf(CodeTooManyRooms, "A socket may be in at most %d rooms.", limit).Because(err)
	}
	return err
}

const (
	// maxRoom bounds the names of rooms in bytes, because joining costs by the length.
	maxRoom = 128
	// maxName bounds the names of namespaces in bytes. A membership's key has to stay within
	// DynamoDB's 2,048 bytes, and a namespace's name may become three times as long when it
	// is escaped.
	maxName = 512
)

func decodeData(data json.RawMessage, v any) error {
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode socket data: %w", err)
	}
	return nil
}
