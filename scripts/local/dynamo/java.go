package dynamo

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// dynamoDBLocalVersion is that of AWS's DynamoDB Local, whose files dynamodblocal.txt lists.
	dynamoDBLocalVersion = "3.3.1"
	// minJava is the oldest Java that runs it.
	minJava = 17
	// EnvMaven names the variable with the address of a mirror of Maven Central.
	EnvMaven     = "MAVEN_REPOSITORY"
	mavenCentral = "https://repo1.maven.org/maven2"
)

// dynamoDBLocalFiles are its files in Maven Central: "sha256  path" in each line.
//
//go:embed dynamodblocal.txt
var dynamoDBLocalFiles string

// A native library has a name without a version where Java looks for it.
var nativeLibraries = map[string]struct{ sum, path, name string }{
	"linux/amd64": {
		"da3d7d21eef476baf644026e449b392dbd738bf9246fca48ce072987264c3aca",
		"com/almworks/sqlite4java/libsqlite4java-linux-amd64/1.0.392/libsqlite4java-linux-amd64-1.0.392.so",
		"libsqlite4java-linux-amd64.so",
	},
	"darwin/amd64": {
		"b84122142173f33137c76d05dd6c80cc96f619ead3dc476c12d6ea46ef12dd05",
		"com/almworks/sqlite4java/libsqlite4java-osx/1.0.392/libsqlite4java-osx-1.0.392.dylib",
		"libsqlite4java-osx.dylib",
	},
	"darwin/arm64": {
		"671c047a61c203ef76e1bd050d25c9ceac7dd2b1d9c1298dca48c1598705dabb",
		"io/github/ganadist/sqlite4java/libsqlite4java-osx-aarch64/1.0.392/libsqlite4java-osx-aarch64-1.0.392.dylib",
		"libsqlite4java-osx-aarch64.dylib",
	},
	"windows/amd64": {
		"6f4e9a4e1635ba38b2f5d88b3d99be3062f4ed26aea0fa035bde6d0107c308e6",
		"com/almworks/sqlite4java/sqlite4java-win32-x64/1.0.392/sqlite4java-win32-x64-1.0.392.dll",
		"sqlite4java-win32-x64.dll",
	},
}

func findJava(ctx context.Context) (program, error) {
	version, err := javaVersion(ctx)
	if err != nil {
		return program{}, err
	}
	folder, err := installed("dynamodb-local-" + dynamoDBLocalVersion)
	if err != nil {
		return program{}, err
	}
	if _, err := os.Stat(folder); err != nil {
		return program{}, errors.New("its DynamoDB Local is not installed: run `make setup` in a clone of the repository, or `confab doctor`")
	}
	what := fmt.Sprintf("DynamoDB Local %s on Java %d", dynamoDBLocalVersion, version)
	return program{what, func(port, data string) *exec.Cmd {
		args := []string{
			"-Xmx512m", "-Djava.library.path=" + folder,
			"-cp", folder + string(filepath.ListSeparator) + filepath.Join(folder, "*"),
			"software.amazon.dynamodb.services.local.main.ServerRunner", "-disableTelemetry", "-sharedDb", "-port", port,
		}
		if data == "" {
			return exec.Command("java", append(args, "-inMemory")...)
		}
		return exec.Command("java", append(args, "-dbPath", data)...)
	}}, nil
}

var javaSays = regexp.MustCompile(`version "(\d+)`)

func javaVersion(ctx context.Context) (int, error) {
	says, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("there is no Java, which DynamoDB Local needs: install %d or later", minJava)
	}
	version := 0
	if found := javaSays.FindSubmatch(says); found != nil {
		version, _ = strconv.Atoi(string(found[1]))
	}
	if version < minJava {
		return 0, fmt.Errorf("the Java here is too old for DynamoDB Local: install %d or later", minJava)
	}
	return version, nil
}

func installJava(ctx context.Context, progress io.Writer) error {
	if _, err := javaVersion(ctx); err != nil {
		return err
	}
	native, ok := nativeLibraries[platform]
	if !ok {
		return fmt.Errorf("its DynamoDB Local has no library for %s", platform)
	}
	folder, err := installed("dynamodb-local-" + dynamoDBLocalVersion)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	// It gets its name once it is whole, so that what was cut off is not taken for it.
	partial, err := os.MkdirTemp(filepath.Dir(folder), "partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	fmt.Fprintln(progress, "fetching DynamoDB Local, once …")
	files, ctx := errgroup.WithContext(ctx)
	files.SetLimit(8)
	for line := range strings.Lines(dynamoDBLocalFiles) {
		sum, from, _ := strings.Cut(strings.TrimSpace(line), "  ")
		files.Go(func() error { return fetch(ctx, from, sum, filepath.Join(partial, path.Base(from))) })
	}
	files.Go(func() error { return fetch(ctx, native.path, native.sum, filepath.Join(partial, native.name)) })
	if err := files.Wait(); err != nil {
		return fmt.Errorf("fetch DynamoDB Local: %w", err)
	}
	if err := os.Rename(partial, folder); err != nil {
		if _, other := os.Stat(folder); other == nil {
			return nil // another process was faster
		}
		return err
	}
	return nil
}

// fetch writes a file of Maven Central, if it is the one with the checksum.
func fetch(ctx context.Context, from, sum, to string) error {
	central := mavenCentral
	if mirror := os.Getenv(EnvMaven); mirror != "" {
		central = mirror
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, central+"/"+from, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s for %s", central, response.Status, from)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if got := sha256.Sum256(body); hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("%s has the checksum %x, not %s", from, got, sum)
	}
	return os.WriteFile(to, body, 0o644)
}
