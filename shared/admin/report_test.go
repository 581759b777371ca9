package admin

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestAReportIsCutSoThatFramesHoldIt(t *testing.T) {
	var all []socket
	for i := range 300 {
		s := socket{ID: fmt.Sprint(i), Rooms: []string{}}
		for j := range 40 {
			s.Rooms = append(s.Rooms, fmt.Sprintf("room:r_%020d", j))
		}
		all = append(all, s)
	}
	for i := range 10_000 { // of one socket alone more than a frame holds
		all[7].Rooms = append(all[7].Rooms, fmt.Sprintf("room:r_%020d", i))
	}
	first, others, err := encode(all)
	if err != nil {
		t.Fatal(err)
	}
	if encoded, err := json.Marshal(first); err != nil || len(encoded) > maxFrame+2 || len(first) < 10 {
		t.Errorf("the first frame has %d sockets and %d bytes, %v", len(first), len(encoded), err)
	}
	ids := map[string]bool{}
	for _, encoded := range append(first, others...) {
		var s socket
		if err := json.Unmarshal(encoded, &s); err != nil || len(encoded) > maxFrame || len(s.Rooms) == 0 {
			t.Errorf("socket %q has %d rooms and %d bytes, %v", s.ID, len(s.Rooms), len(encoded), err)
		}
		ids[s.ID] = true
	}
	want(t, "sockets", len(ids), len(all))
	first, others, err = encode(nil)
	if err != nil || first == nil || len(first)+len(others) > 0 {
		t.Errorf("nobody: %v, %v, %v", first, others, err)
	}
}

// The UI replaces what it shows by each "all_sockets".
func TestAReportOfManySocketsReplacesOnlyOnce(t *testing.T) {
	f := newFixture(t, Options{})
	for i := range 300 {
		f.player(fmt.Sprint("p", i))
	}
	f.open("admin", "/admin", fmt.Sprintf(`{"username":"ada","password":%q}`, password))
	events := map[string]int{}
	shown := 0
	for _, frame := range f.heard("admin") {
		var event []json.RawMessage
		var name string
		if json.Unmarshal([]byte(frame[len("42/admin,"):]), &event) != nil || json.Unmarshal(event[0], &name) != nil {
			t.Fatal(frame)
		}
		events[name]++
		var sockets []socket
		if name == "all_sockets" && json.Unmarshal(event[1], &sockets) == nil {
			shown = len(sockets)
		}
	}
	want(t, "events", events, map[string]int{"session": 1, "config": 1, "all_sockets": 1, "socket_connected": 300 - shown})
	if shown == 0 || shown == 300 {
		t.Errorf("the first frame shows %d sockets: nothing is tested", shown)
	}
}
