package main

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/zishang520/socket.io/clients/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

const patience = 10 * time.Second

// visit is one run of a behaviour, with the sockets that it opened.
type visit struct {
	url, proxy, control, early string
	sockets                    []*socket.Socket
}

type object = map[string]any

// socket makes a socket that is not open yet, so that nothing it hears is missed.
func (v *visit) socket(url string, auth object) (*socket.Socket, error) {
	o := socket.DefaultOptions()
	o.SetTransports(types.NewSet(socket.WebSocket))
	o.SetForceBase64(true)
	o.SetForceNew(true)
	o.SetAutoConnect(false)
	o.SetReconnectionDelay(50)
	o.SetAuth(auth)
	s, err := socket.Io(url, o)
	if err == nil {
		v.sockets = append(v.sockets, s)
	}
	return s, err
}

func (v *visit) connect(url string, auth object) (*socket.Socket, error) {
	s, err := v.socket(url, auth)
	if err != nil {
		return nil, err
	}
	return s, open(s)
}

// attempts and attempt bound how often and how long a connection is tried: this
// client never sends its first packet when the server's first frame comes while it is
// still opening.
const (
	attempts = 10
	attempt  = time.Second
)

func open(s *socket.Socket) error {
	connects := hear(s, "connect")
	for range attempts {
		s.Connect()
		if connects.within(attempt) {
			return nil
		}
		s.Disconnect()
	}
	return errors.New("connect did not come")
}

// withAuth are options of a further namespace.
func withAuth(auth object) socket.SocketOptionsInterface {
	o := socket.DefaultSocketOptions()
	o.SetAuth(auth)
	return o
}

// heard is what an event brings, in order.
type heard struct {
	event types.EventName
	args  chan []any
}

func hear(s *socket.Socket, event types.EventName) heard {
	h := heard{event, make(chan []any, 16)}
	_ = s.On(event, func(args ...any) { h.args <- args })
	return h
}

// next returns the first argument, or nil if there is none.
func (h heard) next() (any, error) {
	select {
	case args := <-h.args:
		if len(args) == 0 {
			return nil, nil
		}
		return args[0], nil
	case <-time.After(patience):
		return nil, fmt.Errorf("%s did not come", h.event)
	}
}

// within reports whether the event comes in a time.
func (h heard) within(d time.Duration) bool {
	select {
	case <-h.args:
		return true
	case <-time.After(d):
		return false
	}
}

// ask emits and returns the acknowledgement's first value.
func ask(s *socket.Socket, event string, args ...any) (any, error) {
	type result struct {
		args []any
		err  error
	}
	answered := make(chan result, 1)
	s.Timeout(patience).EmitWithAck(event, args...)(func(args []any, err error) { answered <- result{args, err} })
	switch r := <-answered; {
	case r.err != nil:
		return nil, fmt.Errorf("%s: %w", event, r.err)
	case len(r.args) == 0:
		return nil, nil
	default:
		return r.args[0], nil
	}
}

// want compares values as the JSON that they came from.
func want(got, want any) error {
	if b, ok := got.(types.BufferInterface); ok {
		got = b.Bytes()
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %v instead of %v", got, want)
	}
	return nil
}

func greeted(s *socket.Socket, name string) error {
	answer, err := ask(s, "greet", object{"name": name})
	return errors.Join(err, want(answer, object{"greeting": "Hello, " + name + "!"}))
}

func (v *visit) post(command string) error {
	response, err := http.Post(v.control+"/"+command, "", nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
