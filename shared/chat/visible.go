package chat

import "unicode"

// isControl reports whether a character has no place in a text.
func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// isVisible reports whether people see a character that stands alone.
func isVisible(r rune) bool {
	const brailleBlank = '\u2800'
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && !isIgnorable(r) && r != brailleBlank
}

// isIgnorable reports whether a character is drawn as nothing, or only changes others:
// formats, joiners, direction marks, variation selectors, fillers (Unicode Standard 5.21,
// "Ignoring Characters in Processing").
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// imitates reports whether a name has ignorable characters with which it could look like
// another. Those remain that names need: joiners and variation selectors in emoji and in
// scripts that join, and tags in the emoji of flags.
func imitates(name string) bool {
	var before rune
	for _, r := range name {
		if isIgnorable(r) && !belongs(before, r) {
			return true
		}
		before = r
	}
	return false
}

// belongs reports whether an ignorable character has a use behind the one before it.
func belongs(before, r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	isTag := r >= 0xe0020 && r <= 0xe007f
	switch {
	case r == nonJoiner || r == joiner:
		// Behind an emoji, a virama or vowel sign, or a letter of a script that joins.
		return unicode.In(before, unicode.So, unicode.Sk, unicode.Variation_Selector, unicode.Mn, unicode.Mc,
			unicode.Arabic, unicode.Syriac, unicode.Mongolian)
	case unicode.Is(unicode.Variation_Selector, r):
		return before != 0 && !unicode.IsSpace(before) && !unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Variation_Selector)
	case isTag:
		return before == '\U0001f3f4' || before >= 0xe0020 && before <= 0xe007f
	default:
		return false
	}
}
