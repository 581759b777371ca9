package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/chat/memstore"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// token is a token of a user that expires at a time.
func (f *fixture) token(user chat.User, expires time.Time) string {
	f.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(object{
		"iss": auth.GuestIssuer, "sub": user.ID, "name": user.Name, "exp": expires.Unix(),
	}).Serialize()
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// until connects a user whose token expires after a while.
func (f *fixture) until(name string, d time.Duration) *device {
	f.t.Helper()
	_, user := f.signIn(name)
	return f.connect(f.token(user, f.clock().Add(d)), user)
}

// ended reports whether the server ends the device's socket when it speaks, and leaves the
// connection.
func (d *device) ended() bool {
	err := d.client.EmitWithAck("listRooms", nil, object{})
	return errors.Is(err, realtimetest.ErrDisconnected) && d.client.Conn().Open()
}

func TestASocketEndsWithItsToken(t *testing.T) {
	f := newFixture(t)
	ada := f.until("Ada", time.Hour)
	f.advance(time.Hour - 5*time.Second)
	ada.do("listRooms", object{})
	f.advance(10 * time.Second)
	if !ada.ended() {
		t.Error("lives beyond its token")
	}
}

func TestASocketWhoseTokenHasExpiredHearsNothingMore(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	bob, eve := f.until("Bob", time.Hour), f.until("Eve", time.Hour)
	for _, d := range []*device{bob, eve} {
		d.do("joinRoom", object{"roomId": room})
	}
	bob.do("refreshToken", object{"token": f.token(bob.user, f.clock().Add(2*time.Hour))})
	heard := func() []int { return []int{len(bob.heard("newMessage")), len(eve.heard("newMessage"))} }
	f.advance(time.Hour - 5*time.Second)
	ada.send(room, "1")
	want(t, "before", heard(), []int{1, 1})
	f.advance(10 * time.Second)
	ada.send(room, "2")
	want(t, "afterwards", heard(), []int{2, 1})
}

func TestARefreshedSocketLivesAsLongAsTheNewToken(t *testing.T) {
	f := newFixture(t)
	ada := f.until("Ada", 30*time.Minute)
	expires := f.clock().Add(time.Hour).Truncate(time.Second)
	want(t, "refresh", ada.do("refreshToken", object{"token": f.token(ada.user, expires)}),
		object{"ok": true, "expiresAt": expires.UTC().Format("2006-01-02T15:04:05.000Z")})
	f.advance(45 * time.Minute)
	ada.do("listRooms", object{})
	f.advance(20 * time.Minute)
	if !ada.ended() {
		t.Error("lives beyond its second token")
	}
}

func TestARefusedRefreshChangesNothing(t *testing.T) {
	f := newFixture(t)
	ada := f.until("Ada", time.Hour)
	eve, _ := f.signIn("Eve")
	ada.refused("forbidden", "refreshToken", object{"token": eve})
	ada.refused("unauthorized", "refreshToken", object{"token": ada.token + "x"})
	ada.refused("unauthorized", "refreshToken", object{"token": f.token(ada.user, time.Now().Add(-time.Hour))})
	ada.refused("unauthorized", "refreshToken", object{"token": ""})
	ada.refused("bad_request", "refreshToken", object{})
	ada.refused("bad_request", "refreshToken", object{"token": 7})
	ada.do("listRooms", object{})
	f.advance(time.Hour + time.Second)
	if !ada.ended() {
		t.Error("lives beyond its token")
	}
}

func TestOnlyItsUserRecoversASession(t *testing.T) {
	for recoverer, admitted := range map[string]bool{"Ada": true, "Eve": false} {
		// Everyone hears of everyone, so the reply to CONNECT is posted, and heard here.
		f := newFixtureOf(t, chat.Options{Presence: mode.PresenceToEveryone}, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
		tokens := map[string]string{}
		for _, name := range []string{"Ada", "Eve"} {
			tokens[name], _ = f.signIn(name)
		}
		var session struct{ SID, PID string }
		f.server.Gateway.Hear = func(_, frame string) {
			if reply, ok := strings.CutPrefix(frame, "40"); ok && session.SID == "" {
				if err := json.Unmarshal([]byte(reply), &session); err != nil {
					t.Errorf("%s: %v", frame, err)
				}
			}
		}
		before, err := f.server.Dial("/", object{"token": tokens["Ada"]})
		if err != nil {
			t.Fatal(err)
		}
		if err := before.EmitWithAck("createRoom", nil, object{"name": "Notes"}); err != nil {
			t.Fatal(err)
		}
		events := before.Received()
		last := events[len(events)-1].Args
		before.Cut()
		after, err := f.server.Dial("/", object{"token": tokens[recoverer], "pid": session.PID, "offset": last[len(last)-1]})
		if err != nil {
			t.Fatalf("%s: %v", recoverer, err)
		}
		if recovered := after.ID() == session.SID; recovered != admitted {
			t.Errorf("%s recovers Ada's session: %v", recoverer, recovered)
		}
	}
}

func TestThePageIsToldHowToSignIn(t *testing.T) {
	f := newFixture(t)
	status, ways := f.request("GET", "/api/session", "", "")
	want(t, "with guests", []any{status, ways}, []any{200, object{"ok": true, "guests": true}})
	token, ada := f.signIn("Ada")
	status, ways = f.request("GET", "/api/session", token, "")
	want(t, "who one is", []any{status, ways}, []any{200, object{"ok": true, "guests": true, "user": ada}})
	status, refusal := f.request("GET", "/api/session", token+"x", "")
	want(t, "a bad token", []any{status, refusal["error"].(object)["code"]}, []any{401, "unauthorized"})

	f.http = chat.New(chat.Options{
		Store: f.store, Verifier: f.guests, Server: f.server.Instance(),
		Issuer: &chat.Issuer{URL: "https://id.example.com", ClientID: "page"},
	}).HTTP()
	status, ways = f.request("GET", "/api/session", "", "")
	want(t, "without guests", []any{status, ways}, []any{200, object{
		"ok": true, "guests": false, "oidc": object{"issuer": "https://id.example.com", "clientId": "page"},
	}})
	status, refusal = f.request("POST", "/api/session", "", `{"name":"Ada"}`)
	want(t, "a guest", []any{status, refusal["error"].(object)["code"]}, []any{404, "not_found"})
}

// broken is a verifier that cannot reach its issuer.
type broken struct{}

func (broken) Verify(context.Context, string) (auth.Identity, error) {
	return auth.Identity{}, errors.New("dial tcp: refused")
}

func TestAnIssuerThatIsDownIsATemporaryError(t *testing.T) {
	f := newFixture(t)
	c := chat.New(chat.Options{Store: f.store, Verifier: broken{}, Server: f.server.Instance(), Log: slog.New(slog.DiscardHandler)})
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/api/rooms", nil)
	r.Header.Set("Authorization", "Bearer x")
	c.HTTP().ServeHTTP(w, r)
	want(t, "answer", []any{w.Code, w.Body.String()}, []any{http.StatusServiceUnavailable,
		`{"ok":false,"error":{"code":"unavailable","message":"Try again in a moment.","temporary":true}}`})
}

func TestANamespaceOfTheApplicationAsksForTheChatsTokens(t *testing.T) {
	guests, err := auth.NewGuests(secret)
	if err != nil {
		t.Fatal(err)
	}
	token, id, err := guests.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		chat.New(chat.Options{Store: memstore.New(), Verifier: auth.Issuers{auth.GuestIssuer: guests}, Server: srv}).Register()
		game := srv.Of("/game")
		game.Use(srv.Authenticate)
		realtime.On(game, "whoAmI", func(_ context.Context, s *realtime.Socket, _ realtime.None) (user chat.User, err error) {
			err = s.Data(&user)
			return user, err
		})
	})
	var got chat.User
	ada := srv.Connect("/game", object{"token": token})
	if err := ada.EmitWithAck("whoAmI", &got); err != nil || got != (chat.User{ID: id.ID, Name: "Ada"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, auth := range []any{nil, object{"token": token + "x"}} {
		if _, err := srv.Dial("/game", auth); realtimetest.Code(err) != chat.CodeUnauthorized {
			t.Errorf("with %v: %v", auth, err)
		}
	}
}
