package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// status is what open pages are told: the error of the last build, and how often they are to be loaded anew.
type status struct {
	Error  string `json:"error"`
	Reload int    `json:"reload"`
}

// board has the status, and tells those who wait of each change.
type board struct {
	mu      sync.Mutex
	status  status
	changed chan struct{}
}

func newBoard() *board { return &board{changed: make(chan struct{})} }

// set changes the status.
func (b *board) set(change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.status
	if change(&b.status); b.status != before {
		close(b.changed)
		b.changed = make(chan struct{})
	}
}

// ServeHTTP streams the status as server-sent events.
func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for {
		b.mu.Lock()
		now, changed := b.status, b.changed
		b.mu.Unlock()
		encoded, _ := json.Marshal(now)
		if _, err := fmt.Fprintf(w, "data: %s\n\n", encoded); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
