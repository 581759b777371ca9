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

// Socket is a client's session in one namespace, as a handler sees it: its rooms
// and data are those of the moment when the message was handled, plus what the
// handler itself changes. A Socket is for the handler that it was given to and
// not for concurrent use, except for emitting.
type Socket struct {
	namespace    *Namespace
	connectionID string
	handshake    Handshake
	state        store.SocketState
	recovered    bool
	// admitted is false while middlewares decide: joins and data are then collected
	// in state and stored with it.
	admitted bool
	// left is true for disconnect handlers: it is in no room.
	left bool
}

// ID returns the socket's id, which is also the name of its own room.
func (s *Socket) ID() string { return s.state.ID }

// ConnectionID returns API Gateway's id of the connection, for logs.
func (s *Socket) ConnectionID() string { return s.connectionID }

// Namespace returns the socket's namespace.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Recovered reports whether the client has its earlier session back, rather than a
// new one. It is known to middlewares and the connection handler.
func (s *Socket) Recovered() bool { return s.recovered }

// Handshake returns what the client said when it connected.
func (s *Socket) Handshake() Handshake { return s.handshake }

// Rooms returns the rooms that the socket is in, that of its own id first. In a disconnect
// handler there are none.
func (s *Socket) Rooms() []string {
	if s.left {
		return nil
	}
	return append([]string{s.state.ID}, s.state.Rooms...)
}

// InRoom reports whether the socket is in a room.
func (s *Socket) InRoom(room string) bool { return slices.Contains(s.Rooms(), room) }

// Data decodes the socket's data into v; without data it leaves v alone.
func (s *Socket) Data(v any) error { return decodeData(s.state.Data, v) }

// SetData stores v, in JSON, as the socket's data: the last one to store wins.
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

// SetExpiry makes the socket end at a time, which is usually that of the token by
// which it was admitted: its first message after it, or else the next round of the
// sweep, disconnects it ("server namespace disconnect"). In a middleware this costs no
// call. The zero time takes the expiry away.
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

// Join adds the socket to rooms. When it returns, the next emit to the rooms
// reaches the socket.
func (s *Socket) Join(ctx context.Context, rooms ...string) error {
	if err := checkRooms(rooms); err != nil {
		return err
	}
	if s.admitted {
		if err := s.store().Join(ctx, s.ref(), rooms); err != nil {
			return err
		}
	}
	for _, room := range rooms {
		if !s.InRoom(room) {
			s.state.Rooms = append(s.state.Rooms, room)
		}
	}
	return nil
}

// Leave takes the socket out of rooms. It cannot leave the room of its own id.
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

// Emit sends an event to this client. What a handler emits leaves before its
// acknowledgement. An error wraps ErrGone when the client is no longer there.
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

// Volatile makes the packet one that is not sent again when the client is busy.
func (s *Socket) Volatile() Direct { return Direct{socket: s, volatile: true} }

// Broadcast addresses everyone in the namespace but this socket.
func (s *Socket) Broadcast() Broadcast {
	b := s.namespace.broadcast()
	b.self = s.state.ID
	return b
}

// To addresses the sockets of rooms without this one; In is the same word.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// In addresses the sockets of rooms without this one.
func (s *Socket) In(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Except addresses everyone who is in none of the rooms, without this socket.
func (s *Socket) Except(rooms ...string) Broadcast { return s.Broadcast().Except(rooms...) }

// Disconnect ends this socket, or with close the whole connection. The client does not
// reconnect by itself.
func (s *Socket) Disconnect(ctx context.Context, close bool) error {
	if close {
		return s.namespace.server.shut(ctx, s.connectionID, ServerNamespaceDisconnect)
	}
	return s.namespace.server.disconnectSocket(ctx, s.ref())
}

// ref names the socket for the Store.
func (s *Socket) ref() store.SocketRef {
	return store.SocketRef{ConnectionID: s.connectionID, Namespace: s.namespace.name, SocketID: s.state.ID}
}

func (s *Socket) store() store.Store { return s.namespace.server.options.Store }

// Direct emits to one client with options: what Timeout and Volatile return.
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

// Volatile makes the packet one that is not sent again when the client is busy.
func (d Direct) Volatile() Direct {
	d.volatile = true
	return d
}

// Emit sends an event to the client.
func (d Direct) Emit(ctx context.Context, event string, args ...any) error {
	packet, err := socketio.NewEvent(d.socket.namespace.name, event, args...)
	if err == nil {
		d.socket.namespace.emitting(ctx, event, args)
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
	s, id := d.socket.namespace.server, d.socket.state.ID
	frames, err := s.prepare(ctx, packet, d.volatile, []string{id}, nil)
	if err != nil {
		return err
	}
	err = s.post(ctx, d.socket.connectionID, frames, d.volatile)
	if s.options.Recovery == nil || !errors.Is(err, ErrGone) {
		return err
	}
	// The socket may have been recovered on another connection since this handler began.
	members, lookErr := s.options.Store.Members(ctx, d.socket.namespace.name, id)
	for _, m := range members {
		if lookErr == nil && m.ConnectionID != d.socket.connectionID {
			return s.post(ctx, m.ConnectionID, frames, d.volatile)
		}
	}
	return errors.Join(err, lookErr)
}

// send sends a packet that asks for an acknowledgement, which only the connection of the
// handler can give.
func (d Direct) send(ctx context.Context, packet socketio.Packet) error {
	if !d.socket.admitted {
		return errNotAdmitted
	}
	return d.socket.namespace.server.post(ctx, d.socket.connectionID, packet.Frames(), d.volatile)
}

var errNotAdmitted = errors.New("the socket is not admitted yet")

// leavable returns the rooms that a socket can leave.
func leavable(socketID string, rooms []string) []string {
	return slices.DeleteFunc(named(rooms), func(room string) bool { return room == socketID })
}

func checkRooms(rooms []string) error {
	for _, room := range rooms {
		if room == "" || len(room) > maxName {
			return Errorf(CodeBadRequest, "A room's name has 1 to %d bytes.", maxName)
		}
	}
	return nil
}

// maxName bounds the names of rooms and namespaces, so that a membership's key stays within
// DynamoDB's 2,048 bytes: a namespace's may be three times as long when it is escaped.
const maxName = 512

func decodeData(data json.RawMessage, v any) error {
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode socket data: %w", err)
	}
	return nil
}
