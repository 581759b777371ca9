// Package socket is a Socket.IO client that is small enough to have thousands of, in one process.
// Enter at [Dial]. It speaks WebSocket only, as Confab does, and does not reconnect by itself.
package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/socketio"
)

// Options say what to connect to.
type Options struct {
	// URL is the server's, as "http://localhost:3000". Without a path, Socket.IO's own is added.
	URL string
	// Namespace is "/" by default.
	Namespace string
	// Auth goes to the server's middlewares.
	Auth any
	// OnEvent hears the name of each event of the server. It runs on the goroutine that reads, so it
	// must not wait. It may be nil.
	OnEvent func(name string)
	// OnArgs hears events with their arguments, which takes longer. It may be nil.
	OnArgs func(name string, args socketio.Args)
	// HTTP makes the connection; nil is the default client.
	HTTP *http.Client
}

// ErrClosed is the cause of errors after the connection has ended.
var ErrClosed = errors.New("the connection has ended")

// RefusedError is the answer of a server that does not let the client in.
type RefusedError struct{ Message string }

// Error implements error.
func (e *RefusedError) Error() string { return "the server refused to connect: " + e.Message }

// Socket is one connection with one namespace. It is safe for concurrent use.
type Socket struct {
	options Options
	line    *websocket.Conn
	// connected is sent the answer to CONNECT, once.
	connected chan error
	// done is closed when the connection has ended, after cause was set.
	done  chan struct{}
	cause error

	mu     sync.Mutex
	nextID uint64
	// asked are the callers that wait for an acknowledgement, by its id.
	asked map[uint64]chan socketio.Args
}

// maxMessage is how long a message of the server may be.
const maxMessage = 1 << 20

// Dial connects, and returns when the server has let the client in. The error is a *RefusedError if
// the server did not. The context bounds the connecting only.
func Dial(ctx context.Context, o Options) (*Socket, error) {
	if o.Namespace == "" {
		o.Namespace = "/"
	}
	address, err := address(o.URL)
	if err != nil {
		return nil, err
	}
	line, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: o.HTTP})
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	line.SetReadLimit(maxMessage)
	s := &Socket{
		options: o, line: line, connected: make(chan error, 1), done: make(chan struct{}), asked: map[uint64]chan socketio.Args{},
	}
	go s.read()
	select {
	case err = <-s.connected:
	case <-s.done:
		select {
		case err = <-s.connected: // the server has answered, and then left
		default:
			err = s.cause
		}
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.Cut()
		return nil, err
	}
	return s, nil
}

// address returns the address of a server's WebSocket.
func address(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("the server's URL: %w", err)
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	if u.Path == "" || u.Path == "/" {
		u.Path = "/socket.io/"
	}
	u.RawQuery = url.Values{"EIO": {"4"}, "transport": {"websocket"}}.Encode()
	return u.String(), nil
}

// read handles frames until the connection ends.
func (s *Socket) read() {
	ctx := context.Background()
	var err error
	for err == nil {
		var frame []byte
		if _, frame, err = s.line.Read(ctx); err == nil && len(frame) > 0 {
			err = s.handle(ctx, engineio.PacketType(frame[0]), string(frame[1:]))
		}
	}
	s.cause = fmt.Errorf("%w: %w", ErrClosed, err)
	_ = s.line.CloseNow()
	close(s.done)
}

// handle handles one frame.
func (s *Socket) handle(ctx context.Context, kind engineio.PacketType, text string) error {
	switch kind {
	case engineio.Open:
		p, err := socketio.NewConnect(s.options.Namespace, s.options.Auth)
		if err != nil {
			return err
		}
		return s.write(ctx, p)
	case engineio.Ping:
		return s.line.Write(ctx, websocket.MessageText, []byte{byte(engineio.Pong)})
	case engineio.Message:
		p, err := socketio.DecodeServer(text)
		if err != nil {
			return err
		}
		return s.receive(p)
	default:
		return nil
	}
}

// receive handles one packet.
func (s *Socket) receive(p socketio.Packet) error {
	switch p.Type {
	case socketio.Connect:
		s.answerConnect(nil)
	case socketio.ConnectError:
		var refusal RefusedError
		_ = json.Unmarshal(p.Payload, &refusal) // a refusal of another form has no message
		s.answerConnect(&refusal)
	case socketio.Disconnect:
		return errors.New("the server has disconnected the client")
	case socketio.Event:
		if s.options.OnEvent != nil {
			s.options.OnEvent(p.EventName())
		}
		if s.options.OnArgs != nil {
			name, args, err := p.Event()
			if err != nil {
				return err
			}
			s.options.OnArgs(name, args)
		}
	case socketio.Ack:
		args, err := p.Args()
		if err != nil {
			return err
		}
		s.mu.Lock()
		asked := s.asked[p.ID]
		delete(s.asked, p.ID)
		s.mu.Unlock()
		if asked != nil {
			asked <- args
		}
	}
	return nil
}

// answerConnect tells Dial what the server has answered. Only the first answer counts.
func (s *Socket) answerConnect(err error) {
	select {
	case s.connected <- err:
	default:
	}
}

// Call emits an event and decodes the first argument of its acknowledgement into answer, unless
// that is nil.
func (s *Socket) Call(ctx context.Context, event string, argument, answer any) error {
	args, err := s.Ask(ctx, event, argument)
	if err != nil || answer == nil {
		return err
	}
	return args.Decode(0, answer)
}

// Ask emits an event with any number of arguments, and returns its acknowledgement.
func (s *Socket) Ask(ctx context.Context, event string, arguments ...any) (socketio.Args, error) {
	p, err := socketio.NewEvent(s.options.Namespace, event, arguments...)
	if err != nil {
		return nil, err
	}
	asked := make(chan socketio.Args, 1)
	s.mu.Lock()
	id := s.nextID
	s.nextID++
	s.asked[id] = asked
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.asked, id)
	}()
	if err := s.write(ctx, p.WithID(id)); err != nil {
		return nil, fmt.Errorf("emit %s: %w", event, err)
	}
	select {
	case args := <-asked:
		return args, nil
	case <-s.done:
		if len(asked) > 0 { // it came before the end
			return <-asked, nil
		}
		return nil, fmt.Errorf("wait for the acknowledgement of %s: %w", event, s.cause)
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the acknowledgement of %s: %w", event, ctx.Err())
	}
}

// write sends a packet. It cannot have attachments: nothing here sends any.
func (s *Socket) write(ctx context.Context, p socketio.Packet) error {
	return s.line.Write(ctx, websocket.MessageText, p.Frames()[0])
}

// Done is closed when the connection has ended.
func (s *Socket) Done() <-chan struct{} { return s.done }

// Close closes the connection as a client that leaves does.
func (s *Socket) Close() {
	_ = s.line.Close(websocket.StatusNormalClosure, "")
	<-s.done
}

// Cut ends the connection without a word, as a line that breaks does.
func (s *Socket) Cut() {
	_ = s.line.CloseNow()
	<-s.done
}
