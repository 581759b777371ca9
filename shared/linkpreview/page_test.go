package linkpreview

import (
	"errors"
	"strings"
	"testing"
)

func TestAPageIsDescribedByItsHead(t *testing.T) {
	t.Parallel()
	const long = "äbc "
	for what, c := range map[string]struct {
		html, kind string
		want       Page
	}{
		"a title": {"<title>One &amp; two</title>", "text/html", Page{Title: "One & two"}},
		"Open Graph before the rest": {
			`<head><title>T</title><meta name=description content="D"><meta property="og:title" content="OT"><META PROPERTY="OG:Description" CONTENT="OD"/>` +
				`<meta property='og:site_name' content='S'><meta property="og:image" content="https://evil.example/x.png">`,
			"text/html; charset=utf-8", Page{Site: "S", Title: "OT", Description: "OD"},
		},
		"Twitter's names": {
			`<meta name="twitter:title" content="TT"><meta name="twitter:description" content="TD">`, "text/html", Page{Title: "TT", Description: "TD"},
		},
		"empty fields do not count": {`<meta property="og:title" content=" "><title>T</title>`, "text/html", Page{Title: "T"}},
		"only the first title":      {`<title>T</title><title>U</title>`, "text/html", Page{Title: "T"}},
		"nothing of the body":       {`<head><title>T</title></head><body><meta name=description content=D>`, "text/html", Page{Title: "T"}},
		"no script":                 {`<script>"<title>S</title>"</script><title>T</title>`, "text/html", Page{Title: "T"}},
		"tags are text":             {`<title><b>T</b><img src=x onerror=alert(1)></title>`, "text/html", Page{Title: "<b>T</b><img src=x onerror=alert(1)>"}},
		"one line, nothing unseen":  {"<title>\n a\u202e\u200b\u0007\u2066\t b\u2028c\ufeff </title>", "text/html; charset=utf-8", Page{Title: "a b c"}},
		"cut": {
			"<title>" + strings.Repeat(long, 100) + "</title>", "text/html; charset=utf-8", Page{Title: strings.TrimSpace(strings.Repeat(long, 50)) + "…"},
		},
		"Latin-1 by header":            {"<title>Caf\xe9</title>", "text/html; charset=iso-8859-1", Page{Title: "Café"}},
		"Shift JIS by the page":        {"<meta charset=shift_jis><title>\x93\xfa\x96{</title>", "text/html", Page{Title: "日本"}},
		"UTF-16 by its mark":           {"\xff\xfe<\x00t\x00i\x00t\x00l\x00e\x00>\x00Z\x00", "text/html", Page{Title: "Z"}},
		"GB 18030":                     {"<title>\xc4\xe3\xba\xc3</title>", `text/html; charset="gb18030"`, Page{Title: "你好"}},
		"a charset that nobody knows":  {"<title>T</title>", "text/html; charset=x-unknown", Page{Title: "T"}},
		"bytes that are no characters": {"<title>a\xff\xfe\x80b</title>", "text/html; charset=utf-8", Page{Title: "ab"}},
		"a tag that does not end":      {`<title>T</title><meta content="` + strings.Repeat("x", 2*maxToken), "text/html", Page{Title: "T"}},
	} {
		got, err := read(strings.NewReader(c.html), c.kind)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestAPageWithoutATitleShowsNothing(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"", "hello", "<title></title>", "<title>\u200b</title>", `<meta name=description content=D>`, `<meta name=title content=T>`} {
		if got, err := read(strings.NewReader(page), "text/html; charset=utf-8"); !errors.Is(err, ErrNothing) {
			t.Errorf("%q: %+v, %v", page, got, err)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add("<title>T</title>", "text/html")
	f.Add("<meta charset=utf-16><meta property=og:title content=x>", "text/html; charset=big5")
	f.Fuzz(func(t *testing.T, page, kind string) {
		p, err := read(strings.NewReader(page), kind)
		if err == nil && p.Title == "" {
			t.Error("no title")
		}
		for _, text := range []string{p.Site, p.Title, p.Description} {
			if strings.ContainsAny(text, "\n\r\u202e\x00") || len([]rune(text)) > MaxDescription {
				t.Errorf("%q", text)
			}
		}
	})
}
