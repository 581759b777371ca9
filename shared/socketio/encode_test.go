package socketio

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func must(p Packet, err error) Packet {
	if err != nil {
		panic(err)
	}
	return p
}

func TestPacketsOnTheWire(t *testing.T) {
	type inner struct {
		Data Binary `json:"data"`
	}
	cases := []struct {
		what string
		p    Packet
		want []string
	}{
		{"CONNECT", must(NewConnect("/", map[string]string{"sid": "x"})), []string{`40{"sid":"x"}`}},
		{"CONNECT without payload", must(NewConnect("/n", nil)), []string{"40/n,"}},
		{"CONNECT_ERROR", must(NewConnectError("/n", map[string]string{"message": "no"})), []string{`44/n,{"message":"no"}`}},
		{"DISCONNECT", NewDisconnect("/"), []string{"41"}},
		{"DISCONNECT from a namespace", NewDisconnect("/n"), []string{"41/n,"}},
		{"EVENT", must(NewEvent("/", "a", 1, "b", nil, true)), []string{`42["a",1,"b",null,true]`}},
		{"EVENT with an id", must(NewEvent("/n", "a")).WithID(0), []string{`42/n,0["a"]`}},
		{"EVENT with HTML in it", must(NewEvent("/", "a", "<&>")), []string{`42["a","<&>"]`}},
		{"EVENT with one more argument", must(must(NewEvent("/", "a")).WithArg("offset")), []string{`42["a","offset"]`}},
		{"ACK", must(NewAck("/", 3, "x")), []string{`433["x"]`}},
		{"ACK without arguments", must(NewAck("/", 3)), []string{`433[]`}},
		{"BINARY_EVENT", must(NewEvent("/", "a", Binary{1}, inner{Binary{2}}, []any{Binary{}})),
			[]string{`453-["a",{"_placeholder":true,"num":0},{"data":{"_placeholder":true,"num":1}},[{"_placeholder":true,"num":2}]]`, "bAQ==", "bAg==", "b"}},
		{"BINARY_ACK", must(NewAck("/n", 3, Binary{1})), []string{`461-/n,3[{"_placeholder":true,"num":0}]`, "bAQ=="}},
		{"binary data added to binary data", must(must(NewEvent("/", "a", Binary{1})).WithArg(Binary{2})),
			[]string{`452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQ==", "bAg=="}},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			if got := frames(c.p); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestWhatCannotBeEncoded(t *testing.T) {
	if _, err := NewEvent("/", "disconnect"); !errors.Is(err, ErrReservedName) {
		t.Errorf("a reserved name: %v", err)
	}
	if _, err := NewEvent("/", "a", make(chan int)); !errors.Is(err, ErrArgument) {
		t.Errorf("a channel: %v", err)
	}
	if _, err := NewAck("/", 1, json.RawMessage("{")); !errors.Is(err, ErrArgument) {
		t.Errorf("invalid JSON: %v", err)
	}
	if _, err := NewConnect("/", []int{1}); !errors.Is(err, ErrArgument) {
		t.Errorf("a CONNECT with an array: %v", err)
	}
	many := make([]any, MaxAttachments+1)
	for i := range many {
		many[i] = Binary{1}
	}
	if _, err := NewEvent("/", "a", many...); !errors.Is(err, ErrArgument) {
		t.Errorf("eleven attachments: %v", err)
	}
}

func TestAPacketThatIsKeptIsNotChangedByTheNext(t *testing.T) {
	first := must(NewEvent("/", "a", strings.Repeat("x", 50)))
	want := string(first.Frames()[0])
	for range 10 {
		must(NewEvent("/", "b", strings.Repeat("y", 50)))
	}
	if got := string(first.Frames()[0]); got != want {
		t.Errorf("got %s", got)
	}
}

var text = strings.Repeat("x", 128)

func BenchmarkEncode(b *testing.B) {
	arg := any(text)
	b.ReportAllocs()
	for b.Loop() {
		p, err := NewEvent("/", "message", arg)
		if err != nil {
			b.Fatal(err)
		}
		p.Frames()
	}
}

func BenchmarkDecode(b *testing.B) {
	packet := `2["message","` + text + `"]`
	b.ReportAllocs()
	for b.Loop() {
		p, err := Decode(packet)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := p.Event(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeBinary(b *testing.B) {
	arg := any(Binary(text))
	b.ReportAllocs()
	for b.Loop() {
		p, err := NewEvent("/", "message", arg)
		if err != nil {
			b.Fatal(err)
		}
		p.Frames()
	}
}
