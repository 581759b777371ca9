package main

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/policy"
)

// runMain makes the test's own binary the program.
const runMain = "CONFAB_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is the running program.
type program struct {
	*exec.Cmd
	url    string
	stderr *bytes.Buffer
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), runMain+"=1")
	return c
}

// launch starts the program and waits until it says that it is ready.
func launch(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{Cmd: command(t, args...), stderr: &bytes.Buffer{}}
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	said := regexp.MustCompile(`^ready (http://localhost:\d+)\n$`).FindStringSubmatch(line)
	if err != nil || said == nil {
		_ = p.Wait()
		t.Fatalf("said %q, %v: %s", line, err, p.stderr)
	}
	p.url = said[1]
	return p
}

func TestItEndsCleanlyOnEitherSignalWithTheMeter(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := launch(t, "-port", "0")
		answer, err := http.Get(p.url + "/api/health")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if err := p.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
		for _, want := range []string{"GET /api/health 200", "api       ran   1", "on AWS $0.0000"} {
			if !strings.Contains(p.stderr.String(), want) {
				t.Errorf("%v: no %q in\n%s", signal, want, p.stderr)
			}
		}
	}
}

func TestTheGrantsThatNoCallHasNeededAreListed(t *testing.T) {
	var out strings.Builder
	printUnused(&out, map[string][]policy.Grant{
		"sweep": {{Action: "dynamodb:Scan", Resource: "arn:table"}}, "message": {{Action: "dynamodb:Query", Resource: "arn:table"}}, "api": nil,
	})
	want := "unused grant: message  dynamodb:Query on arn:table\nunused grant: sweep  dynamodb:Scan on arn:table\n"
	if out.String() != want {
		t.Errorf("got %s", &out)
	}
}

func TestQuietSaysNothing(t *testing.T) {
	p := launch(t, "-port", "0", "-quiet")
	answer, err := http.Get(p.url + "/api/health")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	_ = p.Process.Signal(os.Interrupt)
	if err := p.Wait(); err != nil || p.stderr.Len() > 0 {
		t.Errorf("%v: %s", err, p.stderr)
	}
}

func TestTheDatabaseDiesWithTheProgram(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties a child to its parent")
	}
	p := launch(t, "-port", "0", "-quiet")
	children, err := childrenOf(p.Process.Pid)
	if err != nil || len(children) != 1 {
		t.Fatalf("children %v, %v", children, err)
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		// It may stay as a zombie where nobody reaps orphans.
		status, err := os.ReadFile(filepath.Join("/proc", children[0], "status"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || bytes.Contains(status, []byte("State:\tZ")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it lives: %s, %v", status, err)
		}
	}
}

func childrenOf(pid int) ([]string, error) {
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, strings.Fields(string(b))...)
	}
	return all, nil
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-port", port}, "confab: port " + port + " is taken: set another with PORT=3001\n"},
		{[]string{"-dispatch", "random"}, `confab: invalid value "random" for flag -dispatch: must be concurrent or serial` + "\n"},
		{[]string{"-route-response", "some"}, `invalid value "some" for flag -route-response: must be every or filled`},
		{[]string{"-app", "none"}, `there is no application "none"`},
		{[]string{"-ping-timeout", "soon"}, `invalid value "soon" for flag -ping-timeout`},
		{[]string{"-recovery=soon"}, `"soon" is not true, false, or a duration`},
		{[]string{"-heartbeat", "loud"}, `invalid value "loud" for flag -heartbeat: must be alternate, ping or noop`},
		{[]string{"-recovery", "soon"}, `unknown argument "soon"`},
		{[]string{"-log-level", "shout"}, `"shout" is no level of a log`},
		{[]string{"-root-auth=false"}, `-root-auth=false is for -app conformance`},
		{[]string{"extra"}, `unknown argument "extra"`},
	} {
		out, err := command(t, c.args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), c.want) {
			t.Errorf("%v: %v, %s", c.args, err, out)
		}
	}
}
