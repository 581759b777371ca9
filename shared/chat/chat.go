package chat

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Options configure a Chat. Store, Verifier and Server are required.
type Options struct {
	Store    Store
	Verifier auth.Verifier
	// Guests signs people in by name alone; nil turns guest sign-in off.
	Guests Guests
	// GuestSignIns bounds the guests who sign in from one address in ten minutes: 20.
	GuestSignIns int
	// Issuer tells the page where to sign in with OpenID Connect; nil turns that off. The
	// Verifier has to accept its tokens.
	Issuer *Issuer
	Server *realtime.Server
	// MaxSockets bounds the sockets of a user: 20. One more is disconnected.
	MaxSockets int
	// Presence says who is told of people's coming and going: mode.PresenceToWatchers.
	Presence mode.Presence
	// PresenceGrace is how long a person whose line was lost may be gone before others are
	// told: 20 s; below zero, none.
	PresenceGrace time.Duration
	// Budget bounds what one person makes the chat do: 2,000 deliveries at once, then 100 a
	// second.
	Budget Budget
	// Files keeps attachments, within FileLimits. Nil: there are none.
	Files      Files
	FileLimits FileLimits
	// Previewer fetches link previews; nil turns them off.
	Previewer Previewer
	// Log gets what operators need to know: slog.Default().
	Log *slog.Logger
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Chat is the chat on one server. It is safe for concurrent use.
type Chat struct {
	*core
	sessions  *sessions
	rooms     *rooms
	lists     *lists
	syncs     *syncs
	messages  *messages
	reactions *reactions
	marks     *marks
	drafts    *drafts
	searches  *searches
	files     *attachments
	links     *links
	presence  *presence
	budgets   *budgets
}

// person is what a socket of the chat has as its data.
type person struct {
	User
	// Since is when they signed in, in seconds since 1970; 0 if nobody knows.
	Since int64 `json:"since,omitempty"`
}

func (p person) since() time.Time { return time.Unix(p.Since, 0) }

// User is a person who takes part.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// New returns a chat.
func New(o Options) *Chat {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.MaxSockets = cmp.Or(o.MaxSockets, 20)
	o.GuestSignIns = cmp.Or(o.GuestSignIns, defaultGuests)
	o.Budget.Burst = cmp.Or(o.Budget.Burst, defaultBudget.Burst)
	o.Budget.PerSecond = cmp.Or(o.Budget.PerSecond, defaultBudget.PerSecond)
	o.Presence = cmp.Or(o.Presence, mode.PresenceToWatchers)
	o.PresenceGrace = cmp.Or(o.PresenceGrace, 20*time.Second)
	core := &core{store: o.Store, server: o.Server, log: o.Log, now: o.Now, tells: o.Presence}
	o.FileLimits.MaxBytes = cmp.Or(o.FileLimits.MaxBytes, defaultMaxFile)
	files := &attachments{core, o.Files, o.FileLimits}
	messages, lists := &messages{core, files}, &lists{core}
	rooms := &rooms{core: core, messages: messages}
	presence := &presence{core: core, others: &teller{core}, maxSockets: o.MaxSockets, grace: o.PresenceGrace}
	return &Chat{
		core:      core,
		sessions:  &sessions{core: core, verifier: o.Verifier, guests: o.Guests, issuer: o.Issuer, maxGuests: o.GuestSignIns, attachments: files.offered(), previews: o.Previewer != nil},
		rooms:     rooms,
		lists:     lists,
		syncs:     &syncs{core, lists, messages, rooms, presence},
		messages:  messages,
		reactions: &reactions{core},
		marks:     &marks{core},
		drafts:    &drafts{core},
		searches:  &searches{core},
		files:     files,
		links:     &links{core, messages, o.Previewer},
		presence:  presence,
		budgets:   &budgets{core, o.Budget},
	}
}

// Register adds the chat to the root namespace of its server. There, a middleware of the
// chat admits only sockets with a valid token.
func (c *Chat) Register() {
	c.server.Use(c.sessions.authenticate)
	c.server.SetAuthenticator(c.sessions.authenticateElsewhere)
	c.server.OnConnection(c.presence.arrive)
	c.server.OnDisconnect(c.presence.depart)
	c.server.OnSweep(c.rooms.repair)
	c.server.OnSweep(c.presence.repair)
	c.server.OnSweep(c.reactions.repair)
	c.server.OnSweep(c.sessions.repairSignOuts)
	c.server.SetPayer(c.budgets)
	for _, o := range c.operations() {
		if !o.HTTPOnly {
			o.register(c.server, o)
		}
	}
}
