package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// A message names in Mentions whom it mentions: members of its room, or everyone there. The
// transaction that stores the message puts an item into the list of each of them, so neither is
// there without the other, whoever dies. How many mentions of a room are unread is counted from these
// items and the user's mark there.

// Everyone stands in Mentions for all members of a room. No user has this id.
const Everyone = "@room"

const (
	// maxMentions is how many people a message mentions, and maxAddressed how many members a room
	// has, at most, in which one message mentions everyone. All of their items go into the
	// transaction that stores the message.
	maxMentions  = 20
	maxAddressed = 50
	// maxForgotten is how many items go into the transaction that ends them.
	maxForgotten = 80
	// maxMentioned is how many mentions a page of them looks at, and maxCounted from how many of a
	// user's newest ones those of each room are counted.
	maxMentioned = 50
	maxCounted   = 200
	// mentionWork is what it costs to note one mention.
	mentionWork = 3
)

// MentionKept is how long a mention is listed after its message was sent.
const MentionKept = 90 * 24 * time.Hour

var mentionPattern = regexp.MustCompile(`^$|^[0-9]{13}:[A-Za-z0-9_-]{1,128}(\.[0-9]{1,15})?:[0-9]{15}$`)

// Mention is where a user was mentioned.
type Mention struct {
	At  time.Time
	Log string
	Seq int64
}

// MentionIn returns the mention that a message is.
func MentionIn(m Message) Mention { return Mention{At(m.SentAt.Time).Time, m.Log(), m.Seq} }

// Key orders mentions by their time.
func (m Mention) Key() string { return fmt.Sprintf("%013d:%s:%015d", m.At.UnixMilli(), m.Log, m.Seq) }

// ReadMention returns the mention with a key.
func ReadMention(key string) (Mention, error) {
	at, rest, _ := strings.Cut(key, ":")
	log, position, _ := strings.Cut(rest, ":")
	ms, err := strconv.ParseInt(at, 10, 64)
	seq, seqErr := strconv.ParseInt(position, 10, 64)
	return Mention{At(time.UnixMilli(ms)).Time, log, seq}, cmp.Or(err, seqErr)
}

// mentionTold tells those whom a message mentions of it.
type mentionTold struct {
	Message Message `json:"message"`
}

// Mentions asks for a page of the messages that mention the actor.
type Mentions struct {
	// Cursor is the "next" of the page before; empty for the first.
	Cursor string `json:"cursor,omitzero"`
}

// mentionPage is a page of the messages that mention a user, the newest first.
type mentionPage struct {
	Messages []Message `json:"messages"`
	// Next is the cursor of the next page; empty on the last. A page may be empty and not the last.
	Next string `json:"next,omitempty"`
}

// checkMentions checks whom a message mentions.
func checkMentions(mentions []string) error {
	if len(mentions) > maxMentions {
		return realtime.Errorf(realtime.CodeTooLarge, "Name at most %d people in mentions.", maxMentions)
	}
	for _, id := range mentions {
		if id != Everyone && !idPattern.MatchString(id) {
			return badRequest("Use ids of users in mentions, or %s.", Everyone)
		}
	}
	return nil
}

// distinct returns the mentions in the order in which they are stored; nil if there are none.
func distinct(mentions []string) []string {
	if len(mentions) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(mentions)))
}

// mentions reports whether a message mentions a user.
func (m Message) mentions(userID string) bool {
	return slices.Contains(m.Mentions, userID) || slices.Contains(m.Mentions, Everyone)
}

// addressees returns the members of a room whom a message of the actor's mentions, without the
// actor.
func (m *messages) addressees(ctx context.Context, a actor, roomID string, mentions []string) ([]string, error) {
	if len(mentions) == 0 {
		return nil, nil
	}
	var members []string
	var err error
	if slices.Contains(mentions, Everyone) {
		members, err = m.memberIDs(ctx, roomID, maxAddressed+1)
	} else {
		members, err = m.store.MembersAmong(ctx, roomID, distinct(append([]string{a.ID}, mentions...)))
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(members, a.ID) { // or they are too many for all to be here
		if err := m.authorize(ctx, a, roomID); err != nil {
			return nil, err
		}
	}
	if len(members) > maxAddressed {
		return nil, errTooManyToMention
	}
	for _, id := range mentions {
		if id != Everyone && !slices.Contains(members, id) {
			return nil, errMentionsStranger
		}
	}
	told := slices.DeleteFunc(members, func(id string) bool { return id == a.ID })
	return told, realtime.Spend(ctx, mentionWork*len(told))
}

func (c *core) memberIDs(ctx context.Context, roomID string, limit int) ([]string, error) {
	members, err := c.store.Members(ctx, roomID, limit)
	var ids []string
	for _, member := range members {
		ids = append(ids, member.ID)
	}
	return ids, err
}

// forgotten returns who may have an item of a message. Of a message that mentioned everyone it
// is those who are members now: the items of others do not show.
func (m *messages) forgotten(ctx context.Context, was Message) ([]string, error) {
	if !slices.Contains(was.Mentions, Everyone) {
		return was.Mentions, nil
	}
	return m.memberIDs(ctx, was.RoomID, maxForgotten)
}

// tellMentioned tells the devices of those whom a message mentions. They know a mention by the
// message's position. What is stored may mention fewer, or nobody: it was sent before, and has been
// edited or deleted since.
func (c *core) tellMentioned(ctx context.Context, said Message, users []string) error {
	var to []string
	for _, id := range users {
		if slices.Contains(said.Mentions, id) || slices.Contains(said.Mentions, Everyone) {
			to = append(to, devices(id))
		}
	}
	if len(to) == 0 {
		return nil
	}
	return c.server.In(to...).Emit(ctx, "mention", mentionTold{said})
}

// mentions returns a page of the messages that mention the actor in their rooms.
func (l *lists) mentions(ctx context.Context, a actor, in Mentions) (mentionPage, error) {
	if !mentionPattern.MatchString(in.Cursor) {
		return mentionPage{}, badRequest("Use next of an earlier answer for cursor.")
	}
	rooms, err := l.store.RoomsOf(ctx, a.ID)
	if err != nil {
		return mentionPage{}, err
	}
	all, err := l.store.Mentions(ctx, a.ID, in.Cursor, maxMentioned)
	if err != nil {
		return mentionPage{}, err
	}
	var shown []Position
	for _, at := range all {
		if roomID, _ := SplitLogID(at.Log); slices.Contains(rooms, roomID) {
			shown = append(shown, Position{at.Log, at.Seq})
		}
	}
	found, err := l.store.EntriesAt(ctx, shown)
	if err := errors.Join(err, spendReads(ctx, len(all)/10+2*len(shown))); err != nil {
		return mentionPage{}, err
	}
	byPlace := map[Mention]Message{}
	for _, e := range found {
		if e.Message.mentions(a.ID) { // still, and was not deleted
			byPlace[MentionIn(e.Message)] = e.Message
		}
	}
	return pageOfMentions(in.Cursor, all, byPlace)
}

// pageOfMentions returns those of the messages that fit into one answer.
func pageOfMentions(cursor string, all []Mention, messages map[Mention]Message) (mentionPage, error) {
	out, left, last := mentionPage{Messages: []Message{}}, space(maxListBytes), cursor
	for _, at := range all {
		if said, shows := messages[at]; shows {
			if fits, err := left.takes(said); err != nil || !fits {
				out.Next = last
				return out, err
			}
			out.Messages = append(out.Messages, said)
		}
		last = at.Key()
	}
	if len(all) == maxMentioned {
		out.Next = last
	}
	return out, nil
}

// unreadMentions counts the mentions of a user after their marks, by room. Those in threads are
// not counted.
func (c *core) unreadMentions(ctx context.Context, userID string, marks map[string]Mark) (map[string]int64, error) {
	all, err := c.store.Mentions(ctx, userID, "", maxCounted)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, at := range all {
		if mark, marked := marks[at.Log]; marked && at.Seq > mark.Seq {
			counts[at.Log]++
		}
	}
	return counts, spendReads(ctx, len(all)/10)
}
