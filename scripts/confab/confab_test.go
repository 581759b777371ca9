package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dashboard"
)

// root is Confab's own folder.
var root, _ = filepath.Abs("../..")

// confab runs a command in a folder, and returns what it prints.
func confab(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	t.Chdir(dir)
	var out bytes.Buffer
	err := run(t.Context(), args, &out, &out)
	return out.String(), err
}

// newApplicationIn makes an application in a folder of its own, and returns the folder.
func newApplicationIn(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := confab(t, dir, append([]string{"new", "board", "-source", root}, args...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir = filepath.Join(dir, "board")
	if exists(filepath.Join(dir, "web")) { // in place of npm install
		if err := os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(dir, "web", "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEachTemplateIsAnApplicationWhoseTestsPass(t *testing.T) {
	for _, kind := range []string{"blank", "chat", "game"} {
		t.Run(kind, func(t *testing.T) {
			dir := newApplicationIn(t, "-template", kind)
			linkEngine(t, dir)
			if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", dir).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("not gofmt-ed: %s %v", out, err)
			}
			if out, err := exec.CommandContext(t.Context(), "go", "-C", dir, "vet", "./...").CombinedOutput(); err != nil {
				t.Errorf("go vet: %s %v", out, err)
			}
			if out, err := confab(t, dir, "test"); err != nil || !strings.Contains(out, "page: ok") {
				t.Errorf("%v\n%s", err, out)
			}
			build := exec.CommandContext(t.Context(), "npm", "run", "--silent", "build")
			build.Dir = filepath.Join(dir, "web")
			if out, err := build.CombinedOutput(); err != nil {
				t.Errorf("the page: %v\n%s", err, out)
			}
		})
	}
}

// linkEngine lets an application find the embedded database that this repository has installed.
func linkEngine(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
}

func TestThePageIsTestedWithTheEventsThatTheCodeHas(t *testing.T) {
	dir := newApplicationIn(t)
	write(t, filepath.Join(dir, "app.go"), replaced(`"came"`, `"arrived"`))
	write(t, filepath.Join(dir, "app_test.go"), replaced(`"came"`, `"arrived"`))
	out, err := confab(t, dir, "test")
	if err == nil || !strings.Contains(err.Error(), "npm test") || !strings.Contains(out, `"came"`) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFlagsOfGoTestAreHandedOn(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	for _, args := range [][]string{{"-run", "Nobody", "-v"}, {"-v", "-run", "Nobody", "./..."}} {
		if out, err := confab(t, dir, append([]string{"test"}, args...)...); err != nil || !strings.Contains(out, "no tests to run") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if out, err := confab(t, dir, "test", "-run", "Greeted", "-v"); err != nil || strings.Count(out, "--- PASS") != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAnApplicationWithoutAPageHasNone(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	app, err := os.ReadFile(filepath.Join(dir, "app.go"))
	if err != nil || exists(filepath.Join(dir, "web")) || strings.Contains(string(app), "Page") {
		t.Errorf("%v\n%s", err, app)
	}
}

func TestWhatCannotBeMadeIsSaid(t *testing.T) {
	dir := newApplicationIn(t)
	for want, args := range map[string][]string{
		"cannot be a name":           {"new", "My App", "-source", root},
		"there is no template":       {"new", "other", "-template", "shop", "-source", root},
		"there is a folder board":    {"new", "board", "-source", root},
		"there is no application in": {"test"},
		"there is no command":        {"deplyo"},
	} {
		if out, err := confab(t, filepath.Dir(dir), args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// output is what dev prints.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// develop runs an application as confab dev does until the test ends.
func develop(t *testing.T, dir string) (url string, out *output) {
	t.Helper()
	t.Chdir(root) // where the embedded database is
	out = &output{}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	d := newDeveloper(&workspace{dir}, out)
	go func() { ended <- d.run(ctx, cloud.Options{Address: "localhost:0"}, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(out)
		}
	})
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("%v\n%s", err, out)
	}
	return url, out
}

// write saves a file of an application.
func write(t *testing.T, path string, change func(string) string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(before))), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaced(from, to string) func(string) string {
	return func(text string) string { return strings.ReplaceAll(text, from, to) }
}

// eventually waits until something holds. It fails when the test's time is over.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for !holds() {
		if err := t.Context().Err(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// saves is how many changes are saved while clients talk. docs/projects.md has the figures of 200.
func saves() int {
	if n, err := strconv.Atoi(os.Getenv("CONFAB_SAVES")); err == nil {
		return n
	}
	return 3
}

func TestASavedHandlerAnswersWhileEveryClientStaysConnected(t *testing.T) {
	const clients = 50
	dir := newApplicationIn(t, "-page=false")
	write(t, filepath.Join(dir, "app.go"), replaced("s.Broadcast().Emit", "s.Emit")) // 50 × 50 are another test's
	url, _ := develop(t, dir)

	var heard atomic.Int64 // the newest version that anybody has been answered by
	ctx, stop := context.WithCancel(t.Context())
	var talking sync.WaitGroup
	for i := range clients {
		s, err := socket.Dial(ctx, socket.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		talking.Go(func() {
			defer s.Close()
			for ctx.Err() == nil {
				var answer string
				if err := s.Call(t.Context(), "hello", fmt.Sprint(i), &answer); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
				var version int64
				if _, err := fmt.Sscanf(answer, "Hello %d,", &version); err == nil && version > heard.Load() {
					heard.Store(version)
				}
				time.Sleep(time.Second)
			}
		})
	}
	var took []time.Duration
	for version := 1; version <= saves(); version++ {
		saved := time.Now()
		write(t, filepath.Join(dir, "app.go"), func(text string) string {
			before, after, _ := strings.Cut(text, `return "Hello`)
			_, after, _ = strings.Cut(after, `, " + name`)
			return before + fmt.Sprintf(`return "Hello %d`, version) + `, " + name` + after
		})
		eventually(t, "the new code answers", func() bool { return heard.Load() == int64(version) })
		took = append(took, time.Since(saved))
	}
	stop()
	talking.Wait()
	slices.Sort(took)
	t.Logf("%d saves, from saving to the first new answer: median %v, longest %v", len(took), took[len(took)/2], took[len(took)-1])
}

func TestWhatDoesNotBuildIsSaidAndWhatRanGoesOn(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	url, out := develop(t, dir)
	write(t, filepath.Join(dir, "app.go"), replaced(`return "Hello, "`, `return Hello`))
	eventually(t, "the error is said", func() bool { return strings.Contains(out.String(), "undefined: Hello") })
	if answer, err := confab(t, dir, "emit", "hello", "Ada", "-url", url); err != nil || !strings.Contains(answer, "Hello, Ada!") {
		t.Errorf("%s, %v", answer, err)
	}
	lines := firstStatus(t, url)
	if !strings.Contains(lines.Error, "undefined: Hello") {
		t.Errorf("pages are told %+v", lines)
	}
	write(t, filepath.Join(dir, "app.go"), replaced(`return Hello`, `return "Welcome, "`))
	eventually(t, "it builds again", func() bool { return firstStatus(t, url).Error == "" })
	if answer, err := confab(t, dir, "emit", "hello", "Ada", "-url", url); err != nil || !strings.Contains(answer, "Welcome, Ada!") {
		t.Errorf("%s, %v", answer, err)
	}
}

// firstStatus returns what a page is told that is opened now.
func firstStatus(t *testing.T, url string) (s status) {
	t.Helper()
	response, err := http.Get(url + "/_local/page")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Scan() // others may follow at once
	if err := json.Unmarshal(bytes.TrimPrefix(lines.Bytes(), []byte("data: ")), &s); err != nil {
		t.Fatalf("%s: %v", lines.Bytes(), err)
	}
	return s
}

func TestTablesRoutesSchedulesAndVariablesComeAndGoWithTheCode(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	url, out := develop(t, dir)
	write(t, filepath.Join(dir, "app.go"), func(text string) string {
		text = strings.Replace(text, "import (", "import (\n\t\"fmt\"\n\t\"net/http\"\n\t\"time\"", 1)
		text = strings.Replace(text, "confab.On(app", `
	type counter struct {
		Name string `+"`json:\"name\"`"+`
		N    int    `+"`json:\"n\"`"+`
	}
	counters := confab.NewTable[counter](app, "counters", confab.Key{Partition: "name"})
	greeting, key := app.Variable("GREETING", "Hi"), app.Secret("API_KEY")
	app.HTTP("POST /count/{name}", func(w http.ResponseWriter, r *http.Request) {
		c, _ := counters.Get(r.Context(), r.PathValue("name"))
		c.Name, c.N = r.PathValue("name"), c.N+1
		if err := counters.Put(r.Context(), c); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintf(w, "%s %s %d", greeting, key, c.N)
	})
	app.Every("tidy", time.Hour, func(context.Context) error { return nil })
	confab.On(app`, 1)
		return text
	})
	post := func() string {
		response, err := http.Post(url+"/count/tea", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return string(body)
	}
	eventually(t, "the route is there", func() bool { return post() == "Hi  1" })
	if !strings.Contains(out.String(), "the secret API_KEY has no value") {
		t.Errorf("nothing says that a secret has no value:\n%s", out)
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("API_KEY=secret\nGREETING=Welcome\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the variables are set", func() bool { return strings.HasPrefix(post(), "Welcome secret") })
	if printed, err := confab(t, dir, "run", "tidy", "-url", url); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
	eventually(t, "the schedule has run", func() bool { return strings.Contains(out.String(), "schedule tidy ran") })
	if _, err := confab(t, dir, "run", "tide", "-url", url); err == nil || err.Error() != `there is no schedule "tide": there are tidy, sweep` {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "app.go"), replaced(`Partition: "name"`, `Partition: "n"`))
	eventually(t, "it is said that a key cannot change", func() bool {
		return strings.Contains(firstStatus(t, url).Error, "it exists with the key name (S), and not n (N)")
	})
	if answer := post(); !strings.HasPrefix(answer, "Welcome secret") {
		t.Errorf("what ran does not go on: %s", answer)
	}
	write(t, filepath.Join(dir, "app.go"), replaced(`Partition: "n"`, `Partition: "name"`))
	write(t, filepath.Join(dir, "app.go"), replaced("POST /count/", "PUT /count/"))
	eventually(t, "the route has gone", func() bool { return strings.Contains(post(), "Not Found") })
}

func TestTheServerEmitsWhatOneTellsItTo(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	url, _ := develop(t, dir)
	heard := make(chan string, 1)
	s, err := socket.Dial(t.Context(), socket.Options{URL: url, OnEvent: func(name string) { heard <- name }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for to, args := range map[string][]string{
		"emitted came to everybody in /\n":                        nil,
		"emitted came to the room b, where nobody is\n":           {"-to", "b"},
		"emitted came to everybody in /boards, where nobody is\n": {"-namespace", "/boards"},
	} {
		if out, err := confab(t, dir, append([]string{"emit", "-server", "came", "Bob", "-url", url}, args...)...); err != nil || out != to {
			t.Errorf("%v: %s%v", args, out, err)
		}
	}
	if name := <-heard; name != "came" || len(heard) > 0 {
		t.Errorf("heard %s, and %d more", name, len(heard))
	}
}

func TestSeveralEventsAreEmittedOnOneSocketUntilOneIsRefused(t *testing.T) {
	dir := newApplicationIn(t, "-template", "chat", "-page=false")
	url, _ := develop(t, dir)
	say := `{"room":"tea","name":"Ada","text":"Hello"}`
	if out, err := confab(t, dir, "emit", "join", "tea", "--", "say", say, "-url", url); err != nil || strings.Count(out, `"text": "Hello"`) != 1 {
		t.Errorf("%v\n%s", err, out)
	}
	out, err := confab(t, dir, "emit", "-url", url, "say", say, "--", "join", "tea")
	if err == nil || err.Error() != "say was refused" || !strings.Contains(out, "not_in_room") || strings.Contains(out, "Hello") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWhatCannotBeEmittedIsSaidBeforeAnythingIs(t *testing.T) {
	for want, args := range map[string][]string{
		"is not JSON: unexpected end": {"draw", `{"board":"b"`},
		"is not JSON: invalid":        {"draw", "1", "--", "draw", `{board:"b"}`},
		"-to needs -server":           {"draw", "-to", "b"},
		"usage: confab emit":          {"draw", "--"},
	} {
		if out, err := confab(t, t.TempDir(), append([]string{"emit", "-url", "http://localhost:1"}, args...)...); err == nil || !strings.Contains(out+err.Error(), want) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestAnArgumentIsJSONOrAText(t *testing.T) {
	c := call{flags: flag.NewFlagSet("emit", flag.ContinueOnError), args: []string{"move", "-1.5", "null", "true love", `"7"`, ""}}
	all, err := c.parseEmissions()
	if want := `move [-1.5 null "true love" "7" ""]`; err != nil || len(all) != 1 || fmt.Sprintf("%s %s", all[0].event, all[0].args) != want {
		t.Errorf("%s, %v", all, err)
	}
}

func TestAPageThatIsNotThereIsSaid(t *testing.T) {
	dir := newApplicationIn(t)
	write(t, filepath.Join(dir, "app.go"), replaced(`Page("web")`, `Page("webb")`))
	const want = "there is no folder webb, which app.Page declares"
	if out, err := confab(t, dir, "types"); err != nil || !strings.Contains(out, want) {
		t.Errorf("types: %v\n%s", err, out)
	}
	if out, err := confab(t, dir, "deploy", "-synth"); err == nil || err.Error() != want {
		t.Errorf("deploy: %v\n%s", err, out)
	}
	_, out := develop(t, dir)
	eventually(t, "dev says it", func() bool { return strings.Contains(out.String(), want) })
}

func TestWhatIsWrongWithTheTypesIsSaidOnce(t *testing.T) {
	dir := newApplicationIn(t)
	_, out := develop(t, dir)
	write(t, filepath.Join(dir, "app.go"), replaced(`"came", name)`, `"came"+name, name)`))
	noted := func() int { return strings.Count(out.String(), "app.go:") }
	eventually(t, "it is said", func() bool { return noted() > 0 })
	write(t, filepath.Join(dir, "app.go"), replaced("// Board says", "// It is small.\n//\n// Board says"))
	write(t, filepath.Join(dir, "app.go"), replaced(`"Hello, "`, `name+name, nil
		_ = s.To("b"+name).Emit(ctx, "left"+name)
		return "Hello, "`))
	eventually(t, "both are said", func() bool { return noted() >= 3 })
	if noted() != 3 {
		t.Errorf("said %d times, one alone and both together are 3:\n%s", noted(), out)
	}
}

func TestOnlyWhatTheProgramIsMadeOfBuildsIt(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	url, out := develop(t, dir)
	save := func(text string, names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	save("One", "motto.txt", "photo.png")
	save("package main\n\nimport _ \"embed\"\n\n//go:embed motto.txt\nvar motto string\n", "motto.go")
	write(t, filepath.Join(dir, "app.go"), replaced(`"Hello, "`, `motto + ", "`))
	eventually(t, "the program has the file", func() bool {
		answer, err := confab(t, dir, "emit", "hello", "Ada", "-url", url)
		return err == nil && strings.Contains(answer, "One, Ada!")
	})
	save("Two", "photo.png")
	save("Two", "motto.txt")
	eventually(t, "the new file is taken", func() bool { return strings.Contains(out.String(), "motto.txt runs after ") })
	if strings.Contains(out.String(), "photo") {
		t.Errorf("a picture builds the program:\n%s", out)
	}
}

func TestSavedFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"b.go", "a.go", "c.go"} {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(paths[len(paths)-1], nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for want, n := range map[string]int{"b.go runs": 1, "a.go and b.go run": 2, "3 files run": 3} {
		if got := describe(dir, append(paths[:n:n], filepath.Join(dir, "gone.tmp"))); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if got := describe(dir, []string{filepath.Join(dir, "gone.go")}); got != "gone.go runs" {
		t.Errorf("%q", got)
	}
}

func TestTheVersionIsPrinted(t *testing.T) {
	if out, err := confab(t, t.TempDir(), "version"); err != nil || !strings.HasPrefix(out, "confab ") || !strings.Contains(out, " (go1.") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAnApplicationHasItsOwnTablesAndThatOfTheEngine(t *testing.T) {
	url, _ := develop(t, newApplicationIn(t, "-template", "chat", "-page=false"))
	var tables []dashboard.Table
	if err := dev(url).ask(t.Context(), http.MethodGet, "tables", nil, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables) != 2 || tables[0].Name != "messages" || tables[1].Name != "realtime" {
		t.Errorf("%+v", tables)
	}
}

func TestFramesAreShownWithoutTheirContent(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	url, _ := develop(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out output
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"tail", "-url", url}, &out, &out) }()
	eventually(t, "the frame is shown", func() bool {
		if _, err := confab(t, dir, "emit", "hello", "Ada", "-url", url); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(out.String(), "hello (ack)")
	})
	stop()
	if err := <-ended; err != nil || strings.Contains(out.String(), "Ada") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestAPageIsServedByViteAtTheAddressOfTheApplication(t *testing.T) {
	dir := newApplicationIn(t)
	url, _ := develop(t, dir)
	if page := get(t, url+"/"); !strings.Contains(page, "/main.ts") || !strings.Contains(page, "/@vite/client") || !strings.Contains(page, "/_local/page.js") {
		t.Errorf("the page:\n%s", page)
	}
	if script := get(t, url+"/main.ts"); !strings.Contains(script, "/node_modules/.vite/deps/socket__io-client.js") {
		t.Errorf("the script:\n%s", script)
	}
}

func TestTheTypesOfThePageFollowTheCode(t *testing.T) {
	dir := newApplicationIn(t)
	develop(t, dir)
	write(t, filepath.Join(dir, "app.go"), replaced(`"came", name)`, `"arrived", name, 7)`))
	module := ""
	eventually(t, "the types have the new event", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "web", typesFile))
		module = string(text)
		return strings.Contains(module, "arrived: (name: string,")
	})
	if out, err := confab(t, dir, "types", "-out", "-", "-asyncapi", filepath.Join(dir, "asyncapi.json")); err != nil || out != module {
		t.Errorf("%v\n%s", err, out)
	}
	if !exists(filepath.Join(dir, "asyncapi.json")) {
		t.Error("no AsyncAPI document")
	}
}

func TestAPageOfFilesIsLoadedAnewWhenOneChanges(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	if err := os.Mkdir(filepath.Join(dir, "site"), 0o755); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "site", "index.html")
	if err := os.WriteFile(index, []byte("<body>One</body>"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "app.go"), replaced("confab.On(app,", "app.Page(\"site\")\n\tconfab.On(app,"))
	url, _ := develop(t, dir)
	if page := get(t, url+"/"); page != "<body>One"+devScriptTag+"</body>" {
		t.Errorf("the page: %s", page)
	}
	write(t, index, replaced("One", "Two"))
	eventually(t, "pages are loaded anew", func() bool { return firstStatus(t, url).Reload == 1 })
	if page := get(t, url+"/"); !strings.Contains(page, "Two") {
		t.Errorf("the page: %s", page)
	}
}
