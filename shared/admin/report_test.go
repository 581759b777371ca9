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
	parts, err := split(all)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, part := range parts {
		encoded, err := json.Marshal(part)
		if err != nil || len(encoded) > maxReport+2 {
			t.Errorf("a part of %d bytes, %v", len(encoded), err)
		}
		var sockets []socket
		if err := json.Unmarshal(encoded, &sockets); err != nil {
			t.Fatal(err)
		}
		for _, s := range sockets {
			if s.ID != all[i].ID || len(s.Rooms) == 0 {
				t.Errorf("socket %d is %q with %d rooms", i, s.ID, len(s.Rooms))
			}
			i++
		}
	}
	if i != len(all) {
		t.Errorf("%d of %d sockets", i, len(all))
	}
	if parts, err := split(nil); err != nil || len(parts) != 1 || len(parts[0]) != 0 {
		t.Errorf("nobody: %v, %v", parts, err)
	}
}
