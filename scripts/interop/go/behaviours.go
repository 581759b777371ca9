package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zishang520/socket.io/clients/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

func (v *visit) connectsWithAuth() error {
	s, err := v.connect(v.url+"/tour/members", object{"ticket": "golden", "name": "Ada"})
	if err != nil {
		return err
	}
	answer, err := ask(s, "whoAmI")
	return errors.Join(err, want(answer, object{"name": "Ada"}))
}

func (v *visit) isRefusedWithoutAuth() error {
	s, err := v.socket(v.url+"/tour/members", object{"ticket": "forged"})
	if err != nil {
		return err
	}
	refused := hear(s, "connect_error")
	s.Connect()
	refusal, err := refused.next()
	if err != nil {
		return err
	}
	var extended *types.ExtendedError
	if e, ok := refusal.(error); !ok || !errors.As(e, &extended) {
		return fmt.Errorf("it was refused with %v", refusal)
	}
	data, _ := extended.Data.(object)
	return errors.Join(want(extended.Message, "Members only."), want(data["code"], "no_ticket"), want(s.Connected(), false))
}

func (v *visit) serverAcknowledges() error {
	s, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	return greeted(s, "Ада ☀")
}

func (v *visit) clientAcknowledges() error {
	s, err := v.socket(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	_ = s.On("question", func(args ...any) {
		number := args[0].(object)["number"].(float64)
		args[1].(func([]any, error))([]any{object{"answer": number * 2}}, nil)
	})
	if err := open(s); err != nil {
		return err
	}
	answer, err := ask(s, "askMe", object{"number": 21})
	return errors.Join(err, want(answer, object{"ok": true, "answer": 42.0}))
}

func (v *visit) roomHearsABroadcast() error {
	inside, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	outside, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	told, missed := hear(inside, "told"), hear(outside, "told")
	if _, err := ask(inside, "enter", "go"); err != nil {
		return err
	}
	if _, err := ask(outside, "tellRoom", object{"room": "go", "text": "to the room"}); err != nil {
		return err
	}
	text, err := told.next()
	// What had been sent to the one outside would have arrived before its greeting.
	return errors.Join(err, want(text, "to the room"), greeted(outside, ""), want(len(missed.args), 0))
}

func (v *visit) namespacesShareAConnection() error {
	one, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	two := one.Io().Socket("/tour/members", withAuth(object{"ticket": "golden", "name": "Bob"}))
	if err := open(two); err != nil {
		return err
	}
	answer, err := ask(two, "whoAmI")
	if err := errors.Join(err, want(answer, object{"name": "Bob"}), greeted(one, "Bob")); err != nil {
		return err
	}
	nowhere := one.Io().Socket("/nowhere", withAuth(object{}))
	refused := hear(nowhere, "connect_error")
	nowhere.Connect()
	// This client shows a refusal's message only if it comes with data; and when one
	// namespace ends, it takes the listeners of another away, so that this comes last.
	_, err = refused.next()
	return err
}

// leaves has a socket leave, compares the reason that it hears, and returns the one
// that a watcher sees.
func (v *visit) leaves(leaver *socket.Socket, leave func(*socket.Socket), reason string) (any, error) {
	watcher, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return nil, err
	}
	left, reasons := hear(watcher, "left"), hear(leaver, "disconnect")
	if _, err := ask(watcher, "watch"); err != nil {
		return nil, err
	}
	id := leaver.Id()
	leave(leaver)
	got, err := reasons.next()
	if err := errors.Join(err, want(got, reason)); err != nil {
		return nil, err
	}
	for {
		got, err := left.next()
		if err != nil {
			return nil, err
		}
		if seen, _ := got.(object); seen["id"] == id { // and not somebody else
			return seen["reason"], nil
		}
	}
}

func (v *visit) clientDisconnects() error {
	other, err := v.connect(v.url+"/tour/binary", object{})
	if err != nil {
		return err
	}
	leaver := other.Io().Socket("/tour", withAuth(object{}))
	if err := open(leaver); err != nil {
		return err
	}
	disconnect := func(s *socket.Socket) { s.Disconnect() }
	reason, err := v.leaves(leaver, disconnect, "io client disconnect")
	if err := errors.Join(err, want(reason, "client namespace disconnect")); err != nil {
		return err
	}
	// One that leaves its last namespace closes its connection behind the packet, and
	// the server may hear of either first.
	last, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	switch reason, err := v.leaves(last, disconnect, "io client disconnect"); {
	case err != nil:
		return err
	case reason != "client namespace disconnect" && reason != "transport close" && reason != "transport error":
		return fmt.Errorf("it was seen to leave by %v", reason)
	}
	return nil
}

func (v *visit) serverDisconnects() error {
	leaver, err := v.connect(v.url+"/tour", object{})
	if err != nil {
		return err
	}
	reason, err := v.leaves(leaver, func(s *socket.Socket) { _ = s.Emit("leaveMe") }, "io server disconnect")
	return errors.Join(err, want(reason, "server namespace disconnect"))
}

func (v *visit) reconnectsAfterACut() error {
	s, err := v.connect(v.proxy+"/tour", object{})
	if err != nil {
		return err
	}
	id, connects, reasons := s.Id(), hear(s, "connect"), hear(s, "disconnect")
	if err := v.post("cut"); err != nil {
		return err
	}
	reason, err := reasons.next()
	if err != nil {
		return err
	}
	if text, _ := reason.(string); !strings.HasPrefix(text, "transport ") {
		return fmt.Errorf("the cut was heard as %v", reason)
	}
	if err := v.post("mend"); err != nil {
		return err
	}
	for range attempts {
		if connects.within(attempt) {
			break
		}
		if err := errors.Join(v.post("cut"), v.post("mend")); err != nil {
			return err
		}
	}
	if s.Id() == id || !s.Connected() {
		return errors.New("there is no new session")
	}
	return greeted(s, "Ada")
}

func (v *visit) bytesToTheServer() error {
	s, err := v.connect(v.url+"/tour/binary", object{})
	if err != nil {
		return err
	}
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	mirrored := hear(s, "mirrored")
	answer, err := ask(s, "mirror", bytes)
	if err := errors.Join(err, want(answer, bytes)); err != nil {
		return err
	}
	event, err := mirrored.next()
	return errors.Join(err, want(event, bytes))
}

func (v *visit) bytesToTheClient() error {
	s, err := v.connect(v.url+"/tour/binary", object{})
	if err != nil {
		return err
	}
	shown := hear(s, "shown")
	answer, err := ask(s, "picture", "Zürich")
	if err != nil {
		return err
	}
	event, err := shown.next()
	if err != nil {
		return err
	}
	for _, picture := range []any{answer, event} {
		p, _ := picture.(object)
		if err := errors.Join(want(p["name"], "Zürich"), want(p["bytes"], []byte("Zürich"))); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) keepsAnEarlyEvent() error {
	s, err := v.socket(v.early, object{})
	if err != nil {
		return err
	}
	heard := hear(s, "early")
	if err := open(s); err != nil {
		return err
	}
	kept, err := heard.next()
	return errors.Join(err, want(kept, "kept"))
}
