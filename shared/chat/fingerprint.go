package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Fingerprint tells the contents of two messages with the same TempID apart. A store keeps
// it in place of the content, because messages change.
func (m Message) Fingerprint() string {
	parts := []string{m.Text, strconv.FormatInt(m.ReplyTo, 10), strconv.FormatInt(m.ThreadOf, 10)}
	if m.Data != "" { // records of messages without it stay as they are, and no mention has its braces
		parts = append(parts, string(m.Data))
	}
	for _, one := range m.Attachments {
		parts = append(parts, one.ID)
	}
	return digest(append(parts, m.Mentions...)...)
}

// SentAs returns the message of an entry if it is m, which was sent before: it has its sender and TempID. ErrTaken if
// it is not, and ErrConflict if it was sent with another Fingerprint.
func (m Message) SentAs(e Entry) (Message, error) {
	switch stored := e.Message; {
	case e.Void, stored.Sender.ID != m.Sender.ID, stored.TempID != m.TempID:
		return Message{}, ErrTaken
	case stored.Original != "" && stored.Original != m.Fingerprint():
		return Message{}, ErrConflict
	default:
		return stored, nil
	}
}

// Fingerprint tells two requests for a room with the same tempID apart. The order of the
// people does not count, nor who of them is a member from the start and who is invited.
func (r Room) Fingerprint(members []Member, invited []string) string {
	ids := slices.Clone(invited)
	for _, m := range members {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	if r.Data != "" { // no id has its braces
		ids = append(ids, string(r.Data))
	}
	return digest(append([]string{r.Name, string(r.Kind)}, ids...)...)
}

// digest hashes strings to an id of 128 bits.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
