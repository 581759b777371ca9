package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

func TestParseReadsANameAndAHash(t *testing.T) {
	got, err := Parse("ada:" + hash)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "options", [2]string{got.Username, got.PasswordHash}, [2]string{"ada", hash})
	for _, text := range []string{"", "ada", ":" + hash, "ada:", "ada:" + password, "ada:" + hash[:20]} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

const refused = `44/admin,{"data":{"code":"invalid_credentials"},"message":"invalid credentials"}`

func TestOnlyThePasswordAdmits(t *testing.T) {
	f := newFixture(t, Options{})
	refusedAuth := map[string]string{
		"nothing":              "",
		"an empty object":      "{}",
		"another password":     `{"username":"ada","password":"wrong"}`,
		"the hash":             fmt.Sprintf(`{"username":"ada","password":%q}`, hash),
		"no password":          `{"username":"ada"}`,
		"another name":         fmt.Sprintf(`{"username":"eve","password":%q}`, password),
		"no name":              fmt.Sprintf(`{"password":%q}`, password),
		"auth of another form": `{"username":["ada"]}`,
		"a forged session":     `{"sessionId":"9999999999.forged"}`,
	}
	for what, auth := range refusedAuth {
		if got := f.open("with "+what, "/admin", auth); got != refused {
			t.Errorf("%s: answered %s", what, got)
		}
		want(t, what, f.heard("with "+what), nil)
	}
	f.admin()
}

func TestASessionAdmitsUntilItExpires(t *testing.T) {
	f := newFixture(t, Options{})
	f.open("admin", "/admin", fmt.Sprintf(`{"username":"ada","password":%q}`, password))
	var session string
	if err := json.Unmarshal(f.events()["session"], &session); err != nil {
		t.Fatal(err)
	}
	auth := fmt.Sprintf(`{"sessionId":%q}`, session)

	f.now = f.now.Add(sessionLifetime - time.Minute)
	if got := f.open("again", "/admin", auth); !strings.Contains(got, `"sid"`) {
		t.Errorf("before it expires: answered %s", got)
	}
	var renewed string
	for _, frame := range f.heard("again") {
		if text, found := strings.CutPrefix(frame, `42/admin,["session",`); found {
			renewed = text
		}
	}
	want(t, "the session given to a session", renewed, fmt.Sprintf("%q]", session)) // it does not live longer

	f.now = f.now.Add(2 * time.Minute)
	want(t, "expired", f.open("late", "/admin", auth), refused)
	f.now = f.now.Add(-2 * time.Minute)
	f.restart(Options{PasswordHash: otherHash})
	want(t, "with a new password", f.open("other", "/admin", auth), refused)
	f.restart(Options{})
	if got := f.open("same", "/admin", auth); !strings.Contains(got, `"sid"`) {
		t.Errorf("after a restart: answered %s", got)
	}
	f.restart(Options{Secret: []byte("another secret of thirty-two bytes")})
	want(t, "with a new secret", f.open("new", "/admin", auth), refused)
}

func TestTheHashAloneMakesNoSession(t *testing.T) {
	f := newFixture(t, Options{})
	for _, key := range [][]byte{nil, {}, []byte(hash)} {
		auth := fmt.Sprintf(`{"sessionId":%q}`, newSessions(key, hash).issue(f.now.Add(time.Hour)))
		want(t, fmt.Sprintf("signed with %q", key), f.open(fmt.Sprintf("forger %q", key), "/admin", auth), refused)
	}
	// Nor does it where nobody has set a secret.
	f.restart(Options{Secret: []byte{}})
	for _, key := range [][]byte{nil, {}, secret} {
		auth := fmt.Sprintf(`{"sessionId":%q}`, newSessions(key, hash).issue(f.now.Add(time.Hour)))
		want(t, fmt.Sprintf("signed with %q", key), f.open(fmt.Sprintf("second forger %q", key), "/admin", auth), refused)
	}
}

const tooMany = `44/admin,{"data":{"code":"rate_limited"},"message":"Too many passwords were tried. Try again in 15 minutes."}`

func TestPasswordsAreTriedTenTimesFromAnAddress(t *testing.T) {
	f := newFixture(t, Options{})
	f.now = f.now.Truncate(tryWindow)
	try := func(i int, name, password string) string {
		return f.open(fmt.Sprint(name, i), "/admin", fmt.Sprintf(`{"username":%q,"password":%q}`, name, password))
	}
	for i := range triesOfOrigin {
		f.restart(Options{}) // each in another function
		want(t, fmt.Sprint("try ", i), try(i, []string{"ada", "mallory"}[i%2], "wrong"), refused)
	}
	f.restart(Options{})
	for i, name := range []string{"ada", "mallory"} {
		want(t, "one more of "+name, try(100+i, name, password), tooMany)
	}
	want(t, "no password", f.open("empty", "/admin", `{"username":"ada"}`), refused)
	session := fmt.Sprintf(`{"sessionId":%q}`, newSessions(secret, hash).issue(f.now.Add(time.Hour)))
	if got := f.open("session", "/admin", session); !strings.Contains(got, `"sid"`) {
		t.Errorf("a session: answered %s", got)
	}
	f.address = "192.0.2.2"
	if got := try(200, "ada", password); !strings.Contains(got, `"sid"`) {
		t.Errorf("from another address: answered %s", got)
	}
	f.address = ""
	f.now = f.now.Add(tryWindow)
	if got := try(300, "ada", password); !strings.Contains(got, `"sid"`) {
		t.Errorf("in the next window: answered %s", got)
	}
	log := f.log.String()
	if n := strings.Count(log, "level=WARN"); n != triesOfOrigin+2 || !strings.Contains(log, "address=192.0.2.1") {
		t.Errorf("%d warnings:\n%s", n, log)
	}
	for _, no := range []string{"wrong\"", password, "mallory", "ada"} {
		if strings.Contains(log, no) {
			t.Errorf("the log has %q:\n%s", no, log)
		}
	}
	want(t, "counted", f.refused, map[string]int{"invalid_credentials": triesOfOrigin + 1, "rate_limited": 2})
}

func TestPasswordsAreTriedAHundredTimesForAName(t *testing.T) {
	f := newFixture(t, Options{})
	f.now = f.now.Truncate(tryWindow)
	for i := range triesOfName + 1 {
		f.address = fmt.Sprint("192.0.2.", i)
		got := f.open(fmt.Sprint("guesser ", i), "/admin", `{"username":"ada","password":"wrong"}`)
		want(t, fmt.Sprint("try ", i), got, map[bool]string{true: refused, false: tooMany}[i < triesOfName])
	}
}

func TestTriesAtOnceAreNotMore(t *testing.T) {
	f := newFixture(t, Options{})
	f.now = f.now.Truncate(tryWindow)
	var wg sync.WaitGroup
	var compared atomic.Int64
	for i := range 3 * triesOfOrigin {
		wg.Go(func() {
			if f.open(fmt.Sprint("at once ", i), "/admin", `{"username":"ada","password":"wrong"}`) == refused {
				compared.Add(1)
			}
		})
	}
	wg.Wait()
	want(t, "compared", compared.Load(), triesOfOrigin)
}

func TestAnAdminsSocketEndsWithTheSession(t *testing.T) {
	f := newFixture(t, Options{})
	f.player("p")
	session := newSessions(secret, hash).issue(f.now.Add(time.Hour))
	f.open("admin", "/admin", fmt.Sprintf(`{"sessionId":%q}`, session))
	f.heard("admin")
	f.now = f.now.Add(time.Hour - time.Second)
	want(t, "in time", f.command("emit", "/game", nil, "note"), done)
	want(t, "the player", f.heard("p"), []string{`42/game,["note"]`})
	f.heard("admin")
	f.now = f.now.Add(2 * time.Second)
	want(t, "too late", f.command("emit", "/game", nil, "note"), "6")
	want(t, "the admin", f.heard("admin"), []string{"41/admin,"})
	want(t, "the player", f.heard("p"), nil)
}

func TestAnAdminIsToldWhatThereIs(t *testing.T) {
	f := newFixture(t, Options{})
	player := f.player("p")
	started := f.now
	f.now = f.now.Add(90 * time.Second)
	f.open("admin", "/admin", fmt.Sprintf(`{"username":"ada","password":%q}`, password))
	events := f.events()
	want(t, "config", string(events["config"]), `{"supportedFeatures":["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT"]}`)
	want(t, "events", len(events), 3) // without "server_stats": the UI would call the server unhealthy soon
	var sockets []socket
	if err := json.Unmarshal(events["all_sockets"], &sockets); err != nil {
		t.Fatal(err)
	}
	want(t, "sockets", sockets, []socket{{
		ID: player, ClientID: "p", Transport: "websocket", Namespace: "/game", Rooms: []string{player}, Data: map[string]any{},
		Handshake: handshake{ // without cookies and tokens
			Address: "192.0.2.1", Headers: map[string]string{"user-agent": "test"}, Query: map[string]string{"EIO": "4", "transport": "websocket"},
			Issued: started.UnixMilli(), Time: sockets[0].Handshake.Time, URL: "/", Secure: sockets[0].Handshake.Secure,
		},
	}})
}

func TestAnAdminIsToldWhoComesAndLeaves(t *testing.T) {
	for _, o := range []*realtime.Recovery{nil, {}} {
		f := newFixture(t, Options{})
		f.recovery = o
		f.restart(Options{})
		f.admin()
		player := f.player("p")
		came := f.heard("admin")
		if len(came) != 1 || !strings.HasPrefix(came[0], fmt.Sprintf(`42/admin,["socket_connected",{"id":%q,"clientId":"p",`, player)) || !strings.HasSuffix(came[0], "}}]") {
			t.Errorf("heard %q", came)
		}
		if err := f.Closed(t.Context(), "p", 1001); err != nil {
			t.Fatal(err)
		}
		want(t, "left", f.heard("admin"), []string{fmt.Sprintf(`42/admin,["socket_disconnected","/game",%q,"transport close"]`, player)})
	}
}

func TestSocketsOfNamespacesAreToldOfNoAdmins(t *testing.T) {
	f := newFixture(t, Options{})
	f.player("p")
	f.admin()
	want(t, "the player", f.heard("p"), nil)
	f.open("second", "/admin", fmt.Sprintf(`{"username":"ada","password":%q}`, password))
	want(t, "the first admin", f.heard("admin"), nil)
}

// done: a command that succeeds is not acknowledged, only shown.
const done = "6"

func TestTheCommandsDoWhatTheySay(t *testing.T) {
	f := newFixture(t, Options{})
	one, two := f.player("one"), f.player("two")
	f.admin()
	show := func(what string, answer string, rooms map[string][]string) {
		t.Helper()
		want(t, what, answer, done)
		want(t, "rooms after "+what, f.rooms(), rooms)
	}
	show("join by socket", f.command("join", "/game", "table", one), map[string][]string{one: {one, "table"}, two: {two}})
	show("join by room", f.command("join", "/game", "more", "table"), map[string][]string{one: {one, "more", "table"}, two: {two}})
	show("join of all", f.command("join", "/game", "all"), map[string][]string{one: {one, "all", "more", "table"}, two: {two, "all"}})
	show("leave by room", f.command("leave", "/game", "more", "table"), map[string][]string{one: {one, "all", "table"}, two: {two, "all"}})
	show("leave of all", f.command("leave", "/game", "all", nil), map[string][]string{one: {one, "table"}, two: {two}})

	want(t, "emit", f.command("emit", "/game", "table", "note", "hello", 7), done)
	want(t, "one", f.heard("one"), []string{`42/game,["note","hello",7]`})
	want(t, "two", f.heard("two"), nil)
	want(t, "emit to all", f.command("emit", "/game", "", "bell"), done)
	want(t, "one", f.heard("one"), []string{`42/game,["bell"]`})
	want(t, "two", f.heard("two"), []string{`42/game,["bell"]`})

	f.heard("admin")
	show("disconnect", f.command("_disconnect", "/game", false, one), map[string][]string{two: {two}})
	want(t, "one", f.heard("one"), []string{"41/game,"})
	want(t, "closed", f.closed["one"], false)
	show("disconnect of all, with their connections", f.command("_disconnect", "/game", true), map[string][]string{})
	want(t, "closed", f.closed["two"], true)
	want(t, "the admin is closed", f.closed["admin"], false)
}

const wrongForm = `43/admin,1[{"ok":false,"error":{"code":"bad_request","message":"The arguments of the command are wrong."}}]`

func TestACommandOfTheWrongFormIsRefused(t *testing.T) {
	f := newFixture(t, Options{})
	player := f.player("p")
	f.admin()
	commands := [][]any{
		{"emit"}, {"emit", 7}, {"emit", "/nowhere", nil, "note"}, {"emit", "/game"}, {"emit", "/game", nil}, {"emit", "/game", nil, ""},
		{"emit", "/game", nil, 7}, {"emit", "/game", 7, "note"},
		{"join"}, {"join", "/game"}, {"join", "/game", ""}, {"join", "/game", 7}, {"join", "/game", "room", 7}, {"join", "/nowhere", "room"},
		{"leave"}, {"leave", "/game"}, {"leave", "/game", ""}, {"leave", "/game", 7}, {"leave", "/game", "room", 7},
		{"_disconnect"}, {"_disconnect", "/game", "now"}, {"_disconnect", "/game", true, 7}, {"_disconnect", "/nowhere", true},
	}
	for _, command := range commands {
		want(t, fmt.Sprint(command), f.command(command...), wrongForm)
	}
	want(t, "the player", f.heard("p"), nil)
	want(t, "closed", f.closed["p"], false)
	want(t, "join", f.command("join", "/game", "room", player), done)
	want(t, "rooms", f.rooms(), map[string][]string{player: {player, "room"}})
}

const forbidden = `43/admin,1[{"ok":false,"error":{"code":"forbidden","message":"Commands are not allowed here."}}]`

func TestReadOnlyRefusesEveryCommand(t *testing.T) {
	f := newFixture(t, Options{ReadOnly: true})
	player := f.player("p")
	f.open("admin", "/admin", fmt.Sprintf(`{"username":"ada","password":%q}`, password))
	events := f.events()
	want(t, "config", string(events["config"]), `{"supportedFeatures":[]}`)
	for _, command := range [][]any{
		{"emit", "/game", nil, "note"}, {"join", "/game", "room"}, {"leave", "/game", player}, {"_disconnect", "/game", true},
		{"emit", "/game", player, "note"}, {"join", "/", "room"}, {"_disconnect", "/admin", true},
	} {
		want(t, fmt.Sprint(command), f.command(command...), forbidden)
	}
	want(t, "the player", f.heard("p"), nil)
	want(t, "closed", f.closed["p"], false)
	want(t, "the admin", f.heard("admin"), nil)
	found, err := f.Of("/game").FetchSockets(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	want(t, "rooms", found[0].Rooms, []string{player})
}

func TestAdminsAreNotCommanded(t *testing.T) {
	f := newFixture(t, Options{})
	f.admin()
	for _, command := range [][]any{{"emit", "/admin", nil, "note"}, {"join", "/admin", "room"}, {"leave", "/admin", "room"}, {"_disconnect", "/admin", true}} {
		want(t, fmt.Sprint(command), f.command(command...), forbidden)
	}
	want(t, "the admin", f.heard("admin"), nil)
}
