package socketio

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// received returns a packet of a client with its attachments.
func received(t *testing.T, text string, attachments ...[]byte) Packet {
	t.Helper()
	p, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = p.Attach(attachments); err != nil {
		t.Fatal(err)
	}
	return p
}

func arguments(t *testing.T, p Packet) Args {
	t.Helper()
	_, args, err := p.Event()
	if err != nil {
		t.Fatal(err)
	}
	return args
}

func TestNumbersOfAttachmentsThatCloseTheConnection(t *testing.T) {
	for _, text := range []string{`50-["a"]`, `501-["a"]`, `5-["a"]`, `5 1-["a"]`, `51.0-["a"]`, `51["a"]`, "5", "51", `6-1-[]`} {
		if p, err := Decode(text); !errors.Is(err, ErrParse) {
			t.Errorf("%s: got %+v, %v", text, p, err)
		}
	}
}

func TestWhatIsAPlaceholder(t *testing.T) {
	cases := []struct{ rule, text, want string }{
		{"one with other properties", `51-["a",{"x":[{}],"num":0,"_placeholder":true}]`, `["a",BIN]`},
		{"one in disguise", `51-["a",{"\u005fplaceholder":true,"num":0}]`, `["a",BIN]`},
		{"one with white space", `51-["a", { "_placeholder" : true , "num" : 0 } , 1 ]`, `["a", BIN , 1 ]`},
		{"deep inside", `51-["a",{"b":[1,{"c":{"_placeholder":true,"num":0}}]}]`, `["a",{"b":[1,{"c":BIN}]}]`},
		{"not one that is false", `51-["a",{"_placeholder":false,"num":7}]`, `["a",{"_placeholder":false,"num":7}]`},
		{"not one that is overridden", `51-["a",{"_placeholder":true,"_placeholder":1,"num":7}]`, `["a",{"_placeholder":true,"_placeholder":1,"num":7}]`},
		{"not one in a string", `51-["a","{\"_placeholder\":true,\"num\":7}"]`, `["a","{\"_placeholder\":true,\"num\":7}"]`},
		{"none inside of another", `51-["a",{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":0}}]`, ""},
		{"none at all", `51-["a",{},[],""]`, `["a",{},[],""]`},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			p, err := Decode(c.text)
			if err != nil {
				t.Fatal(err)
			}
			p, err = p.Attach([][]byte{{1}})
			if c.want == "" {
				if !errors.Is(err, ErrParse) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := insert(p.Payload, p.Binary)
			want := strings.ReplaceAll(c.want, "BIN", string(appendMarker(nil, []byte{1})))
			if err != nil || string(got) != want {
				t.Errorf("got  %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestASmallPacketCannotBecomeAHugeOne(t *testing.T) {
	p, err := Decode(`51-["a"` + strings.Repeat(`,{"_placeholder":true,"num":0}`, 2) + `]`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Attach([][]byte{{1}}); !errors.Is(err, ErrParse) {
		t.Errorf("an attachment with two places: %v", err)
	}
}

func TestAReceivedPacketHasItsOwnFrames(t *testing.T) {
	text := `52-/n,7["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`
	p := received(t, text, []byte{1}, []byte{2})
	want := []string{"4" + text, "bAQ==", "bAg=="}
	if got := frames(p); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestBinaryDataIsNothingElse(t *testing.T) {
	args := arguments(t, received(t, `51-["a",{"_placeholder":true,"num":0}]`, []byte{1}))
	var text string
	var list []byte
	var object map[string]any
	for _, v := range []any{&text, &list, &object} {
		if err := args.Decode(0, v); !errors.Is(err, ErrArgument) {
			t.Errorf("as %T: %v", v, err)
		}
	}
	if text != "" || list != nil || object != nil {
		t.Errorf("got %q %v %v", text, list, object)
	}
}

func TestBinaryDataInAValueWithoutType(t *testing.T) {
	args := arguments(t, received(t, `52-["a",{"x":[{"_placeholder":true,"num":0}]},[{"_placeholder":true,"num":1}]]`, []byte{1}, []byte{2}))
	var whole any
	var object map[string]any
	var list []any
	if err := errors.Join(args.Decode(0, &whole), args.Decode(0, &object), args.Decode(1, &list)); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"x": []any{Binary{1}}}
	if !reflect.DeepEqual(whole, any(want)) || !reflect.DeepEqual(object, want) || !reflect.DeepEqual(list, []any{Binary{2}}) {
		t.Errorf("got %v %v %v", whole, object, list)
	}
}

func TestNullAsBinaryData(t *testing.T) {
	in := struct{ X Binary }{Binary{1}}
	if err := (Args{json.RawMessage(`{"X":null}`)}).Decode(0, &in); err != nil || in.X != nil {
		t.Errorf("got %v, %v", in, err)
	}
	if got := string(must(NewEvent("/", "a", Binary(nil))).Payload); got != `["a",null]` {
		t.Errorf("got %s", got)
	}
}

func TestTheMarkerNeverLeaves(t *testing.T) {
	marker, _ := json.Marshal(Binary{1})
	for what, make := range map[string]func() (Packet, error){
		"CONNECT":          func() (Packet, error) { return NewConnect("/", map[string]any{"x": Binary{1}}) },
		"CONNECT as such":  func() (Packet, error) { return NewConnect("/", Binary{1}) },
		"CONNECT_ERROR":    func() (Packet, error) { return NewConnectError("/", map[string]any{"x": Binary{1}}) },
		"a string":         func() (Packet, error) { return NewEvent("/", "a", string(marker)) },
		"a string of JSON": func() (Packet, error) { return NewEvent("/", "a", `{"x":`+string(marker)+`}`) },
		"a key":            func() (Packet, error) { return NewEvent("/", "a", map[string]int{string(nonce): 1}) },
		"a changed object": func() (Packet, error) { return NewEvent("/", "a", map[string]string{string(nonce): "AQ==", "x": ""}) },
		"a name":           func() (Packet, error) { return NewEvent("/", string(nonce)) },
		"no base64":        func() (Packet, error) { return NewAck("/", 1, map[string]string{string(nonce): "!"}) },
		"an added argument": func() (Packet, error) {
			return must(NewEvent("/", "a")).WithArg(string(marker))
		},
	} {
		if p, err := make(); !errors.Is(err, ErrArgument) {
			t.Errorf("%s: got %q, %v", what, frames(p), err)
		}
	}
}

// Otherwise a client could have the others' connections closed, with data that a
// server passes on beside an attachment.
func TestDataThatLooksLikeAPlaceholder(t *testing.T) {
	data := arguments(t, received(t, `2["a",{"_placeholder":true,"num":9}]`)).Any()
	p, err := NewEvent("/", "a", data...)
	if err != nil || string(p.Payload) != `["a",{"_placeholder":true,"num":9}]` {
		t.Errorf("alone: got %s, %v", p.Payload, err)
	}
	if _, err := NewEvent("/", "a", append(data, Binary{1})...); !errors.Is(err, ErrArgument) {
		t.Errorf("beside binary data: %v", err)
	}
	if _, err := p.WithArg(Binary{1}); !errors.Is(err, ErrArgument) {
		t.Errorf("with binary data added: %v", err)
	}
	if _, err := must(NewEvent("/", "a", Binary{1})).WithArg(data[0]); !errors.Is(err, ErrArgument) {
		t.Errorf("added to binary data: %v", err)
	}
}

func TestAnArgumentIsAddedToWhatHasArguments(t *testing.T) {
	if p := must(must(NewAck("/", 1)).WithArg(2)); string(p.Payload) != "[2]" || p.Type != Ack {
		t.Errorf("to none: got %+v", p)
	}
	if p := must(must(NewEvent("/", "a")).WithArg(Binary{1})); p.Type != BinaryEvent || p.Attachments != 1 {
		t.Errorf("binary data: got %+v", p)
	}
	first := must(NewEvent("/", "a", 1))
	must(first.WithArg(2))
	if string(first.Payload) != `["a",1]` {
		t.Errorf("the packet that it was made from became %s", first.Payload)
	}
	for _, p := range []Packet{{Type: Event}, NewDisconnect("/")} {
		if _, err := p.WithArg(1); err == nil {
			t.Errorf("%v without payload: no error", p.Type)
		}
	}
}

func TestSavedArguments(t *testing.T) {
	for _, c := range []struct{ rule, text, want string }{
		{"text stays what it is", `61-3[]`, `[]`},
		{"binary data is kept apart", `61-3[{"x":{"_placeholder":true,"num":0}}]`, `{"args":[{"x":{"_placeholder":true,"num":0}}],"binary":["AQ=="]}`},
	} {
		args, err := received(t, c.text, []byte{1}).Args()
		if err != nil {
			t.Fatal(err)
		}
		saved, err := args.Save()
		if err != nil || string(saved) != c.want {
			t.Errorf("%s: got %s, %v", c.rule, saved, err)
		}
		loaded, err := LoadArgs(saved)
		if err != nil || !reflect.DeepEqual(loaded, args) {
			t.Errorf("%s: loaded %s, %v", c.rule, loaded, err)
		}
	}
	for _, damaged := range []string{"", "{", "1", "null", `{}`, `{"args":{},"binary":["AQ=="]}`, `{"args":[{"_placeholder":true,"num":1}],"binary":["AQ=="]}`} {
		if args, err := LoadArgs(json.RawMessage(damaged)); !errors.Is(err, ErrParse) {
			t.Errorf("%s: got %s, %v", damaged, args, err)
		}
	}
}

func TestWhatHasNoMeaning(t *testing.T) {
	if _, _, err := received(t, "3[{}]").Event(); !errors.Is(err, ErrParse) {
		t.Errorf("the event of an ACK: %v", err)
	}
	if _, err := NewEvent("/a,b", "x"); !errors.Is(err, ErrArgument) {
		t.Errorf("a namespace with a comma: %v", err)
	}
	if _, err := NewConnect("a", nil); !errors.Is(err, ErrArgument) {
		t.Errorf("a namespace without a slash: %v", err)
	}
	if _, err := NewConnectError("/", nil); !errors.Is(err, ErrArgument) {
		t.Errorf("a CONNECT_ERROR without payload: %v", err)
	}
	v := 1
	if err := (Args{json.RawMessage("2")}).Decode(-1, &v); err != nil || v != 1 {
		t.Errorf("argument -1: %v, %v", v, err)
	}
}

func TestNamesThatAreNumbers(t *testing.T) {
	for number, want := range map[string]string{
		"0": "0", "-0": "0", "7": "7", "-12": "-12", "1.50": "1.5", "1e3": "1000", "12345678901234567890": "12345678901234567890", "1e999": "1e999",
	} {
		if name, _, err := received(t, "2["+number+"]").Event(); err != nil || name != want {
			t.Errorf("%s: got %s, %v", number, name, err)
		}
	}
}

func FuzzBinary(f *testing.F) {
	f.Add("a", "x", []byte{1}, []byte{}, uint64(7))
	f.Add("ä\"\\", "</script>\u2028", []byte(nil), []byte("long enough"), uint64(0))
	f.Fuzz(func(t *testing.T, name, text string, first, second []byte, id uint64) {
		type inner struct {
			Text  string
			Data  Binary
			Plain []byte
		}
		if Reserved(name) {
			return
		}
		first, second = append([]byte{}, first...), append([]byte{}, second...)
		want := inner{strings.ToValidUTF8(text, "\ufffd"), first, second}
		p, err := NewEvent("/n", name, Binary(second), map[string]any{"x": []*inner{&want}})
		if err != nil {
			t.Fatal(err)
		}
		p = p.WithID(id)
		all := p.Frames()
		if len(all) != 3 || len(all[0]) > MaxPacketSize {
			return
		}
		got := received(t, string(all[0][1:]), p.Binary...)
		if !reflect.DeepEqual(got, p) {
			t.Fatalf("got  %+v\nwant %+v", got, p)
		}
		args := arguments(t, got)
		var b Binary
		var in struct{ X []inner }
		if err := errors.Join(args.Decode(0, &b), args.Decode(1, &in)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(b, Binary(second)) || !reflect.DeepEqual(in.X, []inner{want}) {
			t.Errorf("got %v %+v", b, in)
		}
		again := must(NewEvent("/n", name, args.Any()...)).WithID(id)
		if !reflect.DeepEqual(again, p) {
			t.Errorf("passed on: got %+v\nwant %+v", again, p)
		}
	})
}

func TestWhatIsInsideOfAPlaceholderGoesWithIt(t *testing.T) {
	p := received(t, `52-["a",{"x":{"_placeholder":true,"num":1},"_placeholder":true,"num":0},2]`, []byte{1}, []byte{2})
	got := arguments(t, p)
	want := Args{json.RawMessage(appendMarker(nil, []byte{1})), json.RawMessage("2")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s", got)
	}
}
