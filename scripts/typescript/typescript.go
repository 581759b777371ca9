// Package typescript writes parts of TypeScript modules, for the tools that make some. Enter at [Comment].
package typescript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Width is how long the lines of comments are at most, in characters.
const Width = 120

// Comment returns a comment for what stands in the next line, with the same indentation; "" without a text.
func Comment(indent, text string) string {
	text = strings.ReplaceAll(text, "*/", "* /")
	if text == "" {
		return ""
	}
	if oneLine := fmt.Sprintf("%s/** %s */\n", indent, text); len(oneLine) <= Width {
		return oneLine
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/**\n", indent)
	width, row := Width-len(indent+" * ")-2, ""
	for word := range strings.FieldsSeq(text) {
		if row != "" && len(row)+1+len(word) > width {
			fmt.Fprintf(&b, "%s * %s\n", indent, row)
			row = ""
		}
		row = strings.TrimSpace(row + " " + word)
	}
	fmt.Fprintf(&b, "%s * %s\n%s */\n", indent, row, indent)
	return b.String()
}

// Union is the type of one of some values; "never" of none.
func Union[T any](values []T) string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = Literal(value)
	}
	if len(all) == 0 {
		return "never"
	}
	return strings.Join(all, " | ")
}

// Literal is a text, a number or a boolean.
func Literal(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // the caller's mistake
	}
	return strings.TrimSpace(b.String())
}

var identifier = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{Nd}_$]*$`)

// Key is the name of a property, in quotes if it needs them.
func Key(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return Literal(name)
}
