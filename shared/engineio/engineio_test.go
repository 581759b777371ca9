package engineio

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFramesOfAClient(t *testing.T) {
	accept := []struct {
		rule, frame string
		want        Packet
	}{
		{"a pong", "3", Packet{Type: Pong}},
		{"a pong with data", "3probe", Packet{Type: Pong}},
		{"an OPEN, to be ignored", "0", Packet{Type: Open}},
		{"an UPGRADE, to be ignored", "5", Packet{Type: Upgrade}},
		{"a NOOP, to be ignored", "6", Packet{Type: Noop}},
		{"a CLOSE", "1", Packet{Type: Close}},
		{"a message", `42["a"]`, Packet{Type: Message, Text: `2["a"]`}},
		{"an empty message, for the next layer to refuse", "4", Packet{Type: Message}},
		{"binary data in base64", "bAQID", Packet{Type: Binary, Binary: []byte{1, 2, 3}}},
		{"empty binary data", "b", Packet{Type: Binary, Binary: []byte{}}},
	}
	for _, c := range accept {
		t.Run("accept "+c.rule, func(t *testing.T) {
			got, err := Decode(c.frame)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	closing := []struct{ rule, frame string }{
		{"a ping, which only servers send", "2"},
		{"a probe of another transport", "2probe"},
		{"an unknown type", "7"},
		{"an unknown letter", "x"},
		{"an empty frame", ""},
		{"bad base64", "b!!!"},
		{"base64 without its padding", "bAQ"},
		{"base64 with a line break", "bAQ\n=="},
	}
	for _, c := range closing {
		t.Run("close on "+c.rule, func(t *testing.T) {
			if got, err := Decode(c.frame); !errors.Is(err, ErrProtocol) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestRequestsToConnect(t *testing.T) {
	cases := []struct {
		rule  string
		query map[string]string
		want  error
	}{
		{"accept version 4 by WebSocket", map[string]string{"EIO": "4", "transport": "websocket"}, nil},
		{"accept b64", map[string]string{"EIO": "4", "transport": "websocket", "b64": "1"}, nil},
		{"refuse version 3", map[string]string{"EIO": "3", "transport": "websocket"}, &RequestError{5, "Unsupported protocol version"}},
		{"refuse no version", map[string]string{"transport": "websocket"}, &RequestError{5, "Unsupported protocol version"}},
		{"refuse long polling", map[string]string{"EIO": "4", "transport": "polling"}, &RequestError{0, "Transport unknown"}},
		{"refuse no transport", map[string]string{"EIO": "4"}, &RequestError{0, "Transport unknown"}},
		{"refuse a session of another transport", map[string]string{"EIO": "4", "transport": "websocket", "sid": "x"}, &RequestError{1, "Session ID unknown"}},
		{"refuse even an empty sid", map[string]string{"EIO": "4", "transport": "websocket", "sid": ""}, &RequestError{3, "Bad request"}},
		{"refuse nothing at all", nil, &RequestError{0, "Transport unknown"}},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			if got := CheckRequest(c.query); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheOpenFrame(t *testing.T) {
	cases := []struct {
		rule string
		h    Handshake
		want string
	}{
		{"holds all fields", Handshake{"abc", 25 * time.Second, 20 * time.Second, 1e6},
			`0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`},
		{"never says 0", Handshake{"abc", 0, time.Microsecond, 1},
			`0{"sid":"abc","upgrades":[],"pingInterval":1,"pingTimeout":1,"maxPayload":1}`},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			if got := string(c.h.Frame()); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("stays within a client's timer", func(t *testing.T) {
		var got struct{ PingInterval, PingTimeout int64 }
		frame := Handshake{"abc", 1000 * time.Hour, time.Second, 1}.Frame()
		if err := json.Unmarshal(frame[1:], &got); err != nil {
			t.Fatal(err)
		}
		if sum := got.PingInterval + got.PingTimeout; sum > 1<<31-1 || got.PingTimeout < 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "3", "4", `42["a"]`, "bAQID", "b", "2probe", "b\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		p, err := Decode(frame)
		if err != nil {
			if !errors.Is(err, ErrProtocol) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if p.Type == Binary && string(BinaryFrame(p.Binary)) != frame {
			t.Errorf("%q is %q when encoded again", frame, BinaryFrame(p.Binary))
		}
	})
}

func BenchmarkDecodeMessage(b *testing.B) {
	frame := "42" + strings.Repeat("x", 126)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBinaryFrame(b *testing.B) {
	data := make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		BinaryFrame(data)
	}
}
