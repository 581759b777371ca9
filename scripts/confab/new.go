package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"text/template"

	"github.com/confab-chat/confab/scripts/types"
)

// templates are the files of new applications: those of all, and those of each kind. Their names end with
// .tmpl, so that neither Go nor npm takes them for its own.
//
//go:embed all:templates
var templates embed.FS

var applicationName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,38}[a-z0-9]$`)

// newApplication is what the templates are filled with.
type newApplication struct {
	Name string
	// App is the name of the function that declares the application.
	App string
	// Version is Confab's, and Source a folder that takes its place; empty: none does.
	Version, Source string
	// Page: it has a page.
	Page bool
}

func runNew(ctx context.Context, c *call) error {
	kind := c.flags.String("template", "blank", "what it begins with: blank, chat (rooms and kept messages) or game (noughts and crosses)")
	page := c.flags.Bool("page", true, "with a page in TypeScript, served by Vite while it is written")
	source := c.flags.String("source", "", "folder of Confab's source, in place of a release")
	names, err := c.parse(1, 1)
	if err != nil {
		return err
	}
	a := newApplication{Name: names[0], App: exported(names[0]), Page: *page}
	if !applicationName.MatchString(a.Name) {
		return fmt.Errorf("%q cannot be a name: choose 2 to 40 of a-z, 0-9 and \"-\", a letter first", a.Name)
	}
	if _, err := templates.ReadDir("templates/" + *kind); err != nil || *kind == "all" {
		return fmt.Errorf("there is no template %q: choose blank, chat or game", *kind)
	}
	if a.Version, a.Source, err = version(*source); err != nil {
		return err
	}
	if err := os.Mkdir(a.Name, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("there is a folder %s already", a.Name)
	} else if err != nil {
		return err
	}
	for _, folder := range []string{"templates/all", "templates/" + *kind} {
		if err := a.write(folder); err != nil {
			return err
		}
	}
	tidy := commandIn(ctx, a.Name, "go", "mod", "tidy")
	if output, err := tidy.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod tidy in %s: %w\n%s", a.Name, err, output)
	}
	if a.Page {
		made, err := types.Generate(ctx, a.Name)
		if err != nil {
			return err
		}
		if err := writeIfChanged(filepath.Join(a.Name, "web", typesFile), made.TypeScript); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.out, "made %s. Go on with:\n\n  cd %s\n  confab dev\n", a.Name, a.Name)
	return nil
}

// version returns the version of Confab that an application requires: this program's own, or any with a
// source.
func version(source string) (number, folder string, err error) {
	if source != "" {
		folder, err = filepath.Abs(source)
		return "v0.0.0", folder, err
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == modulePath && strings.HasPrefix(info.Main.Version, "v") &&
		!strings.Contains(info.Main.Version, "+") {
		return info.Main.Version, "", nil
	}
	return "", "", errors.New("this confab was built from its source: say where that is with -source DIR")
}

// write writes the files of a folder of templates.
func (a newApplication) write(folder string) error {
	return fs.WalkDir(templates, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		to := strings.TrimSuffix(strings.TrimPrefix(name, folder+"/"), ".tmpl")
		if strings.HasPrefix(to, "web/") && !a.Page {
			return nil
		}
		if to == "gitignore" {
			to = ".gitignore"
		}
		text, err := templates.ReadFile(name)
		if err != nil {
			return err
		}
		filled, err := template.New(path.Base(name)).Parse(string(text))
		if err != nil {
			return err
		}
		target := filepath.Join(a.Name, filepath.FromSlash(to))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(filled.Execute(file, a), file.Close())
	})
}

// exported makes a name of Go of an application's: "my-board" becomes MyBoard.
func exported(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
