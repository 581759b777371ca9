package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// sessionLifetime is how long an admin may connect again without the password.
const sessionLifetime = 12 * time.Hour

// sessions issues and verifies signed sessions, so that nothing has to be stored. The key is
// made from the secret, so that the password's hash alone is worth nothing, and from the
// hash, so that a new password ends all sessions.
type sessions struct{ key []byte }

func newSessions(secret []byte, passwordHash string) sessions {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("confab admin session\n" + passwordHash))
	return sessions{mac.Sum(nil)}
}

// issue returns a session that is valid until a time.
func (s sessions) issue(expires time.Time) string {
	text := strconv.FormatInt(expires.Unix(), 10)
	return text + "." + s.sign(text)
}

// valid reports whether a session is valid, and when it expires.
func (s sessions) valid(session string, now time.Time) (time.Time, bool) {
	text, signature, _ := strings.Cut(session, ".")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !hmac.Equal([]byte(signature), []byte(s.sign(text))) {
		return time.Time{}, false
	}
	expires := time.Unix(seconds, 0)
	return expires, now.Before(expires)
}

func (s sessions) sign(text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
