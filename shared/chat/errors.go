package chat

import (
	"encoding/json"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// Codes of the chat's errors. The engine has more.
const (
	CodeUnauthorized       = realtime.CodeUnauthorized
	CodeSignedOut          = "signed_out"
	CodeForbidden          = "forbidden"
	CodeNotFound           = "not_found"
	CodeNoMethod           = "method_not_allowed"
	CodeConflict           = "idempotency_conflict"
	CodeTooMany            = "too_many_connections"
	CodeVersion            = "version_conflict"
	CodeTooLate            = "too_late"
	CodeTooManyRooms       = realtime.CodeTooManyRooms
	CodeTooManyInvitations = "too_many_invitations"
	CodeTooManyPins        = "too_many_pins"
	CodeTooManyReactions   = "too_many_reactions"
)

var (
	errUnauthorized       = realtime.Errorf(CodeUnauthorized, "Sign in first.")
	errSignedOut          = realtime.Errorf(CodeSignedOut, "You signed out on another device.")
	errOtherUser          = realtime.Errorf(CodeForbidden, "This token belongs to another user.")
	errNoGuests           = realtime.Errorf(CodeNotFound, "Guest sign-in is turned off.")
	errTooManySockets     = realtime.Errorf(CodeTooMany, "You have too many connections. Close one and connect again.")
	errForbidden          = realtime.Errorf(CodeForbidden, "You are not a member of this room.")
	errOvertaken          = realtime.Errorf(CodeForbidden, "You have joined or left this room since you asked for this.")
	errNoRoom             = realtime.Errorf(CodeNotFound, "This room does not exist.")
	errNoMessage          = realtime.Errorf(CodeNotFound, "There is no message at this position.")
	errNotAuthor          = realtime.Errorf(CodeForbidden, "Only who wrote this message may change it.")
	errVersion            = realtime.Errorf(CodeVersion, "This message was changed meanwhile. Load it again.")
	errTooLate            = realtime.Errorf(CodeTooLate, "The room has gone on too far to tell whether this message was sent. Look, and send it as a new one.")
	errNoThread           = realtime.Errorf(CodeNotFound, "There is no message at the position of threadOf.")
	errNotFollowing       = realtime.Errorf(CodeNotFound, "You do not follow this thread.")
	errNoPath             = realtime.Errorf(CodeNotFound, "The API has no such path.")
	errConflict           = realtime.Errorf(CodeConflict, "You used this tempId for something else. Use a new one.")
	errNoUser             = realtime.Errorf(CodeNotFound, "One of these people is unknown. People can be added once they have connected.")
	errTooManyRooms       = realtime.Errorf(CodeTooManyRooms, "You are in %d rooms, which is the most. Leave one first.", MaxRooms)
	errTooManyMade        = realtime.Errorf(CodeTooManyRooms, "You have made %d rooms or invited %d people today. Go on tomorrow.", MaxRoomsMade, MaxInvited)
	errTooManyPins        = realtime.Errorf(CodeTooManyPins, "This room has %d pinned messages, which is the most. Unpin one first.", maxPins)
	errTooManyToMention   = realtime.Errorf(realtime.CodeTooLarge, "%s in mentions is for rooms of at most %d members.", Everyone, maxAddressed)
	errMentionsStranger   = realtime.Errorf(CodeNotFound, "One of the people in mentions is not a member of this room.")
	errNoPreviews         = realtime.Errorf(CodeNotFound, "Link previews are turned off.")
	errNoLink             = realtime.Errorf(CodeNotFound, "There is no such link in this message.")
	errTooManyReactions   = realtime.Errorf(CodeTooManyReactions, "This message has reactions with %d emojis, which is the most. Use one of them.", maxEmojis)
	errTooManyInvitations = realtime.Errorf(CodeTooManyInvitations, "One of these people has too many invitations to answer.")
)

// refusal turns an error of the store into the client's.
func refusal(err error) error {
	switch {
	case errors.Is(err, ErrNoRoom):
		return errNoRoom.Because(err)
	case errors.Is(err, ErrNotMember):
		return errForbidden.Because(err)
	case errors.Is(err, ErrConflict):
		return errConflict.Because(err)
	case errors.Is(err, ErrNotInvited):
		return errNoRoom.Because(err) // only who is invited may know that it exists
	case errors.Is(err, ErrTooManyRooms):
		return errTooManyRooms.Because(err)
	case errors.Is(err, ErrTooManyMade):
		return errTooManyMade.Because(err)
	case errors.Is(err, ErrOvertaken):
		return errOvertaken.Because(err)
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
