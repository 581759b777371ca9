package cloud

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compress answers with gzip where the client takes it, as CloudFront does.
func compress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Header.Get("Range") != "" {
			h.ServeHTTP(w, r)
			return
		}
		c := &compressing{ResponseWriter: w}
		defer c.close()
		h.ServeHTTP(c, r)
	})
}

// compressing is a response that is compressed if it is a text that was found.
type compressing struct {
	http.ResponseWriter
	gzip *gzip.Writer
}

func (c *compressing) WriteHeader(status int) {
	h := c.Header()
	if status == http.StatusOK && isText(h.Get("Content-Type")) {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		c.gzip = gzip.NewWriter(c.ResponseWriter)
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressing) Write(b []byte) (int, error) {
	if c.gzip != nil {
		return c.gzip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

func (c *compressing) close() {
	if c.gzip != nil {
		_ = c.gzip.Close() // the client has left
	}
}

func isText(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.HasPrefix(contentType, "image/svg") || strings.HasPrefix(contentType, "application/json")
}
