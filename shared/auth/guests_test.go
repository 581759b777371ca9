package auth

import (
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// secret is long enough for HS512 too.
var secret = []byte(strings.Repeat("s", 2*minSecret))

func guests(t *testing.T, secret []byte) *Guests {
	t.Helper()
	g, err := NewGuests(secret)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAGuestsTokenTellsWhoTheyAre(t *testing.T) {
	g := guests(t, secret)
	token, issued, err := g.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got != issued || got.Name != "Ada" {
		t.Errorf("got %+v, issued %+v", got, issued)
	}
	_, other, err := g.Issue("Ada")
	if err != nil || other.ID == issued.ID {
		t.Errorf("a second guest of the same name is %v, %v", other, err)
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	g := guests(t, secret)
	good, _, err := g.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	foreign, _, err := guests(t, []byte(strings.Repeat("x", minSecret))).Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	late := guests(t, secret)
	late.now = func() time.Time { return time.Now().Add(-2 * guestLifetime) }
	expired, _, err := late.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	claims := object{"iss": GuestIssuer, "sub": "u_x", "name": "Ada", "exp": time.Now().Add(time.Hour).Unix()}
	without := func(name string) object {
		c := maps.Clone(claims)
		delete(c, name)
		return c
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	for what, token := range map[string]string{
		"empty":             "",
		"garbage":           "a.b.c",
		"signed by others":  foreign,
		"expired":           expired,
		"unsigned":          none,
		"another algorithm": sign(t, jose.HS512, "", secret, claims),
		"another issuer":    sign(t, jose.HS256, "", secret, without("iss")),
		"without subject":   sign(t, jose.HS256, "", secret, without("sub")),
		"without name":      sign(t, jose.HS256, "", secret, without("name")),
		"without expiry":    sign(t, jose.HS256, "", secret, without("exp")),
		"cut off":           good[:len(good)-2],
	} {
		_, err := g.Verify(t.Context(), token)
		if !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
		}
		if token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error holds the token", what)
		}
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	if _, err := NewGuests(secret[:minSecret-1]); err == nil {
		t.Error("accepted")
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer  abc ": "abc", "Basic abc": "", "abc": "", "": "",
	} {
		if got := Bearer(header); got != want {
			t.Errorf("%q: got %q", header, got)
		}
	}
}
