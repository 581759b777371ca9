package main

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
		`42["a\u001b[31msecret"]`:              "event",
		`42["` + strings.Repeat("secret", 20) + `"]`: "event",
		`42[secret`: "malformed",
		`secret`:    "unknown",
		`{"message": "Internal server error", "connectionId":"secret"}`: "error",
	} {
		got := describe(frame)
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
	write := trace(&b)
	write("JC1dgf9yoAMCK-g=", "$connect 200  3ms")
	write("", "GET /api/rooms 200  1ms")
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}  JC1dgf9y  \$connect 200  3ms\n\d\d:\d\d:\d\d\.\d{3}            GET /api/rooms 200  1ms\n$`)
	if !want.MatchString(b.String()) {
		t.Errorf("got\n%s", b.String())
	}
}
