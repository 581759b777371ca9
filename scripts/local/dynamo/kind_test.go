package dynamo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nothingHere is a machine without an engine, and without what runs one but for the given scripts.
func nothingHere(t *testing.T, scripts map[string]string) {
	t.Helper()
	programs := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv(EnvEngine, "")
	t.Chdir(t.TempDir())
}

// binary is the embedded engine of this repository.
func binary(t *testing.T) string {
	t.Helper()
	path, err := findAbove(must(filepath.Abs(".")), "linux-x64")
	if err != nil {
		t.Skip("the embedded database has no binary here")
	}
	return path
}

func must(path string, err error) string {
	if err != nil {
		panic(err)
	}
	return path
}

func TestAMachineWithoutAnEngineHearsWhatIsMissingOfEach(t *testing.T) {
	nothingHere(t, map[string]string{"java": `echo 'openjdk version "11.0.2"' >&2`, "docker": "exit 1"})
	_, err := Start(t.Context(), Options{})
	for _, want := range []string{"dynoxide: ", "java: the Java here is too old", "install 17", "docker: its daemon does not answer", "-dynamodb URL"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestEnginesAreTriedInOrder(t *testing.T) {
	engine := binary(t)
	nothingHere(t, map[string]string{
		"java":   `echo 'openjdk version "21.0.1"' >&2`,
		"docker": "exit 0",
	})
	cache := must(os.UserCacheDir())
	expect := func(want string) {
		t.Helper()
		if found, err := findProgram(t.Context()); err != nil || !strings.HasPrefix(found.what, want) {
			t.Errorf("got %s, %v, want %s", found.what, err, want)
		}
	}
	expect("DynamoDB Local 3.3.1 in Docker")
	if err := os.MkdirAll(filepath.Join(cache, "confab", "dynamodb-local-"+dynamoDBLocalVersion), 0o755); err != nil {
		t.Fatal(err)
	}
	expect("DynamoDB Local 3.3.1 on Java 21")
	here := filepath.Join("node_modules", "@dynoxide", "linux-x64")
	if err := os.MkdirAll(here, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(engine, filepath.Join(here, "dynoxide")); err != nil {
		t.Fatal(err)
	}
	expect("dynoxide")
	t.Setenv(EnvEngine, "docker")
	expect("DynamoDB Local 3.3.1 in Docker")
	t.Setenv(EnvEngine, "podman")
	if _, err := findProgram(t.Context()); err == nil || !strings.Contains(err.Error(), "dynoxide, java, docker") {
		t.Errorf("an unknown engine: %v", err)
	}
}

// Docker is not there when this is tested: a script serves on the port that it is told to publish.
func TestAContainerIsADatabaseLikeAnother(t *testing.T) {
	nothingHere(t, map[string]string{"docker": `
case "$1" in run) ;; *) exit 0 ;; esac
while [ "$1" != --publish ]; do shift; done
port=${2#127.0.0.1:}
exec ` + binary(t) + ` serve --port "${port%:8000}"`})
	t.Setenv(EnvEngine, "docker")
	engine, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := CreateTables(t.Context(), engine.Client(), Tables("")); err != nil {
		t.Error(err)
	}
}

func TestTheBinaryIsFoundFromAnyFolderBelow(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	binary := filepath.Join(root, "node_modules", "@dynoxide", "linux-x64", "dynoxide")
	for _, dir := range []string{below, filepath.Dir(binary)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(binary, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := findAbove(below, "linux-x64"); err != nil || got != binary {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTheEngineThatIsInstalledIsThatOfThisRepository(t *testing.T) {
	text, err := os.ReadFile("../../../package.json")
	if err != nil || !strings.Contains(string(text), `"@dynoxide/linux-x64": "`+dynoxideVersion+`"`) {
		t.Errorf("package.json has another version of the engine: %v", err)
	}
}
