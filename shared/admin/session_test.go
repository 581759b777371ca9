package admin

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Unix(1_800_000_000, 0)

func TestASessionIsValidUntilItExpires(t *testing.T) {
	s := newSessions(secret, "hash")
	expires := noon.Add(sessionLifetime)
	session := s.issue(expires)
	for _, now := range []time.Time{noon, expires.Add(-time.Nanosecond)} {
		if got, ok := s.valid(session, now); !ok || !got.Equal(expires) {
			t.Errorf("at %v: %v, %v", now, got, ok)
		}
	}
	for _, now := range []time.Time{expires, expires.Add(time.Hour)} {
		if _, ok := s.valid(session, now); ok {
			t.Errorf("it is valid at %v", now)
		}
	}
	if _, ok := newSessions(secret, "hash").valid(session, noon); !ok {
		t.Error("another process with the same hash refuses it")
	}
}

func TestAForgedSessionIsInvalid(t *testing.T) {
	s := newSessions(secret, "hash")
	session := s.issue(noon.Add(time.Hour))
	expires, signature, _ := strings.Cut(session, ".")
	forged := map[string]string{
		"none":                      "",
		"without a signature":       expires,
		"with an empty signature":   expires + ".",
		"that lives longer":         "9" + expires + "." + signature,
		"of another time":           "1800000001." + signature,
		"with another signature":    expires + "." + s.sign("1800000001"),
		"with a longer signature":   session + "A",
		"with a shorter signature":  session[:len(session)-1],
		"without a time":            "." + s.sign(""),
		"whose time is no number":   "never." + s.sign("never"),
		"signed with another's key": newSessions(secret, "other").issue(noon.Add(time.Hour)),
		"signed with the hash":      newSessions(nil, "hash").issue(noon.Add(time.Hour)),
		"signed with no key":        sessions{}.issue(noon.Add(time.Hour)),
	}
	for what, session := range forged {
		if _, ok := s.valid(session, noon); ok {
			t.Errorf("a session %s is valid: %q", what, session)
		}
	}
}

func TestANewPasswordEndsAllSessions(t *testing.T) {
	session := newSessions(secret, "old hash").issue(noon.Add(time.Hour))
	if _, ok := newSessions(secret, "new hash").valid(session, noon); ok {
		t.Error("the session of the old password is valid")
	}
}
