package terminal

import (
	"regexp"
	"strings"
	"testing"
)

func TestTheLogTellsNamesAndNeverContents(t *testing.T) {
	for frame, want := range map[string]string{
		``:                                     "empty",
		`2`:                                    "ping",
		`3`:                                    "pong",
		`6`:                                    "noop",
		`0{"sid":"secret"}`:                    "OPEN",
		`bc2VjcmV0`:                            "attachment",
		`40{"token":"secret"}`:                 "CONNECT",
		`40/tour,{"token":"secret"}`:           "CONNECT /tour",
		`421["sendMessage",{"text":"secret"}]`: "sendMessage (ack)",
		`42/tour,["greet","secret"]`:           "greet /tour",
		`431[{"text":"secret"}]`:               "ACK",
		`44{"message":"secret"}`:               "CONNECT_ERROR",
		`431[{"ok":false,"error":{"code":"unknown_event","message":"secret"}}]`: "ACK unknown_event",
		`431[{"ok":true,"error":{"code":"a secret"}}]`:                          "ACK",
		`44/tour,{"message":"secret","data":{"code":"unauthorized"}}`:           "CONNECT_ERROR /tour unauthorized",
		`42["a\u001b[31msecret"]`:                                               "event",
		`42["` + strings.Repeat("secret", 20) + `"]`:                            "event",
		`42[secret`: "malformed",
		`secret`:    "unknown",
		`{"message": "Internal server error", "connectionId":"secret"}`: "error",
	} {
		got := Describe(frame)
		if got != want {
			t.Errorf("%s: %s, want %s", frame, got, want)
		}
		if strings.Contains(got, "secret") {
			t.Errorf("%s tells its content: %s", frame, got)
		}
	}
}

func TestALineOfTheLog(t *testing.T) {
	var b strings.Builder
	write := Trace(&b)
	write("JC1dgf9yoAMCK-g=", "$connect 200  3ms")
	write("", "GET /api/rooms 200  1ms")
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}  JC1dgf9y  \$connect 200  3ms\n\d\d:\d\d:\d\d\.\d{3}            GET /api/rooms 200  1ms\n$`)
	if !want.MatchString(b.String()) {
		t.Errorf("got\n%s", b.String())
	}
}

func TestWhatClientsChooseIsEscapedForTheTerminal(t *testing.T) {
	var b strings.Builder
	write := Trace(&b)
	write("", "GET /api/\x1b[31m\u202e\xff 404")
	write("", "→ "+Describe("42/a\x1b]0;owned\x07,[\"x\"]"))
	write("", "→ Grüße ☕")
	for _, want := range []string{`GET /api/\x1b[31m\u202e\xff 404`, `→ x /a\x1b]0;owned\a`, "→ Grüße ☕"} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("no %s in\n%q", want, b.String())
		}
	}
}
