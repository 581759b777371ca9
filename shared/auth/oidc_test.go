package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// clock is a clock that only the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

func verifier(t *testing.T, issuer string) (*OIDC, *clock) {
	t.Helper()
	o, err := NewOIDC(OIDCOptions{Issuer: issuer, Audience: audience})
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Now()}
	o.now, o.keys.now = c.now, c.now
	return o, c
}

func TestATokenOfTheIssuerTellsWhoTheyAre(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, i.URL)
	expires := time.Now().Add(10 * time.Minute).Truncate(time.Second)
	got, err := o.Verify(t.Context(), i.token(t, object{"exp": expires.Unix(), "iat": expires.Unix() - 900}))
	if err != nil {
		t.Fatal(err)
	}
	want := Identity{
		ID: o.userID("auth0|ada"), Name: "Ada", Expires: expires.Add(time.Minute), Since: expires.Add(-15 * time.Minute),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestATokenTellsSinceWhenOneIsSignedIn(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, i.URL)
	now := time.Now().Unix()
	for what, c := range map[string]struct {
		claims object
		since  time.Time
	}{
		"as the issuer tells":       {object{"iat": now, "auth_time": now - 100}, time.Unix(now-100, 0)},
		"or when it was issued":     {object{"iat": now}, time.Unix(now, 0)},
		"or nobody knows":           {object{"iat": nil}, time.Time{}},
		"with parts of the seconds": {object{"iat": float64(now) + 0.5}, time.Unix(now, 5e8)},
	} {
		id, err := o.Verify(t.Context(), i.token(t, c.claims))
		if err != nil || !id.Since.Equal(c.since) {
			t.Errorf("%s: %v, %v", what, id.Since, err)
		}
	}
}

func TestTheAudienceIsJudgedAsAPIGatewayDoes(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, i.URL)
	for what, c := range map[string]struct {
		claims object
		good   bool
	}{
		"an ID token":                            {object{}, true},
		"one of several":                         {object{"aud": []string{"other", audience}}, true},
		"Cognito's access token":                 {object{"aud": nil, "client_id": audience}, true},
		"another audience":                       {object{"aud": "other"}, false},
		"another audience, our client":           {object{"aud": "other", "client_id": audience}, false},
		"another client without audience":        {object{"aud": nil, "client_id": "other"}, false},
		"no audience":                            {object{"aud": nil}, false},
		"an audience that only begins like ours": {object{"aud": audience + "2"}, false},
	} {
		_, err := o.Verify(t.Context(), i.token(t, c.claims))
		if c.good && err != nil || !c.good && !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, i.URL)
	thief, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	published := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := i.token(t, nil)
	parts := strings.Split(good, ".")
	other := strings.Split(i.token(t, object{"sub": "eve"}), ".")
	for what, token := range map[string]string{
		"empty":                          "",
		"garbage":                        "a.b.c",
		"another key under our key's id": sign(t, jose.RS256, i.kid, thief, i.claims(nil)),
		"an unknown key":                 sign(t, jose.RS256, "unknown", thief, i.claims(nil)),
		"unsigned":                       unsigned(t, i.kid, i.claims(nil)),
		"HMAC with the public key":       sign(t, jose.HS256, i.kid, published, i.claims(nil)),
		"HMAC with its modulus":          sign(t, jose.HS256, i.kid, i.key.N.Bytes(), i.claims(nil)),
		"claims of another token":        parts[0] + "." + other[1] + "." + parts[2],
		"cut off":                        good[:len(good)-2],
		"without signature":              parts[0] + "." + parts[1] + ".",
		"another issuer":                 i.token(t, object{"iss": "https://elsewhere.example"}),
		"without issuer":                 i.token(t, object{"iss": nil}),
		"without subject":                i.token(t, object{"sub": nil}),
		"without expiry":                 i.token(t, object{"exp": nil}),
		"an expiry that is no time":      i.token(t, object{"exp": "tomorrow"}),
	} {
		_, err := o.Verify(t.Context(), token)
		if !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, part := range strings.Split(token, ".") {
			if len(part) > 1 && strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error quotes the token: %v", what, err)
			}
		}
	}
	if _, err := o.Verify(t.Context(), good); err != nil {
		t.Errorf("the good token: %v", err)
	}
}

func TestTheClocksMayDifferByAMinute(t *testing.T) {
	i := newIssuer(t)
	start := time.Now().Truncate(time.Second)
	token := i.token(t, object{"nbf": start.Unix(), "exp": start.Add(time.Hour).Unix()})
	for _, c := range []struct {
		at   time.Time
		good bool
	}{
		{start.Add(-time.Minute - time.Millisecond), false},
		{start.Add(-time.Minute), true},
		{start.Add(time.Hour + time.Minute - time.Millisecond), true},
		{start.Add(time.Hour + time.Minute), false},
	} {
		o, clock := verifier(t, i.URL)
		clock.at = c.at
		id, err := o.Verify(t.Context(), token)
		if c.good && err != nil || !c.good && !errors.Is(err, ErrUnauthorized) {
			t.Errorf("at %v: %v", c.at.Sub(start), err)
		}
		if err == nil && !id.Expires.After(c.at) {
			t.Errorf("at %v: admitted until %v", c.at.Sub(start), id.Expires.Sub(start))
		}
	}
}

func TestKeysRotate(t *testing.T) {
	i := newIssuer(t)
	o, clock := verifier(t, i.URL)
	old := i.token(t, nil)
	if _, err := o.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	i.rotate(t, "second")
	clock.advance(askEvery)
	if _, err := o.Verify(t.Context(), i.token(t, nil)); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if _, err := o.Verify(t.Context(), old); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("the key that was withdrawn: %v", err)
	}
}

func TestAWithdrawnKeyIsForgottenWithinTheHour(t *testing.T) {
	i := newIssuer(t)
	o, clock := verifier(t, i.URL)
	old := i.token(t, object{"exp": time.Now().Add(24 * time.Hour).Unix()})
	if _, err := o.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	i.rotate(t, "second")
	clock.advance(keysLifetime)
	if _, err := o.Verify(t.Context(), old); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("%v", err)
	}
}

func TestOldKeysServeOnWhileTheIssuerIsDown(t *testing.T) {
	i := newIssuer(t)
	o, clock := verifier(t, i.URL)
	token := i.token(t, object{"exp": time.Now().Add(24 * time.Hour).Unix()})
	if _, err := o.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	i.setDown(true)
	clock.advance(keysLifetime)
	if _, err := o.Verify(t.Context(), token); err != nil {
		t.Errorf("%v", err)
	}
}

func TestForgedTokensDoNotBecomeRequestsToTheIssuer(t *testing.T) {
	i := newIssuer(t)
	o, clock := verifier(t, i.URL)
	thief, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged := sign(t, jose.RS256, "unknown", thief, i.claims(nil))
	for range 20 {
		if _, err := o.Verify(t.Context(), forged); !errors.Is(err, ErrUnauthorized) {
			t.Fatal(err)
		}
	}
	if n := i.requests("/keys"); n != 1 {
		t.Errorf("asked %d times within a moment", n)
	}
	clock.advance(askEvery)
	_, _ = o.Verify(t.Context(), forged)
	if n := i.requests("/keys"); n != 2 {
		t.Errorf("asked %d times after it", n)
	}
	if n := i.requests("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("discovered %d times", n)
	}
}

func TestAnIssuerThatIsDownIsATemporaryFailure(t *testing.T) {
	i := newIssuer(t)
	i.setDown(true)
	o, clock := verifier(t, i.URL)
	token := i.token(t, nil)
	for range 3 {
		if _, err := o.Verify(t.Context(), token); err == nil || errors.Is(err, ErrUnauthorized) {
			t.Fatalf("while it is down: %v", err)
		}
	}
	if n := i.requests("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("asked %d times within a moment", n)
	}
	i.setDown(false)
	clock.advance(askEvery)
	if _, err := o.Verify(t.Context(), token); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func TestWaitingForTheIssuerIsBounded(t *testing.T) {
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(release) })
	o, _ := verifier(t, silent.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	token := newIssuer(t).token(t, object{"iss": silent.URL})
	if _, err := o.Verify(ctx, token); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's bound: %v", err)
	}
	if got := o.keys.client.Timeout; got != issuerTimeout {
		t.Errorf("our own bound is %v", got)
	}
}

func TestADiscoveryDocumentOfAnotherIssuerIsRefused(t *testing.T) {
	i := newIssuer(t)
	o, _ := verifier(t, strings.Replace(i.URL, "127.0.0.1", "localhost", 1))
	if _, err := o.Verify(t.Context(), i.token(t, nil)); err == nil {
		t.Error("believed")
	}
}

func TestKeysForOtherPurposesAreLeftOut(t *testing.T) {
	i := newIssuer(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.extra = []any{
		map[string]any{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(secret), "kid": "shared"},
		map[string]any{"kty": "new", "kid": "of the future"},
		jose.JSONWebKey{Key: &curve.PublicKey, KeyID: "curve", Algorithm: "ES256", Use: "sig"},
		jose.JSONWebKey{Key: &sealing.PublicKey, KeyID: "sealing", Use: "enc"},
	}
	o, _ := verifier(t, i.URL)
	if _, err := o.Verify(t.Context(), i.token(t, nil)); err != nil {
		t.Errorf("RSA: %v", err)
	}
	if _, err := o.Verify(t.Context(), sign(t, jose.ES256, "curve", curve, i.claims(nil))); err != nil {
		t.Errorf("an elliptic curve: %v", err)
	}
	for kid, token := range map[string]string{
		"shared":  sign(t, jose.HS256, "shared", secret, i.claims(nil)),
		"sealing": sign(t, jose.RS256, "sealing", sealing, i.claims(nil)),
	} {
		if _, err := o.Verify(t.Context(), token); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", kid, err)
		}
	}
}

func TestIDsAreSafeStableAndApart(t *testing.T) {
	safe := regexp.MustCompile(`^o_[a-z2-7]{32}$`)
	seen := map[string]string{}
	for _, issuer := range []string{"https://a.example", "https://b.example"} {
		o, _ := verifier(t, issuer)
		again, _ := verifier(t, issuer)
		for _, subject := range []string{"ada", "Ada", "auth0|123", "ada@example.com", "ä", strings.Repeat("x", 255)} {
			id := o.userID(subject)
			if !safe.MatchString(id) {
				t.Errorf("%q becomes %q", subject, id)
			}
			if again.userID(subject) != id {
				t.Errorf("%q is not stable", subject)
			}
			if other, taken := seen[id]; taken {
				t.Errorf("%s of %s is %s", subject, issuer, other)
			}
			seen[id] = subject + " of " + issuer
		}
	}
	// A change here gives every user a new account.
	o, _ := verifier(t, "https://id.example.com")
	if got, want := o.userID("auth0|123"), "o_tj6trzzec6ge6byqpqpui2lobbs4u7f4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestANameIsFound(t *testing.T) {
	for _, c := range []struct {
		claims claims
		want   string
	}{
		{claims{Name: "Ada Lovelace", PreferredUsername: "ada", Email: "a@example.com"}, "Ada Lovelace"},
		{claims{Name: " \u0000\u200b ", PreferredUsername: "ada"}, "ada"},
		{claims{Nickname: "Countess", Email: "a@example.com"}, "Countess"},
		{claims{Email: "ada.l@example.com"}, "ada.l"},
		{claims{Name: "A\u202eda\n"}, "Ada"},
		{claims{Name: strings.Repeat("ä", 39) + " xyz"}, strings.Repeat("ä", 39)},
		{claims{}, "User abcdef"},
	} {
		if got := c.claims.displayName("o_abcdefgh"); got != c.want {
			t.Errorf("%+v: got %q", c.claims, got)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for _, o := range []OIDCOptions{
		{}, {Issuer: "https://id.example.com"}, {Audience: audience}, {Issuer: "id.example.com", Audience: audience},
		{Issuer: "http://id.example.com", Audience: audience}, {Issuer: "https://id.example.com?x=1", Audience: audience},
		{Issuer: "https://", Audience: audience}, {Issuer: "ftp://localhost", Audience: audience},
	} {
		if _, err := NewOIDC(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestEachIssuersTokensGoToItsVerifier(t *testing.T) {
	i, j := newIssuer(t), newIssuer(t)
	first, _ := verifier(t, i.URL)
	second, _ := verifier(t, j.URL)
	g := guests(t, secret)
	all := Issuers{i.URL: first, j.URL: second, GuestIssuer: g}
	token, guest, err := g.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	for want, token := range map[string]string{
		guest.ID: token, first.userID("auth0|ada"): i.token(t, nil), second.userID("auth0|ada"): j.token(t, nil),
	} {
		if id, err := all.Verify(t.Context(), token); err != nil || id.ID != want {
			t.Errorf("got %v, %v, want %s", id, err, want)
		}
	}
	for what, token := range map[string]string{
		"an unknown issuer's":        i.token(t, object{"iss": "https://elsewhere.example"}),
		"one issuer's for the other": i.token(t, object{"iss": j.URL}),
		"an issuer's for guests":     i.token(t, object{"iss": GuestIssuer}),
		"a guest's for an issuer":    sign(t, jose.HS256, "", secret, i.claims(nil)),
		"garbage":                    "a.b.c",
		"empty":                      "",
	} {
		if _, err := all.Verify(t.Context(), token); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
