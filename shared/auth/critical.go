package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// hasCritical reports whether a token's header names critical extensions (RFC 7515, section
// 4.1.11). We understand none, so such a token is refused. The library lets an empty list
// pass, and "b64", which a JWT must not have (RFC 7797, section 7).
func hasCritical(token string) bool {
	encoded, _, _ := strings.Cut(token, ".")
	header, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return false // it is no token
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(header, &fields); err != nil {
		return false
	}
	_, critical := fields["crit"]
	return critical
}
