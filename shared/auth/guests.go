package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Guests issues and verifies tokens of guests: JWTs signed with HMAC-SHA-256. Whoever
// signs in is a new user; a guest's account lives as long as the token.
type Guests struct {
	secret []byte
	parser *jwt.Parser
	now    func() time.Time
}

var _ Verifier = (*Guests)(nil)

// GuestIssuer is the issuer in guests' tokens.
const GuestIssuer = "confab-guests"

const (
	// guestLifetime is how long a guest stays signed in.
	guestLifetime = 7 * 24 * time.Hour
	minSecret     = 32
)

// NewGuests returns Guests that sign with a secret of at least 32 bytes.
func NewGuests(secret []byte) (*Guests, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the guests' secret has %d bytes and needs %d", len(secret), minSecret)
	}
	return &Guests{
		secret: secret,
		now:    time.Now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithIssuer(GuestIssuer),
			jwt.WithExpirationRequired(),
		),
	}, nil
}

type guestClaims struct {
	Name string `json:"name"`
	jwt.RegisteredClaims
}

// Issue makes a new guest of this name and returns their token.
func (g *Guests) Issue(name string) (string, Identity, error) {
	id := Identity{
		ID:      "u_" + strings.ToLower(rand.Text()[:16]),
		Name:    name,
		Expires: g.now().Add(guestLifetime).Truncate(time.Second),
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, guestClaims{
		Name: name,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    GuestIssuer,
			Subject:   id.ID,
			IssuedAt:  jwt.NewNumericDate(g.now()),
			ExpiresAt: jwt.NewNumericDate(id.Expires),
		},
	}).SignedString(g.secret)
	if err != nil {
		return "", Identity{}, fmt.Errorf("sign token: %w", err)
	}
	return token, id, nil
}

// Verify implements Verifier.
func (g *Guests) Verify(_ context.Context, token string) (Identity, error) {
	var claims guestClaims
	_, err := g.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return g.secret, nil })
	if err == nil && (claims.Subject == "" || claims.Name == "") {
		err = errors.New("a claim is missing")
	}
	if err != nil {
		// The parser's error may quote the token, which belongs into no log.
		return Identity{}, fmt.Errorf("%w: not a valid guest token", ErrUnauthorized)
	}
	return Identity{ID: claims.Subject, Name: claims.Name, Expires: claims.ExpiresAt.Time}, nil
}
