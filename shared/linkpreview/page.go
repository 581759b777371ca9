package linkpreview

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// Page is what a web page says of itself, as plain text in a line each. All of it is the page's
// word: show it as text, and never as HTML.
type Page struct {
	// Host is where the page is, after redirects: a name, or an address, with a port that is not the
	// usual one.
	Host string `json:"host"`
	// Site is the name of the site; empty if the page does not tell it.
	Site string `json:"site,omitempty"`
	// Title is never empty.
	Title string `json:"title"`
	// Description is empty if the page has none.
	Description string `json:"description,omitempty"`
}

// The most characters of each.
const (
	MaxSite        = 80
	MaxTitle       = 200
	MaxDescription = 300
)

// maxToken bounds one tag or text of a page, in bytes.
const maxToken = 64 << 10

// read reads a page in the charset that it or its content type names, as far as its head goes.
func read(body io.Reader, contentType string) (Page, error) {
	decoded, err := charset.NewReader(body, contentType)
	if err != nil {
		return Page{}, ErrNothing // it is empty
	}
	z := html.NewTokenizer(decoded)
	z.SetMaxBuf(maxToken)
	found := map[string]string{}
	keep := func(name, text string) {
		if found[name] == "" {
			found[name] = text
		}
	}
	inTitle := false
scan:
	for {
		switch z.Next() {
		case html.ErrorToken: // the end, of the page or of what is read of it
			break scan
		case html.StartTagToken, html.SelfClosingTagToken:
			switch t := z.Token(); t.DataAtom {
			case atom.Title:
				inTitle = t.Type == html.StartTagToken
			case atom.Meta:
				keep(meta(t))
			case atom.Body:
				break scan
			}
		case html.TextToken:
			if inTitle {
				keep("title", plain(z.Token().Data, MaxTitle))
			}
		case html.EndTagToken:
			inTitle = false
			if name, _ := z.TagName(); string(name) == "head" {
				break scan
			}
		}
	}
	p := Page{
		Site:        plain(found["og:site_name"], MaxSite),
		Title:       plain(first(found, "og:title", "twitter:title", "title"), MaxTitle),
		Description: plain(first(found, "og:description", "twitter:description", "description"), MaxDescription),
	}
	if p.Title == "" {
		return Page{}, ErrNothing
	}
	return p, nil
}

// meta returns the name and the content of a meta element. Open Graph has the name in property.
func meta(t html.Token) (name, content string) {
	for _, a := range t.Attr {
		switch a.Key {
		case "property", "name":
			name = strings.ToLower(strings.TrimSpace(a.Val))
		case "content":
			content = a.Val
		}
	}
	if name == "title" { // only the element is the page's title
		name = ""
	}
	return name, content
}

// first returns the first text that is there.
func first(found map[string]string, names ...string) string {
	for _, name := range names {
		if text := plain(found[name], maxToken); text != "" {
			return text
		}
	}
	return ""
}

// plain returns a text in one line, without characters that are not seen or that change the
// direction of others, of at most so many characters.
func plain(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		const nonJoiner, joiner = '\u200c', '\u200d'
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == nonJoiner || r == joiner:
			return r
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return strings.TrimSpace(string(runes[:limit-1])) + "…"
}
