package socketio

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/engineio"
)

// reference hands packets, each as its frames, to the parsers of the JavaScript
// client, and returns what they say about each.
func reference(t *testing.T, packets [][]string) []referenceAnswer {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	for _, name := range []string{"socket.io-parser", "engine.io-parser"} {
		if _, err := os.Stat(filepath.Join("..", "..", "node_modules", name)); os.IsNotExist(err) {
			t.Skipf("%s is not installed", name)
		}
	}
	var in, out, stderr bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, frames := range packets {
		if err := lines.Encode(frames); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "crosscheck.cjs"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	answers := make([]referenceAnswer, len(packets))
	decoder := json.NewDecoder(&out)
	for i := range answers {
		if err := decoder.Decode(&answers[i]); err != nil {
			t.Fatalf("node answered %d of %d: %v\n%s", i, len(packets), err, &stderr)
		}
	}
	return answers
}

type referenceAnswer struct {
	Packet referencePacket
	Frames []string
	Error  string
}

// referencePacket is a packet as the reference knows it, where a binary type is
// that of the packet without attachments.
type referencePacket struct {
	Type Type    `json:"type"`
	Nsp  string  `json:"nsp"`
	ID   *uint64 `json:"id"`
	Data any     `json:"data"`
}

func TestTheReferenceUnderstandsOurPacketsAndWeUnderstandItsOwn(t *testing.T) {
	seed := rand.Uint64()
	r := generator{rand.New(rand.NewPCG(seed, 0)), 0}
	t.Logf("seed %d", seed)
	packets := make([]Packet, 1000)
	all := make([][]string, len(packets))
	want := make([]referencePacket, len(packets))
	for i := range packets {
		packets[i], want[i] = r.packet(t)
		all[i] = frames(packets[i])
	}
	for i, answer := range reference(t, all) {
		if answer.Error != "" {
			t.Fatalf("the reference refuses %q: %s", all[i], answer.Error)
		}
		if !reflect.DeepEqual(answer.Packet, want[i]) {
			t.Fatalf("the reference reads %q as\n     %+v\nwant %+v", all[i], answer.Packet, want[i])
		}
		if got := ourReading(t, answer.Frames); !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("of the reference we read %q as\n     %+v\nwant %+v", answer.Frames, got, want[i])
		}
	}
}

func TestTheReferenceRefusesWhatWeRefuse(t *testing.T) {
	cases := []string{
		"", "7", `0"abc"`, "0[1]", "0null", `1{"a":1}`, "2[]", "2[null]", "2[{}]", "2[true]", `2{"a":1}`, `2["connect"]`,
		`2["c\u006fnnect"]`, `2["a"]junk`, `2["a"]["b"]`, `2["a"`, "31{}", "4[1]", "4null", `5["a"]`, `5x-["a"]`, `50-["a"]`,
		`511-["a"]`, `5-1-["a"]`, `51["a"]`, `51-["a",{"_placeholder":true,"num":1}]`, `51-["a",{"_placeholder":true}]`,
		`51-["a",{"\u005fplaceholder":true,"num":9}]`,
	}
	all := make([][]string, len(cases))
	for i, text := range cases {
		all[i] = []string{"4" + text}
		if strings.HasPrefix(text, "51-") {
			all[i] = append(all[i], "bAQ==")
		}
	}
	for i, answer := range reference(t, all) {
		var a Assembler
		_, complete, err := a.Add(cases[i])
		if err == nil && !complete {
			_, _, err = a.AddBinary([]byte{1})
		}
		if err == nil || answer.Error == "" {
			t.Errorf("%q: we say %v, the reference %q", all[i], err, answer.Error)
		}
	}
}

// ourReading decodes the frames of a packet that the reference encoded.
func ourReading(t *testing.T, frames []string) referencePacket {
	t.Helper()
	var a Assembler
	var p Packet
	var complete bool
	for _, frame := range frames {
		packet, err := engineio.Decode(frame)
		if err == nil && packet.Type == engineio.Binary {
			p, complete, err = a.AddBinary(packet.Binary)
		} else if err == nil {
			p, complete, err = a.Add(packet.Text)
		}
		if err != nil {
			t.Fatalf("we refuse %q of %q: %v", frame, frames, err)
		}
	}
	if !complete {
		t.Fatalf("we find %q incomplete", frames)
	}
	got := referencePacket{Type: p.Type, Nsp: p.Namespace}
	if p.HasID {
		got.ID = &p.ID
	}
	switch p.Type {
	case BinaryEvent:
		got.Type = Event
	case BinaryAck:
		got.Type = Ack
	}
	items := Args{p.Payload}
	if got.Type == Event || got.Type == Ack {
		items, _ = p.Args()
	}
	var values []any
	for i := range items {
		var v any
		if len(items[i]) > 0 {
			if err := items.Decode(i, &v); err != nil {
				t.Fatal(err)
			}
		}
		values = append(values, described(v))
	}
	switch {
	case p.Payload == nil:
	case got.Type == Event || got.Type == Ack:
		got.Data = append([]any{}, values...)
	default:
		got.Data = values[0]
	}
	return got
}

// described writes binary data in a value as the script does.
func described(value any) any {
	switch v := value.(type) {
	case Binary:
		return map[string]any{"$binary": base64.StdEncoding.EncodeToString(v)}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = described(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key := range v {
			object[key] = described(v[key])
		}
		return object
	}
	return value
}

// generator makes random packets.
type generator struct {
	*rand.Rand
	attachments int
}

func (r *generator) packet(t *testing.T) (Packet, referencePacket) {
	t.Helper()
	r.attachments = 0
	namespace := []string{"/", "/admin", "/a/b", "/ä-1"}[r.IntN(4)]
	want := referencePacket{Nsp: namespace}
	id := r.Uint64N(1 << 53) // what JavaScript's numbers hold
	var p Packet
	var err error
	switch r.IntN(6) {
	case 0:
		want.Type = Connect
		if r.IntN(2) == 0 {
			want.Data = map[string]any{"sid": r.text()}
		}
		p, err = NewConnect(namespace, want.Data)
	case 1:
		want.Type, want.Data = ConnectError, []any{r.text(), map[string]any{"message": r.text()}}[r.IntN(2)]
		p, err = NewConnectError(namespace, want.Data)
	case 2:
		want.Type = Disconnect
		p = NewDisconnect(namespace)
	case 3:
		args := r.list(0)
		want.Type, want.ID, want.Data = Ack, &id, described(args)
		p, err = NewAck(namespace, id, args...)
	default:
		name, args := "x"+r.text(), r.list(0)
		want.Type, want.Data = Event, described(append([]any{name}, args...))
		if p, err = NewEvent(namespace, name, args...); r.IntN(2) == 0 {
			want.ID = &id
			p = p.WithID(id)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, want
}

func (r *generator) value(depth int) any {
	kinds := 8
	if depth > 4 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return float64(r.IntN(2000) - 1000)
	case 3:
		return r.Float64() * 1e30
	case 4:
		if r.attachments++; r.attachments > MaxAttachments {
			return "too many"
		}
		data := make(Binary, r.IntN(40))
		for i := range data {
			data[i] = byte(r.IntN(256))
		}
		return data
	case 6:
		return r.list(depth + 1)
	case 7:
		object := map[string]any{}
		for i := range r.IntN(4) {
			object[fmt.Sprint(i, r.text())] = r.value(depth + 1)
		}
		return object
	default:
		return r.text()
	}
}

func (r *generator) list(depth int) []any {
	list := make([]any, r.IntN(4))
	for i := range list {
		list[i] = r.value(depth)
	}
	return list
}

func (r *generator) text() string {
	letters := []rune("aZ09 ,-/[]{}\":\\\n\t\x00\x7f<>&äЯて\u2028\u2029\ufffd😀")
	text := make([]rune, r.IntN(12))
	for i := range text {
		text[i] = letters[r.IntN(len(letters))]
	}
	return string(text)
}
