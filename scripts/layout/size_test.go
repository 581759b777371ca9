package layout

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNoTypeIsTooLarge(t *testing.T) {
	types, err := readTypes(root, "shared")
	if err != nil {
		t.Fatal(err)
	}
	if len(types) < 100 {
		t.Errorf("read only %d types", len(types))
	}
	for _, problem := range types.CheckSizes(exempt) {
		t.Error(problem)
	}
}

func TestLargeTypesAreFound(t *testing.T) {
	source := func(methods, before string) string {
		return "package p\n\nimport other \"" + Module + "shared/q\"\n\ntype T[K any] struct{}\n\n" + methods + before +
			"type Port interface {\n\tother.Part\n\tI\n\tlocal\n}\n\ntype I interface {\n\tC(); D()\n}\ntype local interface {\n\tE(); F(); G()\n}\n"
	}
	methods := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("func (t *T[K]) M" + strings.Repeat("m", i) + "() {}\n")
		}
		return b.String()
	}
	const part = "package q\n\ntype Part interface {\n\tP1(); P2(); P3(); P4(); P5(); P6()\n}\n"
	const largePort = "shared/p.Port has 11 methods, more than 10: split it, or say why in its comment (//layout:large because …)"
	cases := []struct {
		what, source string
		exempt, want []string
	}{
		{"a large interface, by what it embeds", source(methods(20), ""), nil, []string{largePort}},
		{"the same with its reason", source(methods(20), "//layout:large because it says so\n"), nil, nil},
		{"the same without", source(methods(20), "//layout:large because \n"), nil, []string{largePort}},
		{"a large type", source(methods(21), "//layout:large because it says so\n"), nil, []string{
			"shared/p.T has 21 methods, more than 20: split it, or say why in its comment (//layout:large because …)",
		}},
		{"exemptions", source(methods(20), ""), []string{"shared/p.Port", "shared/p.T", "shared/p.Gone"}, []string{
			"shared/p.T is not too large any more: remove it from exempt in scripts/layout/size.go",
			"there is no type shared/p.Gone: remove it from exempt in scripts/layout/size.go",
		}},
	}
	for _, c := range cases {
		folder := t.TempDir()
		for name, content := range map[string]string{"shared/p/p.go": c.source, "shared/q/q.go": part, "shared/p/p_test.go": "package p\nfunc (t *T[K]) Test() {}\n"} {
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		types, err := readTypes(folder, "shared")
		if err != nil {
			t.Fatal(err)
		}
		if got := types.CheckSizes(c.exempt); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.what, got, c.want)
		}
	}
}
