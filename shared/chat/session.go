package chat

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
)

// Guests signs guests in; auth.Guests does.
type Guests interface {
	// Issue makes a new user with this name and returns their token.
	Issue(name string) (token string, id auth.Identity, err error)
	// Renew returns another token of a guest, as if they had signed in at a time.
	Renew(userID, name string, since time.Time) (token string, id auth.Identity, err error)
}

// Issuer is an OpenID Connect issuer at which the page signs people in.
type Issuer struct {
	URL string `json:"issuer"`
	// ClientID is the page's id at the issuer.
	ClientID string `json:"clientId"`
}

// sessions knows who is asking, and signs people in.
type sessions struct {
	*core
	verifier auth.Verifier
	guests   Guests
	issuer   *Issuer
	// maxGuests bounds the guests who sign in from one address in a window.
	maxGuests int
	// attachments is nil if none can be uploaded.
	attachments *FileLimits
	// previews: link previews are on.
	previews bool
}

// identify returns who a token speaks for.
func (s *sessions) identify(ctx context.Context, token string) (auth.Identity, error) {
	id, err := s.verifier.Verify(ctx, token)
	if errors.Is(err, auth.ErrUnauthorized) {
		return auth.Identity{}, errUnauthorized.Because(err)
	}
	if err != nil {
		return auth.Identity{}, realtime.Unavailable(err)
	}
	return id, nil
}

// authenticate admits a socket with a valid token, until the token expires, and puts the
// socket into its rooms.
func (s *sessions) authenticate(ctx context.Context, socket *realtime.Socket) error {
	id, err := s.verifySocket(ctx, socket)
	if err != nil {
		return err
	}
	ids, signedOut, err := s.store.Admission(ctx, id.ID)
	if err != nil {
		return err
	}
	if isSignedOut(id.Since, signedOut) {
		return errSignedOut
	}
	rooms := []string{devices(id.ID)}
	for _, id := range s.heard(ids) {
		rooms = append(rooms, audience(id))
	}
	// A recovered session may have rooms that its user has left since.
	left := slices.DeleteFunc(socket.Rooms(), func(room string) bool { return slices.Contains(rooms, room) })
	return errors.Join(socket.Leave(ctx, left...), socket.Join(ctx, rooms...))
}

// verifySocket gives a socket with a valid token its person as data, until the token expires.
func (s *sessions) verifySocket(ctx context.Context, socket *realtime.Socket) (auth.Identity, error) {
	var credentials struct {
		Token string `json:"token"`
	}
	if err := socket.Handshake().DecodeAuth(&credentials); err != nil {
		return auth.Identity{}, errUnauthorized
	}
	id, err := s.identify(ctx, credentials.Token)
	if err != nil {
		return auth.Identity{}, err
	}
	// A recovered session has its user's rooms, so another user must not get it.
	var before User
	if err := socket.Data(&before); err != nil {
		return auth.Identity{}, err
	}
	if before.ID != "" && before.ID != id.ID {
		return auth.Identity{}, realtime.ErrNewSession
	}
	data := person{User: User{ID: id.ID, Name: id.Name}}
	if !id.Since.IsZero() {
		data.Since = id.Since.Unix()
	}
	return id, errors.Join(socket.SetData(ctx, data), socket.SetExpiry(ctx, id.Expires))
}

// authenticateElsewhere is the middleware of other namespaces that ask for the chat's tokens.
func (s *sessions) authenticateElsewhere(ctx context.Context, socket *realtime.Socket) error {
	id, err := s.verifySocket(ctx, socket)
	if err == nil {
		err = s.admit(ctx, id)
	}
	return err
}

// RefreshToken brings a newer token of the same user.
type RefreshToken struct {
	Token string `json:"token"`
}

// refreshResult tells when the socket ends unless it is refreshed again.
type refreshResult struct {
	ExpiresAt Time `json:"expiresAt"`
}

// refreshToken lets a socket live as long as a newer token. A token that is refused
// changes nothing.
func (s *sessions) refreshToken(ctx context.Context, a actor, in RefreshToken) (refreshResult, error) {
	id, err := s.identify(ctx, in.Token)
	if err != nil {
		return refreshResult{}, err
	}
	if id.ID != a.ID {
		return refreshResult{}, errOtherUser
	}
	if err := s.admit(ctx, id); err != nil {
		return refreshResult{}, err
	}
	if err := realtime.Spend(ctx, len(a.socket.Rooms())); err != nil { // in each of them it is written
		return refreshResult{}, err
	}
	if err := a.socket.SetExpiry(ctx, id.Expires); err != nil {
		return refreshResult{}, err
	}
	return refreshResult{At(id.Expires)}, nil
}

// signInOptions says how to sign in. A request with a token also learns its user: an
// issuer's token does not tell the page the id that others see.
type signInOptions struct {
	Guests bool    `json:"guests"`
	OIDC   *Issuer `json:"oidc,omitempty"`
	User   *User   `json:"user,omitempty"`
	// Attachments say which files can be attached, if any.
	Attachments *FileLimits `json:"attachments,omitempty"`
	// LinkPreviews tells that previewLink is on.
	LinkPreviews bool `json:"linkPreviews,omitempty"`
}

// describe answers GET /api/session.
func (s *sessions) describe(w http.ResponseWriter, r *http.Request) {
	options := signInOptions{Guests: s.guests != nil, OIDC: s.issuer, Attachments: s.attachments, LinkPreviews: s.previews}
	if header := r.Header.Get("Authorization"); header != "" {
		id, err := s.identify(r.Context(), auth.Bearer(header))
		if err == nil {
			err = s.admit(r.Context(), id)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		options.User = &User{ID: id.ID, Name: id.Name}
	}
	answer(w, http.StatusOK, success{options})
}

// GuestSignIn asks for a new guest.
type GuestSignIn struct {
	// Name has at most 40 characters, without the white space around it.
	Name string `json:"name"`
}

// session is the result of a guest's sign-in.
type session struct {
	Token string `json:"token"`
	User  User   `json:"user"`
}

// signIn answers POST /api/session: it signs a guest in.
func (s *sessions) signIn(w http.ResponseWriter, r *http.Request) {
	if s.guests == nil {
		s.fail(w, r, errNoGuests)
		return
	}
	in, err := readRequest[GuestSignIn](r)
	if err == nil {
		in.Name = strings.TrimSpace(in.Name)
		err = checkName("person", in.Name, maxUserName)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if err := s.countGuest(r.Context(), r); err != nil {
		s.fail(w, r, err)
		return
	}
	token, id, err := s.guests.Issue(in.Name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, success{session{Token: token, User: User{ID: id.ID, Name: id.Name}}})
}
