package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS is what an HTTP API allows pages of other origins (HTTP API developer guide,
// "Configure CORS").
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders []string
	// MaxAge is how long browsers may remember it, in seconds.
	MaxAge int
}

// tell adds the headers for a request's origin, and reports whether it is a browser's
// question before the request, which the gateway answers by itself.
func (c *CORS) tell(w http.ResponseWriter, r *http.Request) (preflight bool) {
	if c == nil {
		return false
	}
	origin := r.Header.Get("Origin")
	allowed := "*"
	if !slices.Contains(c.AllowOrigins, "*") {
		if !slices.Contains(c.AllowOrigins, origin) {
			return r.Method == http.MethodOptions
		}
		allowed = origin
		w.Header().Set("Vary", "Origin")
	}
	if origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", allowed)
	}
	if r.Method != http.MethodOptions {
		return false
	}
	w.Header().Set("Access-Control-Allow-Methods", strings.Join(c.AllowMethods, ","))
	w.Header().Set("Access-Control-Allow-Headers", strings.Join(c.AllowHeaders, ","))
	w.Header().Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	return true
}
