package chat

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/realtime"
)

// LinkPreview is what a web page tells of itself, below a message with a link to it.
type LinkPreview struct {
	// URL is the link.
	URL string `json:"url"`
	// Host is where the page was found, after redirects.
	Host string `json:"host"`
	// Site is the name that the site gives itself.
	Site        string `json:"site,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// PreviewLink asks to show what a link in one's own message leads to, or to end that.
type PreviewLink struct {
	RoomID   string `json:"roomId"`
	Seq      int64  `json:"seq"`
	ThreadOf *int64 `json:"threadOf,omitzero"`
	// URL is a link in the message's text. One that begins there with www. begins with http:// or
	// https:// here.
	URL string `json:"url"`
	On  bool   `json:"on"`
}

// Previewer fetches what web pages tell of themselves. It reaches nothing but public pages.
type Previewer interface {
	// Preview returns the preview of a page. ErrNoPreview if there is none, ErrBusy if too many are
	// fetched at once.
	Preview(ctx context.Context, url string) (LinkPreview, error)
}

// Errors that a Previewer answers with, apart from its own failures.
var (
	ErrNoPreview = errors.New("chat: no preview")
	ErrBusy      = errors.New("chat: too many previews at once")
)

const (
	// maxURL is the length of a link that is previewed, in bytes.
	maxURL = 2048
	// fetchWork is what it costs to fetch a page: two functions that wait for it.
	fetchWork = 40
	// fetchTime is how long a fetch may take before another one may begin.
	fetchTime = 10 * time.Second
	// previewKept and nothingKept are how long it is known what was found behind a link, and that
	// there is nothing.
	previewKept = time.Hour
	nothingKept = 10 * time.Minute
)

// links shows what links lead to.
type links struct {
	*core
	messages *messages
	// previewer is nil if previews are off.
	previewer Previewer
}

// preview puts a preview below its author's message, or takes it away. A page without one leaves
// the message as it is.
func (l *links) preview(ctx context.Context, a actor, in PreviewLink) (messageResult, error) {
	ref := MessageRef{in.RoomID, in.Seq, in.ThreadOf}
	if err := errors.Join(ref.check(), checkURL(in.URL)); err != nil {
		return messageResult{}, err
	}
	if !in.On {
		return l.messages.revise(ctx, a, ref, func(now *Message) error { return in.remove(now, a) })
	}
	if l.previewer == nil {
		return messageResult{}, errNoPreviews
	}
	m, err := l.message(ctx, a, ref)
	if err != nil {
		return messageResult{}, err
	}
	if err := in.check(m, a); err != nil {
		return messageResult{}, err
	}
	found := m.LinkPreview
	if found == nil || found.URL != in.URL {
		if found, err = l.find(ctx, in.RoomID, in.URL); err != nil || found == nil {
			return messageResult{m}, err
		}
	}
	return l.messages.revise(ctx, a, ref, func(now *Message) error {
		if err := in.check(*now, a); err != nil {
			return err
		}
		if now.LinkPreview != nil && *now.LinkPreview == *found {
			return errSame
		}
		now.LinkPreview = found
		return nil
	})
}

// message returns a message to a member of its room.
func (l *links) message(ctx context.Context, a actor, ref MessageRef) (Message, error) {
	if err := l.authorize(ctx, a, ref.RoomID); err != nil {
		return Message{}, err
	}
	found, err := l.store.Messages(ctx, LogID(ref.RoomID, ref.ThreadOf), []int64{ref.Seq})
	if err != nil {
		return Message{}, err
	}
	if len(found) == 0 {
		return Message{}, errNoMessage
	}
	return found[0], nil
}

// check refuses a link that is not one of a message's, whose author alone may ask. So nobody learns
// by a preview what is in a room that they cannot read, or makes the chat fetch what nobody has
// been sent.
func (in PreviewLink) check(m Message, a actor) error {
	switch {
	case !m.DeletedAt.IsZero():
		return errNoMessage
	case m.Sender.ID != a.ID:
		return errNotAuthor
	case !hasLink(m.Text, in.URL):
		return errNoLink
	}
	return nil
}

// remove takes the preview of the link away from a message.
func (in PreviewLink) remove(now *Message, a actor) error {
	switch {
	case !now.DeletedAt.IsZero():
		return errNoMessage
	case now.Sender.ID != a.ID:
		return errNotAuthor
	case now.LinkPreview == nil || now.LinkPreview.URL != in.URL:
		return errSame
	}
	now.LinkPreview = nil
	return nil
}

// find returns what is behind a link, or nil if there is nothing to show. What was found for a room
// is known there for a while, and nowhere else: by its speed, an answer would tell that another room
// has the link.
func (l *links) find(ctx context.Context, roomID, link string) (*LinkPreview, error) {
	now := l.now()
	known, taken, err := l.store.TakeLink(ctx, roomID, link, now, now.Add(fetchTime))
	switch {
	case err != nil:
		return nil, err
	case !taken && known.Fetching:
		return nil, realtime.RateLimited(2 * time.Second)
	case !taken && known.Preview == nil:
		return nil, nil
	case !taken:
		known.Preview.URL = link
		return known.Preview, nil
	}
	if err := realtime.Spend(ctx, fetchWork); err != nil {
		return nil, err
	}
	found, err := l.previewer.Preview(ctx, link)
	switch {
	case errors.Is(err, ErrNoPreview):
		return nil, l.store.KeepLink(ctx, roomID, link, nil, l.now().Add(nothingKept))
	case errors.Is(err, ErrBusy):
		return nil, realtime.RateLimited(fetchTime)
	case err != nil:
		return nil, realtime.Unavailable(err)
	}
	found.URL = ""
	err = l.store.KeepLink(ctx, roomID, link, &found, l.now().Add(previewKept))
	found.URL = link
	return &found, err
}

// checkURL checks the address of a page.
func checkURL(link string) error {
	u, err := url.Parse(link)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.User != nil, strings.ContainsFunc(link, isNoURL):
		return badRequest("Use the address of a web page for url, with http:// or https://.")
	case len(link) > maxURL:
		return badRequest("Use at most %d bytes for url.", maxURL)
	}
	return nil
}

// isNoURL reports whether a character is in no address.
func isNoURL(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || isIgnorable(r) }

// hasLink reports whether a text has a link, and not only the beginning of another one. Punctuation
// may follow it.
func hasLink(text, link string) bool {
	forms := []string{link}
	if _, bare, _ := strings.Cut(link, "://"); strings.HasPrefix(strings.ToLower(bare), "www.") {
		forms = append(forms, bare)
	}
	return slices.ContainsFunc(forms, func(form string) bool {
		for at := 0; ; at++ {
			next := strings.Index(text[at:], form)
			if next < 0 {
				return false
			}
			at += next
			if beginsHere(text[:at]) && endsHere(text[at+len(form):]) {
				return true
			}
		}
	})
}

// beginsHere reports whether a link may begin behind a text.
func beginsHere(before string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || unicode.IsSpace(last) || strings.ContainsRune("([{<>\"'`*_~|", last) || last > unicode.MaxLatin1 && unicode.IsPunct(last)
}

// endsHere reports whether a link may end before the rest of its text.
func endsHere(rest string) bool {
	rest = strings.TrimLeft(rest, ".,;:!?'*_~")
	first, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(first) || strings.ContainsRune(")]}<>\"`|", first) || first > unicode.MaxLatin1 && unicode.IsPunct(first)
}
