package main

import (
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	issuer   = "accounts.examplesoft.com"
	audience = "yoursite.net"
	// lifetime is a token's.
	lifetime = time.Hour
)

// User is who a token is of.
type User struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

// claims are what a token says.
type claims struct {
	jwt.Claims
	Data User `json:"data"`
}

// tokens issues and verifies tokens.
type tokens struct {
	// secret has 32 bytes or more.
	secret string
	now    func() time.Time
}

// issue returns a token of a user.
func (t tokens) issue(u User) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(t.secret)}, nil)
	if err != nil {
		return "", err
	}
	now := t.now()
	return jwt.Signed(signer).Claims(claims{
		Claims: jwt.Claims{
			Issuer: issuer, Audience: jwt.Audience{audience}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Data: u,
	}).Serialize()
}

// verify returns who a token is of, and when it expires.
func (t tokens) verify(token string) (u User, expires time.Time, err error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return u, expires, err
	}
	var c claims
	if err := parsed.Claims([]byte(t.secret), &c); err != nil {
		return u, expires, err
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{audience}, Time: t.now()}, 0); err != nil {
		return u, expires, err
	}
	return c.Data, c.Expiry.Time(), nil
}
