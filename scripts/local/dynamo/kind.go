package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// EnvEngine names the variable that chooses an engine. Without it, the first that is there is taken.
const EnvEngine = "CONFAB_ENGINE"

// platform is this machine's, in Go's names.
const platform = runtime.GOOS + "/" + runtime.GOARCH

// kind is a way to have a database on this machine.
type kind struct {
	name string // as EnvEngine has it
	// find returns the engine if it is installed, or what is missing.
	find func(ctx context.Context) (program, error)
	// install installs the engine for the user of this machine, or says why it cannot.
	install func(ctx context.Context, progress io.Writer) error
}

// program is an engine that is installed.
type program struct {
	// what it is, to say which database is used.
	what string
	// command serves a database on a port of the loopback address. Without a folder, its data is in memory.
	command func(port, folder string) *exec.Cmd
}

// kinds are in the order in which they are tried.
var kinds = []kind{
	{"dynoxide", findDynoxide, installDynoxide},
	{"java", findJava, installJava},
	{"docker", findDocker, installDocker},
}

// Engines returns what EnvEngine may have, in the order in which they are tried without it.
func Engines() []string {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// wanted returns the kinds to try.
func wanted() ([]kind, error) {
	name := os.Getenv(EnvEngine)
	if name == "" {
		return kinds, nil
	}
	for _, k := range kinds {
		if k.name == name {
			return []kind{k}, nil
		}
	}
	return nil, fmt.Errorf("%s is %q and must be one of %s", EnvEngine, name, strings.Join(Engines(), ", "))
}

// first tries the kinds in their order until one succeeds. The error says of each what is missing.
func first(try func(kind) error) error {
	kinds, err := wanted()
	if err != nil {
		return err
	}
	var missing []error
	for _, k := range kinds {
		err := try(k)
		if err == nil {
			return nil
		}
		missing = append(missing, fmt.Errorf("%s: %w", k.name, err))
	}
	return fmt.Errorf("there is no database on this machine (%s):\n%w\nInstall one of them, or start any "+
		"DynamoDB-compatible database and pass its address with -dynamodb URL", platform, errors.Join(missing...))
}

// findProgram returns the first engine that is installed.
func findProgram(ctx context.Context) (found program, err error) {
	err = first(func(k kind) (err error) {
		found, err = k.find(ctx)
		return err
	})
	return found, err
}

// Install installs an engine, once, unless there is one: by npm, from Maven Central for Java, or as an image of
// Docker.
func Install(ctx context.Context, progress io.Writer) error {
	return first(func(k kind) error {
		if _, err := k.find(ctx); err == nil {
			return nil
		}
		return k.install(ctx, progress)
	})
}

// installed returns a folder, for what is installed once for all projects of a user.
func installed(name string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place to install to: %w", err)
	}
	return filepath.Join(dir, "confab", name), nil
}
