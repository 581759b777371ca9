// Command reference writes the reference of the packages that applications use, as Markdown for the site, from
// their doc comments.
//
//	go run ./scripts/site/reference FOLDER
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const module = "github.com/confab-chat/confab"

// packages are those of the reference, in the order of its first page.
var packages = []string{
	"shared/confab", "shared/realtime", "shared/realtime/realtimetest", "scripts/confabtest", "shared/realtime/mode",
	"shared/realtime/store", "shared/dynamo/realtimestore", "shared/apigw", "shared/wait", "infra/confab", "shared/chat",
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reference FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// write writes a page for each package, and one that leads to them.
func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	index := bytes.NewBufferString("# Go reference\n\nThe packages that applications and their deployments use. Programs read the same by `go doc`.\n\n| import | |\n|---|---|\n")
	anchors := map[string]map[string]string{}
	var all []*source
	for _, path := range packages {
		p, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		p.anchors, anchors[path] = anchors, p.findAnchors()
		all = append(all, p)
	}
	for _, p := range all {
		path := p.path
		if err := os.WriteFile(filepath.Join(folder, page(path)+".md"), p.markdown(), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(index, "| [`%s/%s`](/reference/%s.md) | %s |\n", module, path, page(path), p.doc.Synopsis(p.doc.Doc))
	}
	return os.WriteFile(filepath.Join(folder, "index.md"), index.Bytes(), 0o644)
}

// page names the page of a package.
func page(path string) string { return strings.ReplaceAll(path, "/", "-") }

// source is a package with its documentation.
type source struct {
	path    string
	files   *token.FileSet
	doc     *doc.Package
	printer *comment.Printer
	// anchors are the headings under which names are explained, by package and name.
	anchors map[string]map[string]string
}

func read(path string) (*source, error) {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%w: no Go files, %w", fs.ErrNotExist, err)
	}
	var parsed []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	d, err := doc.NewFromFiles(files, parsed, module+"/"+path)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, files: files, doc: d, printer: d.Printer()}
	s.printer.DocLinkURL = s.linkTo
	s.printer.HeadingID = func(*comment.Heading) string { return "" }
	s.printer.HeadingLevel = 4
	return s, nil
}

// findAnchors returns the headings of a package's names: constants and variables have none of their own.
func (s *source) findAnchors() map[string]string {
	anchors := map[string]string{}
	add := func(anchor string, values []*doc.Value) {
		for _, v := range values {
			for _, name := range v.Names {
				anchors[name] = anchor
			}
		}
	}
	add("constants", s.doc.Consts)
	add("variables", s.doc.Vars)
	for _, f := range s.doc.Funcs {
		anchors[f.Name] = f.Name
	}
	for _, t := range s.doc.Types {
		anchors[t.Name] = t.Name
		add(t.Name, t.Consts)
		add(t.Name, t.Vars)
		for _, f := range t.Funcs {
			anchors[f.Name] = f.Name
		}
		for _, f := range t.Methods {
			anchors[t.Name+"."+f.Name] = t.Name + "." + f.Name
		}
	}
	return anchors
}

// linkTo returns where a name in a comment is explained.
func (s *source) linkTo(link *comment.DocLink) string {
	name := link.Name
	if link.Recv != "" {
		name = link.Recv + "." + name
	}
	path, ours := strings.CutPrefix(link.ImportPath, module+"/")
	if link.ImportPath == "" {
		path, ours = s.path, true
	}
	if known := s.anchors[path]; ours && known != nil {
		anchor := known[name]
		if anchor == "" {
			anchor = known[link.Recv] // of a field
		}
		if anchor != "" {
			anchor = "#" + anchor
		}
		return "/reference/" + page(path) + ".md" + anchor
	}
	return link.DefaultURL("https://pkg.go.dev")
}

func (s *source) markdown() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Package %s\n\n```go\nimport \"%s/%[1]s\"\n```\n\n", s.path, module) // two have one name
	s.comment(&out, s.doc.Doc)
	s.examples(&out, s.doc.Examples)
	s.values(&out, "Constants", s.doc.Consts)
	s.values(&out, "Variables", s.doc.Vars)
	if len(s.doc.Funcs) > 0 {
		fmt.Fprint(&out, "## Functions\n\n")
	}
	for _, f := range s.doc.Funcs {
		s.function(&out, f)
	}
	if len(s.doc.Types) > 0 {
		fmt.Fprint(&out, "## Types\n\n")
	}
	for _, t := range s.doc.Types {
		fmt.Fprintf(&out, "### type %s {#%[1]s}\n\n", t.Name)
		s.code(&out, t.Decl)
		s.comment(&out, t.Doc)
		s.examples(&out, t.Examples)
		s.values(&out, "", t.Consts)
		s.values(&out, "", t.Vars)
		for _, f := range t.Funcs {
			s.function(&out, f)
		}
		for _, f := range t.Methods {
			s.function(&out, f)
		}
	}
	return out.Bytes()
}

func (s *source) values(out *bytes.Buffer, heading string, values []*doc.Value) {
	if heading != "" && len(values) > 0 {
		fmt.Fprintf(out, "## %s\n\n", heading)
	}
	for _, v := range values {
		s.code(out, v.Decl)
		s.comment(out, v.Doc)
	}
}

func (s *source) function(out *bytes.Buffer, f *doc.Func) {
	title, id := f.Name, f.Name
	if f.Recv != "" {
		receiver, _, _ := strings.Cut(strings.TrimPrefix(f.Recv, "*"), "[") // without its types
		title, id = "("+f.Recv+") "+f.Name, receiver+"."+f.Name
	}
	fmt.Fprintf(out, "### func %s {#%s}\n\n", strings.NewReplacer("*", `\*`, "[", `\[`).Replace(title), id)
	s.code(out, f.Decl)
	s.comment(out, f.Doc)
	s.examples(out, f.Examples)
}

func (s *source) examples(out *bytes.Buffer, examples []*doc.Example) {
	for _, e := range examples {
		title := "Example"
		if e.Suffix != "" {
			title += " (" + strings.ReplaceAll(e.Suffix, "_", " ") + ")"
		}
		fmt.Fprintf(out, "**%s**\n\n", title)
		s.comment(out, e.Doc)
		s.code(out, e.Code)
	}
}

// code prints a declaration, or the statements of a block.
func (s *source) code(out *bytes.Buffer, node any) {
	var printed bytes.Buffer
	if err := format.Node(&printed, s.files, node); err != nil {
		fmt.Fprintf(&printed, "// %v", err)
	}
	text := printed.String()
	if _, block := node.(*ast.BlockStmt); block {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "{\n"), "\n}")
		text = strings.ReplaceAll("\n"+text, "\n\t", "\n")[1:]
	}
	fmt.Fprintf(out, "```go\n%s\n```\n\n", text)
}

func (s *source) comment(out *bytes.Buffer, text string) {
	d := s.doc.Parser().Parse(text)
	for _, block := range d.Content {
		if code, ok := block.(*comment.Code); ok {
			fmt.Fprintf(out, "```%s\n%s```\n\n", languageOf(code.Text), code.Text)
			continue
		}
		part := s.printer.Markdown(&comment.Doc{Content: []comment.Block{block}, Links: d.Links})
		out.Write(bytes.ReplaceAll(part, []byte("\\`"), []byte("`")))
		out.WriteString("\n")
	}
}

// languageOf tells Go from what else is in a comment.
func languageOf(code string) string {
	if strings.Contains(code, ":=") || strings.Contains(code, "func ") || strings.Contains(code, "(ctx") {
		return "go"
	}
	return "text"
}
