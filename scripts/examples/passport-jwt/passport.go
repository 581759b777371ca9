package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/confab-chat/confab/shared/confab"
)

// Login is what a user logs in with.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// maxLogin is how many bytes a login has at most.
const maxLogin = 1000

// PassportJWT declares the application.
func PassportJWT(app *confab.App) {
	p := passport{tokens{secret: app.Secret("JWT_SECRET"), now: app.Now}}
	app.HTTP("POST /login", p.login)
	app.HTTP("GET /self", p.self)
	app.KeepHeaders("Authorization") // for clients that are no browsers
	app.Use(p.admit)
	confab.On(app, "whoami", whoAmI)
	app.Page("web")
}

type passport struct{ tokens tokens }

// login answers a token to who knows the password. An application has its users in a table, with hashes of their
// passwords, or leaves all of this to an identity provider.
func (p passport) login(w http.ResponseWriter, r *http.Request) {
	var in Login
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin)).Decode(&in)
	if err != nil || in != (Login{"john", "changeit"}) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	token, err := p.tokens.issue(User{ID: 1, Username: in.Username})
	if err != nil {
		slog.ErrorContext(r.Context(), "issue a token", "error", err)
		http.Error(w, "There is no token now.", http.StatusInternalServerError)
		return
	}
	answer(w, map[string]string{"token": token})
}

// self answers who a token is of.
func (p passport) self(w http.ResponseWriter, r *http.Request) {
	u, _, err := p.tokens.verify(bearer(r.Header.Get("Authorization")))
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer(w, u)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// bearer returns the token of a header.
func bearer(header string) string {
	if scheme, token, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return token
	}
	return ""
}

// admit lets a socket in that has a token, as its auth or in a header, for as long as the token is valid.
func (p passport) admit(ctx context.Context, s *confab.Socket) error {
	var auth struct {
		Token string `json:"token"`
	}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	if auth.Token == "" {
		auth.Token = bearer(s.Handshake().Headers["authorization"])
	}
	u, expires, err := p.tokens.verify(auth.Token)
	if err != nil {
		return confab.Errorf("unauthorized", "Log in first.").Because(err)
	}
	return errors.Join(s.SetData(ctx, u), s.SetExpiry(ctx, expires), s.Join(ctx, fmt.Sprintf("user:%d", u.ID)))
}

// whoAmI answers the name of who a socket is of.
func whoAmI(_ context.Context, s *confab.Socket, _ confab.None) (string, error) {
	var u User
	err := s.Data(&u)
	return u.Username, err
}
