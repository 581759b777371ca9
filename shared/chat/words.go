package chat

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Words is a text in the form in which it is searched: its words without case and accents, each
// with a space before it. So a term with a space before it stands at the beginning of a word.
func Words(text string) string {
	var b strings.Builder
	inWord := false
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent, also within a word
		case unicode.IsLetter(r), unicode.IsNumber(r):
			if !inWord {
				b.WriteByte(' ')
			}
			inWord = true
			b.WriteRune(unicode.ToLower(r))
		default:
			inWord = false
		}
	}
	return b.String()
}

// Terms are what [Words] of a message must contain to match a search: the beginning of a word for
// each word of the search. Scripts that put no space between words have no such beginning: there,
// any part of the text will do.
func Terms(search string) []string {
	var terms []string
	for _, word := range strings.Fields(Words(search)) {
		if !strings.ContainsFunc(word, writtenWithoutSpaces) {
			word = " " + word
		}
		if !slices.Contains(terms, word) {
			terms = append(terms, word)
		}
	}
	return terms
}

func writtenWithoutSpaces(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// matches reports whether a text has all terms.
func matches(text string, terms []string) bool {
	words := Words(text)
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(words, term) })
}
