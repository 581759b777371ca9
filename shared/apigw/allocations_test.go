//go:build !race

package apigw

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The race detector allocates too, so `make test` runs this package without it as well.
func TestAPostAllocatesAtMost130Times(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	gateway := gatewayAt(t, server.URL)
	frame := []byte(`42["newMessage",{}]`)
	n := testing.AllocsPerRun(200, func() { // the server's are in it
		if err := gateway.Post(t.Context(), "L0SM9cOFvHcCIhw=", frame); err != nil {
			t.Error(err)
		}
	})
	if n > 130 {
		t.Errorf("a post allocates %.0f times", n)
	}
}
