package auth

import (
	"strings"
	"unicode"
)

// visibleName returns a name without control and other invisible characters, cut to
// maxName.
func visibleName(name string) string {
	name = strings.Map(func(r rune) rune {
		const brailleBlank = '\u2800'
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == unicode.ReplacementChar || r == brailleBlank {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if runes := []rune(name); len(runes) > maxName {
		name = strings.TrimSpace(string(runes[:maxName]))
	}
	return name
}
