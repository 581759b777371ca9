package gateway

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// newIssuer starts an OpenID Connect issuer and returns its URL, with what signs claims.
func newIssuer(t *testing.T) (url string, sign func(claims map[string]any) string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "key-1", Algorithm: string(jose.RS256), Use: "sig"}
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	answer := func(path string, value any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(value)
		})
	}
	answer("/.well-known/openid-configuration", map[string]any{"issuer": s.URL, "jwks_uri": s.URL + "/keys"})
	answer("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "key-1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.URL, func(claims map[string]any) string {
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(payload)
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
}

func TestAJWTAuthorizerLetsAPIGatewaysTokensPass(t *testing.T) {
	url, sign := newIssuer(t)
	_, stranger := newIssuer(t)
	invoked := 0
	g := New(Options{
		Routes: Routes{HTTP: []HTTPRoute{
			{Key: "GET /api/{proxy+}", Function: "http", JWT: &JWTAuthorizer{Issuer: url, Audience: []string{"page", "phone"}}},
			{Key: "GET /api/health", Function: "http"},
		}},
		Functions: handlers{"http": func(context.Context, []byte) (any, func(), error) {
			invoked++
			return map[string]any{"statusCode": 204}, func() {}, nil
		}},
	})
	now := time.Now().Unix()
	claims := func(changes map[string]any) map[string]any {
		c := map[string]any{"iss": url, "aud": "page", "sub": "ada", "exp": now + 60}
		maps.Copy(c, changes)
		maps.DeleteFunc(c, func(_ string, value any) bool { return value == nil })
		return c
	}
	for what, c := range map[string]struct {
		path, header string
		status       int
	}{
		"none":                      {"/api/rooms", "", 401},
		"none, and none is asked":   {"/api/health", "", 204},
		"no token":                  {"/api/rooms", "Bearer abc", 401},
		"a good one":                {"/api/rooms", "Bearer " + sign(claims(nil)), 204},
		"without Bearer":            {"/api/rooms", sign(claims(nil)), 204},
		"another client of ours":    {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": "phone"})), 204},
		"one of several audiences":  {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": []string{"x", "page"}})), 204},
		"a client id, no audience":  {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": nil, "client_id": "page"})), 204},
		"a client id beside one":    {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": "x", "client_id": "page"})), 401},
		"another client's id":       {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": nil, "client_id": "x"})), 401},
		"another audience":          {"/api/rooms", "Bearer " + sign(claims(map[string]any{"aud": "x"})), 401},
		"another issuer":            {"/api/rooms", "Bearer " + sign(claims(map[string]any{"iss": "https://id.example.com"})), 401},
		"one that has expired":      {"/api/rooms", "Bearer " + sign(claims(map[string]any{"exp": now - 1})), 401},
		"one that is not yet good":  {"/api/rooms", "Bearer " + sign(claims(map[string]any{"nbf": now + 3600})), 401},
		"one that a stranger wrote": {"/api/rooms", "Bearer " + stranger(claims(nil)), 401},
	} {
		before := invoked
		r := httptest.NewRequest("GET", c.path, nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		w := httptest.NewRecorder()
		g.ServeHTTPAPI(w, r)
		if w.Code != c.status || invoked-before != map[int]int{204: 1, 401: 0}[w.Code] {
			t.Errorf("%s: %d, and %d invocations", what, w.Code, invoked-before)
		}
		if c.status == 401 && strings.TrimSpace(w.Body.String()) != `{"message":"Unauthorized"}` {
			t.Errorf("%s: %s", what, w.Body)
		}
	}
}

func TestAnIssuerThatCannotBeReachedLetsNobodyPass(t *testing.T) {
	a := &JWTAuthorizer{Issuer: "http://127.0.0.1:1", Audience: []string{"page"}}
	r := httptest.NewRequest("GET", "/api/rooms", nil)
	r.Header.Set("Authorization", "Bearer x")
	if err := a.authorize(r); err == nil {
		t.Error("passed")
	}
}
