package chat

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/strict"
)

// Limits of what people may send.
const (
	// Names, in characters.
	maxUserName = 40
	maxRoomName = 80
	// maxText is the length of a message in characters, maxTextBytes in bytes.
	maxText      = 4000
	maxTextBytes = 16 << 10
	// maxData is the length of the data of a message or a room, as compact JSON in bytes, and
	// maxDataDepth how deep it may be.
	maxData      = 4 << 10
	maxDataDepth = 16
	// maxNamed is how many others a room is created with. All of them go into one transaction
	// of DynamoDB, which takes 100 items.
	maxNamed = 30
	// maxMembers is how many members joinRoom and a page of members show, maxOpen how many channels a page of
	// listRooms does, and maxSearched how many a page of openRooms looks through.
	maxMembers  = 200
	maxOpen     = 200
	maxSearched = 500
	// Pages of history, in positions.
	defaultPage = 50
	maxPage     = 100
	// API Gateway sends at most 128 KB at once. So these bound the messages of a page, in
	// bytes: in history, and in joinRoom beside the members.
	maxHistoryBytes = 96 << 10
	maxJoinBytes    = 48 << 10
	// maxListBytes bounds the rooms of listRooms for the same reason.
	maxListBytes = 96 << 10
	// maxSynced is how many rooms a sync tells the news of, and maxSyncBytes bounds the rooms in its
	// answer. The news have what is left of maxHistoryBytes.
	maxSynced    = 50
	maxSyncBytes = 64 << 10
	// maxPreview is how much of a message a list of rooms shows, in characters.
	maxPreview = 140
	// maxWatched is how many rooms a socket may watch, and maxTold about how many people one
	// answer to watch may tell.
	maxWatched = 30
	maxTold    = 300
	// maxReaders is how many members a room has, at most, that tells who has read what.
	maxReaders = 50
	// maxSeq is the last position that a log may have. JSON readers know it exactly.
	maxSeq = 1e15 - 1
	// maxPresences is how many people one presence request may name.
	maxPresences = 100
)

// Limits that a Store keeps.
const (
	// MaxRooms is how many rooms a person may be in.
	MaxRooms = 150
	// MaxRoomsMade is how many rooms a person may make in one day (UTC), and MaxInvited how many
	// people they may invite in one.
	MaxRoomsMade = 50
	MaxInvited   = 100
)

// Limits of what others do to a person.
const (
	// maxAdded is in how many rooms a person is, at most, when others add them to one more
	// without asking. So they can always join some of their own choice.
	maxAdded = 100
	// maxInvitations is how many invitations a person has, and maxInvitationsFrom how many of
	// them from one other person. Several who invite at the same moment may pass them.
	maxInvitations     = 50
	maxInvitationsFrom = 5
	// invitationLifetime is how long an invitation can be accepted.
	invitationLifetime = 30 * 24 * time.Hour
)

// TypingPause is the time in which a room is told once that somebody types.
const TypingPause = 3 * time.Second

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

// checkText checks the text of a message.
func checkText(text string) error {
	if err := checkTyped(text); err != nil {
		return err
	}
	if !strings.ContainsFunc(text, isVisible) {
		return badRequest("A message needs text.")
	}
	return nil
}

// checkTyped checks a text that may become a message's.
func checkTyped(text string) error {
	switch {
	case len(text) > maxTextBytes || utf8.RuneCountInString(text) > maxText:
		return realtime.Errorf(realtime.CodeTooLarge, "This message is too long. Use at most %d characters.", maxText)
	case strings.ContainsFunc(text, isControl):
		return badRequest("Remove control characters from text. Line feeds and tabs may stay.")
	}
	return nil
}

// checkData checks the data of a message or a room.
func checkData(data strict.Object) error {
	switch {
	case len(data) > maxData:
		return realtime.Errorf(realtime.CodeTooLarge, "data is too long. Use at most %d bytes as compact JSON.", maxData)
	case data.Depth() > maxDataDepth:
		return badRequest("data is too deep. Put at most %d objects and lists into each other.", maxDataDepth)
	}
	return nil
}

// checkName checks the trimmed name of a "room" or a "person".
func checkName(of, name string, limit int) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > limit:
		return badRequest("The name of a %s needs 1 to %d characters.", of, limit)
	case strings.ContainsFunc(name, unicode.IsControl):
		return badRequest("Remove line breaks and other control characters from the name.")
	case !strings.ContainsFunc(name, isVisible):
		return badRequest("A name needs a visible character.")
	case imitates(name):
		return badRequest("Remove invisible characters and direction marks from the name.")
	}
	return nil
}
