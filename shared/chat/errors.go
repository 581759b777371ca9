package chat

import (
	"encoding/json"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// Codes of the chat's errors, besides the engine's.
const (
	CodeUnauthorized = "unauthorized"
	CodeForbidden    = "forbidden"
	CodeNotFound     = "not_found"
	CodeTooMany      = "too_many_connections"
)

var (
	errUnauthorized   = realtime.Errorf(CodeUnauthorized, "Sign in first.")
	errOtherUser      = realtime.Errorf(CodeForbidden, "That token is somebody else's.")
	errNoGuests       = realtime.Errorf(CodeNotFound, "There are no guests here.")
	errTooManySockets = realtime.Errorf(CodeTooMany, "You have too many connections.")
	errForbidden      = realtime.Errorf(CodeForbidden, "You are not a member of this room.")
	errNoRoom         = realtime.Errorf(CodeNotFound, "There is no such room.")
	errNoUser         = realtime.Errorf(CodeNotFound, "There is no such person.")
)

// refusal turns the store's errors into what clients hear.
func refusal(err error) error {
	switch {
	case errors.Is(err, ErrNoRoom):
		return errNoRoom.Because(err)
	case errors.Is(err, ErrNotMember):
		return errForbidden.Because(err)
	default:
		return err
	}
}

// success is an acknowledgement: the operation's result with "ok": true.
type success struct{ result any }

// MarshalJSON implements json.Marshaler.
func (s success) MarshalJSON() ([]byte, error) {
	result, err := json.Marshal(s.result)
	if err != nil {
		return nil, err
	}
	if len(result) <= len("{}") {
		return []byte(`{"ok":true}`), nil
	}
	return append([]byte(`{"ok":true,`), result[1:]...), nil
}
