package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDoctorFindsNothingInWhatTheTemplatesMake(t *testing.T) {
	for _, kind := range []string{"blank", "chat", "game"} {
		dir := newApplicationIn(t, "-template", kind)
		linkEngine(t, dir)
		out, err := confab(t, dir, "doctor")
		if err != nil || !strings.Contains(out, "ok    no traps") || !strings.Contains(out, "ok    a database starts: ") {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
}

func TestTheDoctorFindsTraps(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	linkEngine(t, dir)
	code := `package main

import (
	"context"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/shared/confab"
)

var online int
var scores = map[string]int{}
var last struct{ name string }
var started = time.Now()
var everybody sync.Map
var count atomic.Int64

func init() { online = 0 }

// game is what handlers share.
type game struct {
	rooms map[string]int
	notes *confab.Table[note]
}

type note struct {
	Name string ` + "`json:\"name\"`" + `
	Text string
}

func traps(app *confab.App) {
	users := map[string]bool{}
	users["root"] = true
	players := 0
	g := &game{rooms: map[string]int{}}
	g.notes = confab.NewTable[note](app, "notes", confab.Key{Partition: "name"})
	confab.On(app, "traps", func(ctx context.Context, s *confab.Socket, name string) (int, error) {
		online++ // trap: the variable online of the package is written
		scores[name] = 1 // trap: the variable scores of the package
		delete(scores, name) // trap: the variable scores of the package
		last.name = name // trap: the variable last of the package
		everybody.Store(name, 1) // trap: the variable everybody of the package
		count.Add(1) // trap: the variable count of the package
		users[name] = true // trap: what users has is written
		players++ // trap: the variable players outside of the handler
		local := map[string]int{}
		local[name] = 1
		var mine atomic.Int64
		mine.Add(1)
		add := func(n int) { local[name] += n }
		add(1)
		time.Sleep(time.Duration(1))
		go s.Emit(ctx, "late", name) // trap: what a go statement begins
		s.Emit(ctx, "dropped", name) // trap: the error of Emit is dropped
		g.notes.Put(ctx, note{}) // trap: the error of Put is dropped
		app.To("a").SocketsLeave(ctx, "a") // trap: the error of SocketsLeave is dropped
		_ = s.Emit(ctx, "meant", name)
		time.AfterFunc(time.Second, func() {}) // trap: time.AfterFunc does not fire
		words, err := os.ReadFile("words.json") // trap: os.ReadFile finds nothing on AWS
		if err != nil {
			return 0, err
		}
		// confab:ok each instance counts for itself
		online++
		return len(words) + online + players, os.WriteFile("scores.json", words, 0o644) // trap: os.WriteFile writes where nothing is kept
	})
	confab.On(app, "play", g.play)
	app.HTTP("GET /rooms", func(w http.ResponseWriter, r *http.Request) {
		players = 0 // trap: the variable players outside of the handler
		w.Header().Set("from", os.Getenv("AWS_REGION"))
		w.Header().Set("by", os.Getenv("OWNER")) // trap: os.Getenv finds nothing on AWS that is not declared
	})
}

func (g *game) play(ctx context.Context, s *confab.Socket, room string) (int, error) {
	g.rooms[room]++ // trap: what g has is written
	n := note{Name: room}
	n.rename(ctx, "b")
	_, err := g.notes.Update(ctx, func(found *note) error {
		found.Name, n = "c", *found
		return nil
	}, room)
	return g.rooms[room], err
}

func (n *note) rename(_ context.Context, to string) { n.Name = to }
`
	if err := os.WriteFile(filepath.Join(dir, "traps.go"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("KEY=secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, ".gitignore")); err != nil {
		t.Fatal(err)
	}
	out, err := confab(t, dir, "doctor")
	if err == nil {
		t.Error("nothing was wrong")
	}
	wanted := []string{".env has secrets, and .gitignore does not name it"}
	for i, line := range strings.Split(code, "\n") {
		if _, trap, ok := strings.Cut(line, "// trap: "); ok {
			wanted = append(wanted, fmt.Sprintf("traps.go:%d: %s", i+1, trap))
		}
	}
	for _, want := range wanted {
		if !strings.Contains(out, "bad   "+want) {
			t.Errorf("it does not find %s", want)
		}
	}
	if n := strings.Count(out, "bad   "); n != len(wanted) {
		t.Errorf("it finds %d\n%s", n, out)
	}
}

func TestTheExamplesHaveNoTraps(t *testing.T) {
	modules, err := filepath.Glob("../examples/*/go.mod")
	if err != nil || len(modules) == 0 {
		t.Fatal(modules, err)
	}
	for _, module := range modules {
		found, err := findTraps(t.Context(), filepath.Dir(module))
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v %q", module, err, found)
		}
	}
}

func TestVersionsAreCompared(t *testing.T) {
	for text, want := range map[string]bool{
		"go version go1.26.8 linux/amd64": true, "go1.25.9": false, "v2.0": true, "v1": false, "nothing": false,
	} {
		if got := atLeast(versionIn(text), []int{1, 26}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
