// Package page says which headers the web page is served with, so that the stack and the local
// cloud cannot differ. Enter at [ContentSecurityPolicy].
package page

import (
	"slices"
	"strings"
)

// ContentSecurityPolicy lets the page load its own files, and connect to its own origin and to
// the given ones. Attachments are uploaded to the origin of files, and shown from there; "" if there
// are none. No other page may frame it.
func ContentSecurityPolicy(files string, connect ...string) string {
	media := "'self'"
	if files != "" {
		media += " blob: " + files
		connect = append(slices.Clone(connect), files)
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src data: " + media,
		"media-src " + media,
		"manifest-src 'self'",
		strings.Join(append([]string{"connect-src 'self'"}, connect...), " "),
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, "; ")
}
