package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// signWith returns a token with further fields in its header.
func signWith(t *testing.T, algorithm jose.SignatureAlgorithm, key any, header, claims object) string {
	t.Helper()
	options := &jose.SignerOptions{}
	for name, value := range header {
		options = options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// RFC 7515, section 4.1.11: who does not understand a critical extension refuses the token. We
// understand none.
func TestATokenWithCriticalExtensionsIsRefused(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, i.URL)
	g := guests(t, secret)
	claims := object{"iss": GuestIssuer, "sub": "u_x", "name": "Ada", "exp": time.Now().Add(time.Hour).Unix()}
	for header, good := range map[*object]bool{
		{"typ": "JWT", "other": "x"}:               true,
		{"crit": []string{"exp"}, "exp": 7}:        false,
		{"crit": []string{"urn:x"}, "urn:x": true}: false,
		{"crit": []string{"urn:x"}}:                false,
		{"crit": []string{}}:                       false,
		{"crit": nil}:                              false,
		{"crit": "alg"}:                            false,
		{"crit": []string{"b64"}, "b64": true}:     false,
		{"crit": []string{"alg"}}:                  false,
	} {
		_, err := g.Verify(t.Context(), signWith(t, jose.HS256, secret, *header, claims))
		if good != (err == nil) || !good && !errors.Is(err, ErrUnauthorized) {
			t.Errorf("a guest's token with %v: %v", *header, err)
		}
		(*header)["kid"] = i.kid
		_, err = o.Verify(t.Context(), signWith(t, jose.RS256, i.key, *header, i.claims(nil)))
		if good != (err == nil) || !good && !errors.Is(err, ErrUnauthorized) {
			t.Errorf("an issuer's token with %v: %v", *header, err)
		}
	}
}

func TestCriticalExtensionsAreFoundInAnyHeader(t *testing.T) {
	for header, want := range map[string]bool{
		`{"alg":"HS256"}`: false, `{"alg":"HS256","crit":["x"]}`: true, `{"crit":null}`: true, `[]`: false, ``: false, `{`: false,
		`{"crit":["x"],"crit":null}`: true,
	} {
		token := base64.RawURLEncoding.EncodeToString([]byte(header)) + ".claims.signature"
		if got := hasCritical(token); got != want {
			t.Errorf("%s: %v", header, got)
		}
	}
	if hasCritical("") || hasCritical(fmt.Sprint("%", ".x")) {
		t.Error("what is no token has critical extensions")
	}
}
