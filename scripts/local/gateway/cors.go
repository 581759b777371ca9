package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS allows pages of other origins to use an HTTP API (HTTP API developer guide,
// "Configure CORS").
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders []string
	// MaxAge is how long browsers may cache it, in seconds.
	MaxAge int
}

// setHeaders adds the headers for a request's origin. It reports whether the request is a
// preflight, which the gateway answers itself.
func (c *CORS) setHeaders(w http.ResponseWriter, r *http.Request) (preflight bool) {
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
