package chat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
)

// OIDC tells pages where people sign in by OpenID Connect.
type OIDC struct {
	Issuer   string `json:"issuer"`
	ClientID string `json:"clientId"`
}

// waysIn says how to sign in, and to somebody who has a token, who they are: an issuer's
// tokens do not say by which id others know them.
type waysIn struct {
	Guests bool  `json:"guests"`
	OIDC   *OIDC `json:"oidc,omitempty"`
	User   *User `json:"user,omitempty"`
}

func (c *Chat) waysIn(w http.ResponseWriter, r *http.Request) {
	ways := waysIn{Guests: c.guests != nil, OIDC: c.oidc}
	if header := r.Header.Get("Authorization"); header != "" {
		id, err := c.identify(r.Context(), auth.Bearer(header))
		if err != nil {
			c.failed(w, r, err)
			return
		}
		ways.User = &User{ID: id.ID, Name: id.Name}
	}
	answer(w, http.StatusOK, success{ways})
}

// session is the result of a guest's sign-in.
type session struct {
	Token string `json:"token"`
	User  User   `json:"user"`
}

func (c *Chat) signIn(w http.ResponseWriter, r *http.Request) {
	if c.guests == nil {
		refuse(w, errNoGuests)
		return
	}
	var in struct {
		Name string `json:"name"`
	}
	err := decodeBody(r, &in)
	if err == nil {
		in.Name = strings.TrimSpace(in.Name)
		err = checkName("person", in.Name, maxUserName)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	token, id, err := c.guests.Issue(in.Name)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	answer(w, http.StatusOK, success{session{Token: token, User: User{ID: id.ID, Name: id.Name}}})
}

// identify returns whom a token speaks for.
func (c *Chat) identify(ctx context.Context, token string) (auth.Identity, error) {
	id, err := c.verifier.Verify(ctx, token)
	if errors.Is(err, auth.ErrUnauthorized) {
		return auth.Identity{}, errUnauthorized.Because(err)
	}
	if err != nil {
		return auth.Identity{}, realtime.Unavailable(err)
	}
	return id, nil
}

// RefreshToken brings a newer token of the same user.
type RefreshToken struct {
	Token string `json:"token"`
}

// refreshed is when the socket ends unless it is refreshed again.
type refreshed struct {
	ExpiresAt Time `json:"expiresAt"`
}

// refreshToken lets a socket live as long as a newer token. One that is refused changes
// nothing: the socket lives as long as its last good one.
func (c *Chat) refreshToken(ctx context.Context, a actor, in RefreshToken) (refreshed, error) {
	id, err := c.identify(ctx, in.Token)
	if err != nil {
		return refreshed{}, err
	}
	if id.ID != a.ID {
		return refreshed{}, errOtherUser
	}
	if err := a.socket.SetExpiry(ctx, id.Expires); err != nil {
		return refreshed{}, err
	}
	return refreshed{At(id.Expires)}, nil
}
