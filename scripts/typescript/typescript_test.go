package typescript

import (
	"strings"
	"testing"
)

func TestACommentTakesOneLineIfItFits(t *testing.T) {
	fits := strings.Repeat("x", Width-len("  /**  */\n"))
	if got := Comment("  ", fits); got != "  /** "+fits+" */\n" {
		t.Errorf("%q", got)
	}
	long := strings.Repeat("word ", 60)
	lines := strings.Split(strings.TrimSuffix(Comment("  ", long), "\n"), "\n")
	if len(lines) < 4 || lines[0] != "  /**" || lines[len(lines)-1] != "   */" {
		t.Errorf("%q", lines)
	}
	var words int
	for _, line := range lines {
		words += strings.Count(line, "word")
		if len(line) > Width {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	if words != 60 {
		t.Errorf("%d words are left", words)
	}
}

func TestWhatWouldEndACommentDoesNot(t *testing.T) {
	if got := Comment("", "a */ b"); got != "/** a * / b */\n" {
		t.Errorf("%q", got)
	}
	if got := Comment("", ""); got != "" {
		t.Errorf("%q", got)
	}
}

func TestNamesAreQuotedIfTheyNeedIt(t *testing.T) {
	for name, want := range map[string]string{"draw": "draw", "größe": "größe", "a b": `"a b"`, "1": `"1"`, `a"<b`: `"a\"<b"`, "": `""`} {
		if got := Key(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
	if got := Union([]any{"a", 1, true}); got != `"a" | 1 | true` {
		t.Error(got)
	}
	if got := Union[string](nil); got != "never" {
		t.Error(got)
	}
}
