package chat_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/chat/memstore"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

const signOutPath = "/api/session/sign-out-everywhere"

// later is a token of a user who signed in some seconds from now.
func (f *fixture) later(user chat.User, seconds time.Duration) string {
	f.t.Helper()
	token, _, err := f.guests.Renew(user.ID, user.Name, f.clock().Add(seconds*time.Second))
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// codes are how a token is judged: by CONNECT, and by requests by HTTP.
func (f *fixture) codes(token string) []string {
	f.t.Helper()
	client, err := f.server.Dial("/", object{"token": token})
	codes := []string{realtimetest.Code(err)}
	if err == nil {
		client.Disconnect()
	}
	for _, path := range []string{"/api/rooms", "/api/session"} {
		_, answer := f.request("GET", path, token, "")
		e, _ := answer["error"].(object)
		code, _ := e["code"].(string)
		codes = append(codes, code)
	}
	return codes
}

var (
	admitted  = []string{"", "", ""}
	signedOut = []string{"signed_out", "signed_out", "signed_out"}
)

// open reports whether the connections of devices are open.
func open(devices ...*device) (all []bool) {
	for _, d := range devices {
		all = append(all, d.client.Conn().Open())
	}
	return all
}

func TestSigningOutEverywhereEndsAllDevicesAndRefusesTheirTokens(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := ada.another()
	want(t, "before", f.codes(ada.token), admitted)

	want(t, "answer", ada.do("signOutEverywhere", object{}), object{"ok": true})
	want(t, "afterwards", f.codes(ada.token), signedOut)
	want(t, "open", open(phone, bob), []bool{false, true})
	if !ada.ended() {
		t.Error("the asking socket goes on")
	}
	want(t, "a sign-in of the same second", f.codes(f.later(ada.user, 0)), signedOut)
	want(t, "a sign-in one second later", f.codes(f.later(ada.user, 1)), admitted)
	want(t, "Bob", f.codes(bob.token), admitted)
}

func TestSigningOutEverywhereButHere(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	phone := ada.another()
	var tokens []string
	for range 2 { // an answer may be lost
		tokens = append(tokens, ada.do("signOutEverywhere", object{"exceptThis": true})["token"].(string))
	}
	want(t, "open", open(ada, phone), []bool{true, false})
	want(t, "the old token", f.codes(ada.token), signedOut)
	want(t, "the new ones", [][]string{f.codes(tokens[0]), f.codes(tokens[1])}, [][]string{admitted, admitted})
	for range 3 {
		f.sweepIn(time.Minute)
	}
	ada.do("listRooms", object{})
	ada.refused("signed_out", "refreshToken", object{"token": ada.token})
	ada.do("refreshToken", object{"token": tokens[1]})
}

func TestSigningOutEverywhereByHTTP(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	phone := ada.another()
	for body, code := range map[string]string{
		`{"exceptThis":true}`: "bad_request", `{"exceptthis":false}`: "bad_request", `[]`: "bad_request", ``: "bad_request",
	} {
		status, answer := f.request("POST", signOutPath, ada.token, body)
		want(t, body, []any{status, answer["error"].(object)["code"]}, []any{400, code})
	}
	status, _ := f.request("POST", signOutPath, "", "{}")
	want(t, "of a stranger", status, http.StatusUnauthorized)
	want(t, "open", open(ada, phone), []bool{true, true})

	status, answer := f.request("POST", signOutPath, ada.token, "{}")
	want(t, "answer", []any{status, answer}, []any{200, object{"ok": true}})
	want(t, "open afterwards", open(ada, phone), []bool{false, false})
	status, answer = f.request("POST", signOutPath, ada.token, "{}")
	want(t, "a second time", []any{status, answer["error"].(object)["code"]}, []any{401, "signed_out"})
}

func TestSignOutsAtOnceAreOne(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	devices := []*device{ada, ada.another(), ada.another()}
	statuses := make([]int, 6)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i], _ = f.request("POST", signOutPath, ada.token, "{}") })
	}
	all.Wait()
	for _, status := range statuses {
		if status != http.StatusOK && status != http.StatusUnauthorized {
			t.Errorf("a request was answered %d", status)
		}
	}
	if !slices.Contains(statuses, http.StatusOK) {
		t.Error("no request was answered well")
	}
	want(t, "open", open(devices...), []bool{false, false, false})
	want(t, "the token", f.codes(ada.token), signedOut)
}

func TestASignOutWhoseFunctionDiedIsFinishedByTheSweep(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	phone := ada.another()
	o := chat.SignOut{UserID: ada.user.ID, Until: f.clock().Truncate(time.Second)}
	if err := f.store.SignOut(t.Context(), o); err != nil { // and its function dies
		t.Fatal(err)
	}
	again := f.connect(f.later(ada.user, 1), ada.user)
	f.sweepIn(time.Second)
	want(t, "open", open(ada, phone, again), []bool{false, false, true})
	f.sweepIn(2 * time.Minute)
	noted, err := f.store.SignOuts(t.Context())
	if err != nil || len(noted) > 0 {
		t.Errorf("noted: %v, %v", noted, err)
	}
	want(t, "the new one's", open(again), []bool{true})
	want(t, "the old token", f.codes(ada.token), signedOut)
}

func TestADeviceThatConnectsDuringASignOutIsEnded(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	// The sign-out comes after the new device was found good, and before it can be found.
	f.store.rooms = func() {
		if status, _ := f.request("POST", signOutPath, ada.token, "{}"); status != http.StatusOK {
			t.Errorf("signed out: %d", status)
		}
	}
	phone, err := f.server.Dial("/", object{"token": ada.token})
	if err == nil && phone.Connected() {
		t.Error("the new device stays")
	}
}

func TestASessionThatIsSignedOutIsNotRecovered(t *testing.T) {
	// Everyone hears of everyone, so the client has an offset.
	f := newFixtureOf(t, chat.Options{Presence: mode.PresenceToEveryone}, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
	ada := f.enter("Ada")
	ada.create("channel")
	ada.client.Cut()
	f.request("POST", signOutPath, ada.token, "{}")
	if recovered, err := ada.client.Reconnect(); recovered || realtimetest.Code(err) != "signed_out" {
		t.Errorf("recovered: %v, %v", recovered, err)
	}
}

func TestWhoHasCausedTooMuchCanSignOut(t *testing.T) {
	f := newFixtureOf(t, chat.Options{Budget: chat.Budget{Burst: 300, PerSecond: 1}})
	ada := f.enter("Ada")
	for status := 0; status != http.StatusTooManyRequests; {
		status, _ = f.request("GET", "/api/rooms", ada.token, "")
	}
	status, _ := f.request("POST", signOutPath, ada.token, "{}")
	want(t, "answer", status, http.StatusOK)
	want(t, "open", open(ada), []bool{false})
}

func TestATokenIsJudgedWhileTheAccountFails(t *testing.T) {
	f := newFixture(t)
	token, ada := f.signIn("Ada")
	f.request("POST", signOutPath, token, "{}")
	f.calls.failing(func(operation string) error {
		if operation == "UpdateItem" {
			return &types.ProvisionedThroughputExceededException{}
		}
		return nil
	})
	for token, wanted := range map[string]int{token: http.StatusUnauthorized, f.later(ada, 1): http.StatusOK} {
		status, _ := f.request("GET", "/api/rooms", token, "")
		want(t, "answer", status, wanted)
	}
}

func TestASignOutCostsOtherRequestsNothing(t *testing.T) {
	f := newFixture(t)
	token, ada := f.signIn("Ada")
	connect := func(token string) map[string]int {
		f.calls.take()
		f.connect(token, ada).client.Disconnect()
		f.request("GET", "/api/rooms", token, "")
		return f.calls.take()
	}
	connect(token)
	before := connect(token)
	f.request("POST", signOutPath, token, "{}")
	want(t, "calls of the database", connect(f.later(ada, 1)), before)
}

func TestANamespaceOfTheApplicationRefusesWhoIsSignedOut(t *testing.T) {
	guests, err := auth.NewGuests(secret)
	if err != nil {
		t.Fatal(err)
	}
	token, id, err := guests.Issue("Ada")
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		chat.New(chat.Options{Store: store, Verifier: guests, Server: srv}).Register()
		srv.Of("/game").Use(srv.Authenticate)
	})
	srv.Connect("/game", object{"token": token})
	if err := store.SignOut(t.Context(), chat.SignOut{UserID: id.ID, Until: id.Since}); err != nil {
		t.Fatal(err)
	}
	if _, err := srv.Dial("/game", object{"token": token}); realtimetest.Code(err) != chat.CodeSignedOut {
		t.Errorf("got %v", err)
	}
}
