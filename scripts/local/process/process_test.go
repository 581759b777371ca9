package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// build builds a function as it is deployed, for this machine.
func build(t testing.TB, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	c := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", binary, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return binary
}

func echo(t *testing.T) *Function {
	f := New(Options{Name: "echo", Binary: build(t, "./testdata/echo"), Environment: map[string]string{"WHO": "me"}})
	t.Cleanup(f.Close)
	return f
}

func invoke(t *testing.T, f *Function, what string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	result, err := f.Invoke(ctx, []byte(strconv.Quote(what)))
	text, _ := strconv.Unquote(string(result))
	return text, err
}

// settled waits until everything has been frozen.
func settled(f *Function) { f.settling.Wait() }

func TestAProcessIsInitializedOnceAndUsedAgain(t *testing.T) {
	f := echo(t)
	for n := range 3 {
		got, err := invoke(t, f, "hello")
		if want := fmt.Sprintf("hello %d me", n+1); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		settled(f)
	}
	if n := f.Processes(); n != 1 {
		t.Errorf("%d processes", n)
	}
}

func TestInvocationsAtOnceHaveProcessesOfTheirOwn(t *testing.T) {
	f := echo(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if got, err := invoke(t, f, "sleep"); err != nil || got != "sleep 1 me" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := f.Processes(); n != 3 {
		t.Errorf("%d processes", n)
	}
}

func TestAFailureIsReportedAndTheProcessGoesOn(t *testing.T) {
	f := echo(t)
	if _, err := invoke(t, f, "fail"); err == nil || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("got %v", err)
	}
	settled(f)
	if got, err := invoke(t, f, "hello"); err != nil || got != "hello 2 me" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAProcessThatEndsIsReplaced(t *testing.T) {
	f := echo(t)
	if _, err := invoke(t, f, "exit"); !errors.Is(err, errExited) {
		t.Errorf("got %v", err)
	}
	settled(f)
	if got, err := invoke(t, f, "hello"); err != nil || got != "hello 1 me" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAProcessIsKilledAtItsTimeout(t *testing.T) {
	f := echo(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`"hang"`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	settled(f)
	if n := f.Processes(); n != 0 {
		t.Errorf("%d processes", n)
	}
}

func TestNothingRunsBetweenInvocations(t *testing.T) {
	f := echo(t)
	count := func() int {
		text, err := invoke(t, f, "ticks")
		if err != nil {
			t.Fatal(err)
		}
		settled(f)
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	time.Sleep(300 * time.Millisecond) // in which a process that runs would tick 300 times
	if after := count(); after-before > 150 {
		t.Errorf("%d ticks while frozen", after-before)
	}
}

func TestABinaryThatIsNotThereIsAnError(t *testing.T) {
	f := New(Options{Name: "none", Binary: "testdata/none"})
	if _, err := invoke(t, f, "hello"); err == nil {
		t.Error("no error")
	}
}

// BenchmarkStart is the time from starting a process to its asking for an event: of the
// connect function, and of a function that does nothing, built in the same way. They
// start in turn, so that a busy machine is busy for both, and medians are told.
func BenchmarkStart(b *testing.B) {
	environment := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
		"CONFAB_REALTIME_TABLE": "t", "CONFAB_MANAGEMENT_ENDPOINT": "http://127.0.0.1:1/x", "CONFAB_METRICS": "emf",
	}
	options := func(name, pkg string) Options {
		return Options{Name: name, Binary: build(b, pkg), Line: func([]byte) {}, Environment: environment}
	}
	connect, bare := options("connect", "github.com/confab-chat/confab/functions/connect"), options("bare", "./testdata/echo")
	var connects, bares []time.Duration
	for b.Loop() {
		connects = append(connects, timeStart(b, connect))
		bares = append(bares, timeStart(b, bare))
	}
	c, n := median(connects), median(bares)
	b.ReportMetric(0, "ns/op") // the sum of both says nothing
	b.ReportMetric(c.Seconds()*1000, "connect-ms")
	b.ReportMetric(n.Seconds()*1000, "bare-ms")
	b.ReportMetric(c.Seconds()/n.Seconds(), "connect/bare")
}

func timeStart(b *testing.B, o Options) time.Duration {
	began := time.Now()
	e, err := start(o)
	if err != nil {
		b.Fatal(err)
	}
	defer e.stop()
	if err := e.awaitIdle(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
