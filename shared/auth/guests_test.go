package auth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var secret = []byte(strings.Repeat("s", minSecret))

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

func TestTokensThatAreNotOurs(t *testing.T) {
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
	sign := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	claims := jwt.MapClaims{"iss": GuestIssuer, "sub": "u_x", "name": "Ada", "exp": time.Now().Add(time.Hour).Unix()}
	without := func(name string) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range claims {
			if k != name {
				c[k] = v
			}
		}
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
		"another algorithm": sign(jwt.SigningMethodHS512, secret, claims),
		"another issuer":    sign(jwt.SigningMethodHS256, secret, without("iss")),
		"without subject":   sign(jwt.SigningMethodHS256, secret, without("sub")),
		"without name":      sign(jwt.SigningMethodHS256, secret, without("name")),
		"without expiry":    sign(jwt.SigningMethodHS256, secret, without("exp")),
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
	if _, err := NewGuests(secret[1:]); err == nil {
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
