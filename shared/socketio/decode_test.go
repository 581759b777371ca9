package socketio

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestPacketsThatAClientMaySend(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	cases := []struct {
		rule, text string
		want       Packet
	}{
		{"CONNECT without payload", "0", Packet{Type: Connect, Namespace: "/"}},
		{"CONNECT with an object", `0{"token":"x"}`, Packet{Type: Connect, Namespace: "/", Payload: raw(`{"token":"x"}`)}},
		{"CONNECT to a namespace", "0/admin,", Packet{Type: Connect, Namespace: "/admin"}},
		{"CONNECT to a namespace without a comma", "0/custom", Packet{Type: Connect, Namespace: "/custom"}},
		{"CONNECT to a namespace with an object", `0/a,{"b":1}`, Packet{Type: Connect, Namespace: "/a", Payload: raw(`{"b":1}`)}},
		{"DISCONNECT", "1", Packet{Type: Disconnect, Namespace: "/"}},
		{"DISCONNECT from a namespace", "1/admin,", Packet{Type: Disconnect, Namespace: "/admin"}},
		{"EVENT", `2["a",1]`, Packet{Type: Event, Namespace: "/", Payload: raw(`["a",1]`)}},
		{"EVENT without payload", "2", Packet{Type: Event, Namespace: "/"}},
		{"EVENT named by a number", "2[1,2]", Packet{Type: Event, Namespace: "/", Payload: raw("[1,2]")}},
		{"EVENT named error", `2["error","x"]`, Packet{Type: Event, Namespace: "/", Payload: raw(`["error","x"]`)}},
		{"EVENT that asks for an acknowledgement", `212["a"]`, Packet{Type: Event, Namespace: "/", ID: 12, HasID: true, Payload: raw(`["a"]`)}},
		{"EVENT with id 0", `20["a"]`, Packet{Type: Event, Namespace: "/", HasID: true, Payload: raw(`["a"]`)}},
		{"EVENT in a namespace with an id", `2/n,7["a"]`, Packet{Type: Event, Namespace: "/n", ID: 7, HasID: true, Payload: raw(`["a"]`)}},
		{"EVENT with white space", ` 2`[1:] + ` [ "a" , 1 ] `, Packet{Type: Event, Namespace: "/", Payload: raw(`[ "a" , 1 ]`)}},
		{"ACK", "31[1]", Packet{Type: Ack, Namespace: "/", ID: 1, HasID: true, Payload: raw("[1]")}},
		{"ACK without payload", "31", Packet{Type: Ack, Namespace: "/", ID: 1, HasID: true}},
		{"BINARY_EVENT", `51-["a",{"_placeholder":true,"num":0}]`, Packet{Type: BinaryEvent, Namespace: "/", Attachments: 1, Payload: raw(`["a",{"_placeholder":true,"num":0}]`)}},
		{"BINARY_ACK in a namespace", `61-/n,3[{"_placeholder":true,"num":0}]`, Packet{Type: BinaryAck, Namespace: "/n", ID: 3, HasID: true, Attachments: 1, Payload: raw(`[{"_placeholder":true,"num":0}]`)}},
		{"ten attachments", `510-["a"]`, Packet{Type: BinaryEvent, Namespace: "/", Attachments: 10, Payload: raw(`["a"]`)}},
		{"the deepest nesting", `2["a",` + strings.Repeat("[", MaxNesting-1) + strings.Repeat("]", MaxNesting-1) + "]",
			Packet{Type: Event, Namespace: "/", Payload: raw(`["a",` + strings.Repeat("[", MaxNesting-1) + strings.Repeat("]", MaxNesting-1) + "]")}},
		{"brackets in a string are no nesting", `2["` + strings.Repeat("[", 2*MaxNesting) + `"]`,
			Packet{Type: Event, Namespace: "/", Payload: raw(`["` + strings.Repeat("[", 2*MaxNesting) + `"]`)}},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			got, err := Decode(c.text)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

func TestPacketsThatCloseTheConnection(t *testing.T) {
	cases := []struct{ rule, text string }{
		{"nothing", ""},
		{"an unknown type", "7"},
		{"no type", `["a"]`},
		{"CONNECT with a string", `0"abc"`},
		{"CONNECT with an array", "0[1]"},
		{"CONNECT with null", "0null"},
		{"CONNECT with a number", "0/a,1.5"},
		{"DISCONNECT with payload", `1{"a":1}`},
		{"EVENT without name", "2[]"},
		{"EVENT named null", "2[null]"},
		{"EVENT named by an object", "2[{}]"},
		{"EVENT with an object", `2{"a":1}`},
		{"EVENT named connect", `2["connect"]`},
		{"EVENT named connect_error", `2["connect_error"]`},
		{"EVENT named disconnect", `2["disconnect"]`},
		{"EVENT named disconnecting", `2["disconnecting"]`},
		{"EVENT named newListener", `2["newListener"]`},
		{"EVENT named removeListener", `2["removeListener"]`},
		{"a reserved name in disguise", `2["c\u006fnnect"]`},
		{"ACK with an object", "31{}"},
		{"CONNECT_ERROR", `4{"message":"x"}`},
		{"junk after the JSON", `2["a"]junk`},
		{"a second array", `2["a"]["b"]`},
		{"JSON that is cut off", `2["a"`},
		{"no number of attachments", `5["a"]`},
		{"a malformed number of attachments", `5x-["a"]`},
		{"a negative number of attachments", `5-1-["a"]`},
		{"more than ten attachments", `511-["a"]`},
		{"an id beyond 64 bits", `299999999999999999999["a"]`},
		{"nesting that is too deep", `2["a",` + strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting) + "]"},
		{"text that is not UTF-8", "2[\"\xed\"]"},
		{"a packet that is too large", `2["` + strings.Repeat("x", MaxPacketSize) + `"]`},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			if got, err := Decode(c.text); !errors.Is(err, ErrParse) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAServerMaySendConnectErrors(t *testing.T) {
	for _, text := range []string{`4{"message":"no"}`, `4"no"`, `4/n,{"message":"no"}`} {
		if _, err := DecodeServer(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := DecodeServer("4[1]"); !errors.Is(err, ErrParse) {
		t.Errorf("an array: %v", err)
	}
}

func TestNamesAndArguments(t *testing.T) {
	cases := []struct {
		text, name string
		args       []string
	}{
		{`2["a"]`, "a", []string{}},
		{`2["a",1,"b",null,{"c":[1,{"d":"]"}]},[[]],true,-1.5e3]`, "a", []string{"1", `"b"`, "null", `{"c":[1,{"d":"]"}]}`, "[[]]", "true", "-1.5e3"}},
		{`2[ "a" , 1 , [ 2 ] ]`, "a", []string{"1", "[ 2 ]"}},
		{`2["a\"b\\",","]`, `a"b\`, []string{`","`}},
		{`2["\u00e4"]`, "ä", []string{}},
		{`2[7,8]`, "7", []string{"8"}},
		{`2`, "", nil},
	}
	for _, c := range cases {
		p, err := Decode(c.text)
		if err != nil {
			t.Fatal(c.text, err)
		}
		name, args, err := p.Event()
		if err != nil {
			t.Fatal(c.text, err)
		}
		var got []string
		if args != nil {
			got = []string{}
		}
		for _, a := range args {
			got = append(got, string(a))
		}
		if name != c.name || !reflect.DeepEqual(got, c.args) {
			t.Errorf("%s: got %q %q", c.text, name, got)
		}
	}
}

func TestAnArgumentIsDecodedOrRefused(t *testing.T) {
	args := Args{json.RawMessage("7"), json.RawMessage(`"x"`)}
	n := 1
	if err := args.Decode(0, &n); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	if err := args.Decode(5, &n); err != nil || n != 7 {
		t.Errorf("a missing one: %d, %v", n, err)
	}
	if err := args.Decode(1, &n); !errors.Is(err, ErrArgument) {
		t.Errorf("one that does not fit: %v", err)
	}
	var b Binary
	if err := args.Decode(1, &b); !errors.Is(err, ErrArgument) {
		t.Errorf("a string as binary data: %v", err)
	}
}

func TestAttachments(t *testing.T) {
	header := `52-["a",{"x":{"_placeholder":true,"num":1},"n":1.50},{"_placeholder":true,"num":0}]`
	p, err := Decode(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Event(); !errors.Is(err, ErrParse) {
		t.Errorf("before the attachments: %v", err)
	}
	if p, err = p.Attach([][]byte{{1}, {2}}); err != nil {
		t.Fatal(err)
	}
	_, args, err := p.Event()
	if err != nil {
		t.Fatal(err)
	}
	var in struct{ X Binary }
	var second Binary
	if err := errors.Join(args.Decode(0, &in), args.Decode(1, &second)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in.X, Binary{2}) || !reflect.DeepEqual(second, Binary{1}) {
		t.Errorf("got %v %v", in, second)
	}
	again, err := NewEvent("/", "a", args.Any()...)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`452-["a",{"x":{"_placeholder":true,"num":0},"n":1.50},{"_placeholder":true,"num":1}]`, "bAg==", "bAQ=="}
	if got := frames(again); !reflect.DeepEqual(got, want) {
		t.Errorf("passed on: %q", got)
	}
}

func TestAttachmentsThatDoNotFit(t *testing.T) {
	for what, text := range map[string]string{
		"out of range": `51-["a",{"_placeholder":true,"num":1}]`,
		"negative":     `51-["a",{"_placeholder":true,"num":-1}]`,
		"a fraction":   `51-["a",{"_placeholder":true,"num":0.5}]`,
		"a string":     `51-["a",{"_placeholder":true,"num":"0"}]`,
		"missing":      `51-["a",{"_placeholder":true}]`,
	} {
		p, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Attach([][]byte{{1}}); !errors.Is(err, ErrParse) {
			t.Errorf("a placeholder that is %s: %v", what, err)
		}
		if _, err := p.Attach(nil); !errors.Is(err, ErrParse) {
			t.Errorf("too few: %v", err)
		}
	}
}

func TestAPlaceholderInATextPacketIsPlainData(t *testing.T) {
	p, err := Decode(`2["a",{"_placeholder":true,"num":0}]`)
	if err != nil {
		t.Fatal(err)
	}
	_, args, err := p.Event()
	if err != nil || string(args[0]) != `{"_placeholder":true,"num":0}` {
		t.Errorf("got %s, %v", args, err)
	}
}

func TestTheAssembler(t *testing.T) {
	var a Assembler
	if _, _, err := a.AddBinary([]byte{1}); !errors.Is(err, ErrParse) {
		t.Errorf("a stray attachment: %v", err)
	}
	header := `52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	if _, done, err := a.Add(header); done || err != nil {
		t.Fatal(done, err)
	}
	if _, done, err := a.AddBinary([]byte{1}); done || err != nil {
		t.Fatal(done, err)
	}
	if _, _, err := a.Add(`2["b"]`); !errors.Is(err, ErrParse) {
		t.Errorf("a packet in between: %v", err)
	}
	p, done, err := a.AddBinary([]byte{2})
	if !done || err != nil || !reflect.DeepEqual(p.Binary, [][]byte{{1}, {2}}) {
		t.Errorf("got %+v, %v, %v", p, done, err)
	}
	if p, done, err := a.Add(`2["b"]`); !done || err != nil || p.Type != Event {
		t.Errorf("the next: %+v, %v, %v", p, done, err)
	}
}

func frames(p Packet) []string {
	var all []string
	for _, f := range p.Frames() {
		all = append(all, string(f))
	}
	return all
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "0", `0{"a":1}`, "0/n", `2["a",1]`, `2/n,12["a",{"b":[1]}]`, "31[1]", "1",
		`51-["a",{"_placeholder":true,"num":0}]`, `2["a"]junk`, `2[ 1 , "x" ]`, "2[\"\\u00e4\"]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Decode(text)
		if err != nil {
			if !errors.Is(err, ErrParse) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if p.Attachments > 0 {
			attachments := make([][]byte, p.Attachments)
			for i := range attachments {
				attachments[i] = []byte{byte(i)}
			}
			if p, err = p.Attach(attachments); err != nil {
				return
			}
		}
		// What was decoded and is encoded again decodes to the same.
		if p.Type != Event && p.Type != BinaryEvent {
			return
		}
		name, args, err := p.Event()
		if err != nil {
			t.Fatal(err)
		}
		if name == "" || Reserved(name) {
			return
		}
		encoded, err := NewEvent(p.Namespace, name, args.Any()...)
		if err != nil {
			t.Fatal(err)
		}
		if p.HasID {
			encoded = encoded.WithID(p.ID)
		}
		frame := string(encoded.Frames()[0][1:])
		if len(frame) > MaxPacketSize {
			return
		}
		again, err := Decode(frame)
		if err != nil {
			t.Fatalf("%q from %q: %v", frame, text, err)
		}
		if again.Attachments > 0 {
			if again, err = again.Attach(encoded.Binary); err != nil {
				t.Fatal(err)
			}
		}
		name2, args2, err := again.Event()
		if err != nil || name2 != name || fmt.Sprintf("%s", canonical(t, args2)) != fmt.Sprintf("%s", canonical(t, args)) {
			t.Errorf("%q: %q %s became %q %s, %v", text, name, args, name2, args2, err)
		}
	})
}

// canonical writes arguments in one way, whatever their white space and escapes.
func canonical(t *testing.T, args Args) []string {
	var all []string
	for _, a := range args {
		var v any
		decoder := json.NewDecoder(strings.NewReader(string(a)))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}
