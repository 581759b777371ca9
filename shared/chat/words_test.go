package chat_test

import (
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

func TestWordsAreWithoutCaseAndAccents(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"Hello, World!":               " hello world",
		"don't re-read":               " don t re read",
		"Crème BRÛLÉE":                " creme brulee",
		"cre\u0300me":                 " creme",
		"\ufb01ne":                    " fine", // a ligature
		"x=42; y_1":                   " x 42 y 1",
		"Ünter den Linden":            " unter den linden",
		"\U0001F600 \U0001F44D\uFE0F": "",
		"東京タワー":                       " 東京タワー",
	} {
		if got := chat.Words(text); got != want {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
}

func TestTermsAreBeginningsOfWords(t *testing.T) {
	for search, want := range map[string][]string{
		"Hello hello  wor": {" hello", " wor"},
		"東京 tower":         {"東京", " tower"},
		"...":              nil,
	} {
		if got := chat.Terms(search); !slices.Equal(got, want) {
			t.Errorf("%q has the terms %q, want %q", search, got, want)
		}
	}
}
