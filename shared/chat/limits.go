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
	// maxMembers is how many members a room shows, and maxOpen how many channels the
	// list of rooms.
	maxMembers = 200
	maxOpen    = 200
	// Pages of history, in positions.
	defaultPage = 50
	maxPage     = 100
	// A page's messages in bytes: an answer must fit into API Gateway's 128 KB, and that
	// of joinRoom with its members.
	maxHistoryBytes = 96 << 10
	maxJoinBytes    = 48 << 10
	// maxListBytes is, for the same reason, how much a list of rooms holds.
	maxListBytes = 96 << 10
	// maxPresences is how many people one question may be about.
	maxPresences = 100
)

var (
	idPattern     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	tempIDPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
)

func checkID(what, id string) error {
	if !idPattern.MatchString(id) {
		return badRequest("That is not the id of a %s.", what)
	}
	return nil
}

func checkTempID(id string) error {
	if !tempIDPattern.MatchString(id) {
		return badRequest("A tempId has 1 to 64 letters, digits, or any of _ . : -")
	}
	return nil
}

// checkName checks a trimmed name.
func checkName(of, name string, limit int) error {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > limit {
		return badRequest("The name of a %s has 1 to %d characters.", of, limit)
	}
	if strings.IndexFunc(name, unicode.IsControl) >= 0 {
		return badRequest("The name of a %s has no control characters.", of)
	}
	if strings.IndexFunc(name, unicode.IsGraphic) < 0 {
		return badRequest("The name of a %s is visible.", of)
	}
	return nil
}
