package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/confab-chat/confab/shared/realtime"
)

// Namespace is where admins connect.
const Namespace = "/admin"

// Options identify the admin. Username and PasswordHash are required.
type Options struct {
	Username string
	// PasswordHash is the bcrypt hash of the password.
	PasswordHash string
	// Secret signs the sessions, so that an admin may connect again without the password. It
	// needs 32 random bytes, the same in all functions. Without one, a session ends with the
	// process that issued it.
	Secret []byte
	// ReadOnly refuses all commands.
	ReadOnly bool
	// Log gets a warning for each wrong password: slog.Default().
	Log *slog.Logger
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Parse reads "NAME:HASH", as in the environment variable CONFAB_ADMIN.
func Parse(text string) (Options, error) {
	name, hash, found := strings.Cut(text, ":")
	if !found || name == "" {
		return Options{}, errors.New("write the admin as NAME:HASH")
	}
	if _, err := bcrypt.Cost([]byte(hash)); err != nil {
		return Options{}, fmt.Errorf("the admin's password hash: %w", err)
	}
	return Options{Username: name, PasswordHash: hash}, nil
}

// admin is the namespace's handlers.
type admin struct {
	options  Options
	server   *realtime.Server
	sessions sessions
}

// Register adds the namespace to a server. The admin sees the namespaces that the server has
// a name for when Register is called, so call it last. Those of OfFunc have none.
func Register(srv *realtime.Server, o Options) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if len(o.Secret) == 0 {
		o.Secret = []byte(rand.Text() + rand.Text())
	}
	a := &admin{options: o, server: srv, sessions: newSessions(o.Secret, o.PasswordHash)}
	for _, name := range srv.Names() {
		if name != Namespace {
			a.watch(srv.Of(name))
		}
	}
	ns := srv.Of(Namespace)
	ns.Use(a.authenticate)
	ns.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, watchers) })
	ns.OnConnection(a.greet)
	ns.Handle("emit", a.command(emit))
	ns.Handle("join", a.command(join))
	ns.Handle("leave", a.command(leave))
	ns.Handle("_disconnect", a.command(disconnect))
}

// errInvalid has the message at which the UI asks for the password. Metrics count it by its
// code.
var errInvalid = realtime.Errorf("invalid_credentials", "invalid credentials")

// authenticate admits a client with the password or a valid session.
func (a *admin) authenticate(ctx context.Context, s *realtime.Socket) error {
	var auth struct{ SessionID, Username, Password string }
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return errInvalid
	}
	now := a.options.Now()
	if expires, ok := a.sessions.valid(auth.SessionID, now); ok {
		return s.SetExpiry(ctx, expires)
	}
	if auth.Password == "" {
		return errInvalid // nobody guesses
	}
	address := s.Handshake().Address
	if err := a.countTry(ctx, address, auth.Username); err != nil {
		a.warn(ctx, "an admin's password is not compared", address, err)
		return err
	}
	// The password is compared even if the name is wrong, so that the time that it takes
	// tells nothing about the name.
	wrong := bcrypt.CompareHashAndPassword([]byte(a.options.PasswordHash), []byte(auth.Password))
	if wrong != nil || auth.Username != a.options.Username {
		a.warn(ctx, "wrong name or password of an admin", address, errInvalid)
		return errInvalid
	}
	return s.SetExpiry(ctx, now.Add(sessionLifetime))
}

// warn logs a refused sign-in. It does not log the name: people type passwords there.
func (a *admin) warn(ctx context.Context, what, address string, err error) {
	a.options.Log.WarnContext(ctx, what, "address", address, "code", realtime.Safe(err).Code)
}

// greet sends a new admin the session, what the UI may do, and a report.
func (a *admin) greet(ctx context.Context, s *realtime.Socket) error {
	features := []string{"EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"}
	if a.options.ReadOnly {
		features = []string{}
	}
	return errors.Join(
		s.Emit(ctx, "session", a.sessions.issue(s.Expiry())),
		s.Emit(ctx, "config", map[string]any{"supportedFeatures": features}),
		a.report(ctx, s),
	)
}
