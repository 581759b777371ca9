package admin

import (
	"context"
	"crypto/rand"
	"encoding/json"
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
	started  time.Time
}

// Register adds the namespace to a server. The admin sees the other namespaces that the
// server has a name for, not those of OfFunc.
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
	a := &admin{options: o, server: srv, sessions: newSessions(o.Secret, o.PasswordHash), started: o.Now()}
	ns := srv.Of(Namespace)
	ns.Use(a.authenticate)
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

// report sends an admin the server's numbers and all sockets.
func (a *admin) report(ctx context.Context, s *realtime.Socket) error {
	now := a.options.Now()
	all := []socket{}
	connections := map[string]bool{}
	summary := stats{
		ServerID: "confab", Hostname: "confab", Uptime: now.Sub(a.started).Seconds(), Namespaces: []count{},
	}
	for _, name := range a.server.Names() {
		if name == Namespace {
			continue
		}
		found, err := a.server.Of(name).FetchSockets(ctx)
		if err != nil {
			return err
		}
		summary.Namespaces = append(summary.Namespaces, count{name, len(found)})
		for _, f := range found {
			connections[f.ConnectionID] = true
			all = append(all, newSocket(name, f))
		}
	}
	summary.Clients = len(connections)
	if err := s.Volatile().Emit(ctx, "server_stats", summary); err != nil {
		return err
	}
	parts, err := split(all)
	for _, part := range parts {
		err = errors.Join(err, s.Volatile().Emit(ctx, "all_sockets", part))
	}
	return err
}

// maxReport is the size of a frame of a report, in bytes. API Gateway takes 128 KB.
const maxReport = 100 << 10

// split divides sockets into parts that fit into a frame, at least one. If a single socket
// does not fit, split leaves out the last of its rooms.
func split(all []socket) ([][]json.RawMessage, error) {
	part, size := []json.RawMessage{}, 0
	var parts [][]json.RawMessage
	for _, s := range all {
		encoded, err := json.Marshal(s)
		for err == nil && len(encoded) > maxReport && len(s.Rooms) > 0 {
			s.Rooms = s.Rooms[:len(s.Rooms)/2]
			encoded, err = json.Marshal(s)
		}
		if err != nil {
			return nil, err
		}
		if size += len(encoded) + 1; size > maxReport {
			parts = append(parts, part)
			part, size = []json.RawMessage{}, len(encoded)+1
		}
		part = append(part, encoded)
	}
	return append(parts, part), nil
}

// stats is the UI's view of a server.
type stats struct {
	ServerID       string  `json:"serverId"`
	Hostname       string  `json:"hostname"`
	PID            int     `json:"pid"`
	Uptime         float64 `json:"uptime"`
	Clients        int     `json:"clientsCount"`
	PollingClients int     `json:"pollingClientsCount"`
	Namespaces     []count `json:"namespaces"`
}

type count struct {
	Name    string `json:"name"`
	Sockets int    `json:"socketsCount"`
}

// socket is the UI's view of a socket.
type socket struct {
	ID        string         `json:"id"`
	ClientID  string         `json:"clientId"`
	Transport string         `json:"transport"`
	Namespace string         `json:"nsp"`
	Rooms     []string       `json:"rooms"`
	Data      map[string]any `json:"data"`
	Handshake handshake      `json:"handshake"`
}

// handshake is the UI's view of a handshake. It has few headers and parameters, because the
// others may hold cookies and tokens of other applications.
type handshake struct {
	Address string            `json:"address"`
	Headers map[string]string `json:"headers"`
	Query   map[string]string `json:"query"`
	Issued  int64             `json:"issued"`
	Time    string            `json:"time"`
	Secure  bool              `json:"secure"`
	XDomain bool              `json:"xdomain"`
	URL     string            `json:"url"`
}

func newSocket(namespace string, r realtime.RemoteSocket) socket {
	h := r.Handshake
	return socket{
		ID: r.ID, ClientID: r.ConnectionID, Transport: "websocket", Namespace: namespace, Rooms: r.Rooms, Data: map[string]any{},
		Handshake: handshake{
			Address: h.Address,
			Headers: map[string]string{"user-agent": h.Headers["user-agent"]},
			Query:   map[string]string{"EIO": h.Query["EIO"], "transport": h.Query["transport"]},
			Issued:  h.Issued.UnixMilli(), Time: h.Time(), Secure: h.Secure, XDomain: h.XDomain, URL: "/",
		},
	}
}
