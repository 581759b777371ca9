package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// dynoxideVersion is that of the engine's npm packages, which package.json has too.
const dynoxideVersion = "1.2.1"

// dynoxidePackages are the engine's npm packages by Go's names of operating system and architecture.
var dynoxidePackages = map[string]string{
	"linux/amd64":  "linux-x64",
	"linux/arm64":  "linux-arm64",
	"darwin/amd64": "darwin-x64",
	"darwin/arm64": "darwin-arm64",
}

// findDynoxide looks in node_modules of the working directory and of those above it, which npm ci fills, and
// then where installDynoxide puts it.
func findDynoxide(context.Context) (program, error) {
	name, cache, err := dynoxidePackage()
	if err != nil {
		return program{}, err
	}
	here, err := os.Getwd()
	if err != nil {
		return program{}, err
	}
	for _, dir := range []string{here, cache} {
		path, err := findAbove(dir, name)
		if err == nil {
			return dynoxide(path), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return program{}, err
		}
	}
	return program{}, errors.New("it is not installed: run `make setup` in a clone of the repository, or `confab doctor`")
}

func dynoxide(path string) program {
	return program{"dynoxide " + dynoxideVersion, func(port, folder string) *exec.Cmd {
		args := []string{"serve", "--port", port}
		if folder != "" {
			args = append(args, "--db-path", filepath.Join(folder, "confab.db"))
		}
		return exec.Command(path, args...)
	}}
}

func installDynoxide(ctx context.Context, progress io.Writer) error {
	name, cache, err := dynoxidePackage()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	fmt.Fprintln(progress, "installing the embedded database, once …")
	install := exec.CommandContext(ctx, "npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "--loglevel=error",
		"@dynoxide/"+name+"@"+dynoxideVersion)
	install.Dir = cache
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm (Node.js is needed for it): %w\n%s", err, output)
	}
	return nil
}

// dynoxidePackage returns the engine's npm package for this machine, and the folder into which it is installed for the user.
func dynoxidePackage() (name, cache string, err error) {
	name, there := dynoxidePackages[platform]
	if !there {
		return "", "", fmt.Errorf("it has no binary for %s", platform)
	}
	cache, err = installed("engine-" + dynoxideVersion)
	return name, cache, err
}

// findAbove returns the path of a package's binary in node_modules of a folder or of a folder above it.
func findAbove(dir, name string) (string, error) {
	path := filepath.Join(dir, "node_modules", "@dynoxide", name, "dynoxide")
	_, err := os.Stat(path)
	if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
		return findAbove(parent, name)
	}
	return path, err
}
