package chat

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what people may send.
const (
	// Names, in characters.
	maxUserName = 40
	maxRoomName = 80
	// maxText is the length of a message in characters, maxTextBytes in bytes.
	maxText      = 4000
	maxTextBytes = 16 << 10
	// maxInvited is how many others a room is created with.
	maxInvited = 40
	// maxMembers is how many members joinRoom shows, and maxOpen how many channels
	// listRooms does.
	maxMembers = 200
	maxOpen    = 200
	// Pages of history, in positions.
	defaultPage = 50
	maxPage     = 100
	// API Gateway sends at most 128 KB at once. So these bound the messages of a page, in
	// bytes: in history, and in joinRoom beside the members.
	maxHistoryBytes = 96 << 10
	maxJoinBytes    = 48 << 10
	// maxListBytes bounds the rooms of listRooms for the same reason.
	maxListBytes = 96 << 10
	// maxPresences is how many people one presence request may name.
	maxPresences = 100
)

var (
	idPattern     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	tempIDPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
)

// checkID checks an id of a "room" or a "user".
func checkID(what, id string) error {
	if !idPattern.MatchString(id) {
		return badRequest("This is not a valid %s id.", what)
	}
	return nil
}

func checkTempID(id string) error {
	if !tempIDPattern.MatchString(id) {
		return badRequest("A tempId needs 1 to 64 letters, digits or any of _ . : -")
	}
	return nil
}

// checkName checks the trimmed name of a "room" or a "person".
func checkName(of, name string, limit int) error {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > limit {
		return badRequest("The name of a %s needs 1 to %d characters.", of, limit)
	}
	if strings.IndexFunc(name, unicode.IsControl) >= 0 {
		return badRequest("Remove line breaks and other control characters from the name.")
	}
	if strings.IndexFunc(name, unicode.IsGraphic) < 0 {
		return badRequest("A name needs a visible character.")
	}
	return nil
}
