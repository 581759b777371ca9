package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// shortDocument is a document without white space, and its entity tag.
type shortDocument struct {
	text []byte
	tag  string
}

// serveDocument serves a description of the API, which is the same until the next deployment.
// Anybody may read it, and caches may keep it for an hour.
func serveDocument(document []byte) http.HandlerFunc {
	short := sync.OnceValue(func() shortDocument { // not when the function starts
		var text bytes.Buffer
		if err := json.Compact(&text, document); err != nil {
			panic("chat: a document is no JSON: " + err.Error()) // a test reads both
		}
		sum := sha256.Sum256(text.Bytes())
		return shortDocument{text.Bytes(), `"` + hex.EncodeToString(sum[:8]) + `"`}
	})
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("ETag", short().tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(short().text))
	}
}
