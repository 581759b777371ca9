package server

import (
	"os"
	"testing"
	"time"
)

func TestTheUseOfAProcessIsRead(t *testing.T) {
	stat := "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 8 0 12345 1000000 77 18446744073709551615 1 1"
	got, err := parseStat([]byte(stat), 4096)
	if want := (Process{Time: 3 * time.Second, Bytes: 77 * 4096}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, broken := range []string{"", "42 (a) S 1 2", "42 (a) S 1 42 42 0 -1 4194560 100 0 0 0 x 50 0 0 20 0 8 0 12345 1000000 77"} {
		if got, err := parseStat([]byte(broken), 4096); err == nil {
			t.Errorf("%q: %+v", broken, got)
		}
	}
}

func TestThisProcessUsesMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	if got, err := readProcess(os.Getpid()); err != nil || got.Bytes < 1<<20 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatAServerElsewhereUsesIsUnknown(t *testing.T) {
	s := At("https://example.com/")
	if u, known := s.Usage(); known || s.URL != "https://example.com" {
		t.Errorf("%+v of %s", u, s.URL)
	}
	s.Stop()
}
