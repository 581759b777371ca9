// Package page says which headers the web page is served with, so that the stack and the local
// cloud cannot differ. Enter at [ContentSecurityPolicy].
package page

import "strings"

// ContentSecurityPolicy lets the page load its own files, and connect to its own origin and to
// the given ones. No other page may frame it.
func ContentSecurityPolicy(connect ...string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"manifest-src 'self'",
		strings.Join(append([]string{"connect-src 'self'"}, connect...), " "),
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, "; ")
}
