package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const audience = "page"

// object is a JSON object.
type object = map[string]any

// issuer is an OpenID Connect issuer: discovery and keys that can be rotated.
type issuer struct {
	*httptest.Server
	mu sync.Mutex
	// key signs the tokens. Only it and extra are published.
	kid string
	key *rsa.PrivateKey
	// extra are further keys, published as they are.
	extra []any
	down  bool
	asked map[string]int
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{asked: map[string]int{}}
	i.rotate(t, "first")
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked[r.URL.Path]++
		if i.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var document any
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			document = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"}}
		case "/keys":
			public := jose.JSONWebKey{Key: &i.key.PublicKey, KeyID: i.kid, Algorithm: "RS256", Use: "sig"}
			document = map[string]any{"keys": append([]any{public}, i.extra...)}
		}
		_ = json.NewEncoder(w).Encode(document)
	}))
	t.Cleanup(i.Close)
	return i
}

// rotate replaces the key, also in what is published.
func (i *issuer) rotate(t *testing.T, kid string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kid, i.key = kid, key
}

func (i *issuer) setDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// requests returns how often a path was asked for.
func (i *issuer) requests(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// claims returns the claims of a good ID token with changes. A nil removes a claim.
func (i *issuer) claims(changes object) object {
	c := object{
		"iss": i.URL, "aud": audience, "sub": "auth0|ada", "name": "Ada",
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// token returns a good ID token with changes, signed with the issuer's key.
func (i *issuer) token(t *testing.T, changes object) string {
	t.Helper()
	i.mu.Lock()
	kid, key := i.kid, i.key
	i.mu.Unlock()
	return sign(t, jose.RS256, kid, key, i.claims(changes))
}

// sign returns a signed token. An empty kid is left out.
func sign(t *testing.T, algorithm jose.SignatureAlgorithm, kid string, key any, claims object) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if kid != "" {
		options = options.WithHeader("kid", kid)
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

// unsigned returns a token with the algorithm "none".
func unsigned(t *testing.T, kid string, claims object) string {
	t.Helper()
	var parts [2]string
	for i, part := range []object{{"alg": "none", "kid": kid}, claims} {
		encoded, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(encoded)
	}
	return parts[0] + "." + parts[1] + "."
}
