package process

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// folder has the functions that were built, which each are once.
var (
	folder   string
	building sync.Mutex
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if folder, err = os.MkdirTemp("", "process"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		return m.Run()
	}())
}

// build builds a function as it is deployed, for this machine.
func build(t testing.TB, pkg string) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	binary := filepath.Join(folder, filepath.Base(pkg))
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	c := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", binary, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return binary
}

func echo(t *testing.T, change ...func(*Options)) *Function {
	o := Options{Name: "echo", Binary: build(t, "./testdata/echo"), Environment: map[string]string{"WHO": "me"}}
	for _, c := range change {
		c(&o)
	}
	f := New(o)
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

func TestNoMoreInvocationsRunAtOnceThanTheConcurrencyAllows(t *testing.T) {
	f := echo(t, func(o *Options) { o.Concurrency = 2 })
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if got, err := invoke(t, f, "sleep"); err != nil || !strings.HasPrefix(got, "sleep ") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := f.Processes(); n != 2 {
		t.Errorf("%d processes", n)
	}
}

func TestAnInvocationThatFindsNoPlaceInItsTimeFails(t *testing.T) {
	f := echo(t, func(o *Options) { o.Concurrency = 1 })
	f.running <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`"hello"`)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 invocations are already running") {
		t.Errorf("got %v", err)
	}
	<-f.running
}

func TestAProcessThatNothingNeedsEnds(t *testing.T) {
	f := echo(t, func(o *Options) { o.IdleLimit = 20 * time.Millisecond })
	if _, err := invoke(t, f, "hello"); err != nil {
		t.Fatal(err)
	}
	settled(f)
	for end := time.Now().Add(10 * time.Second); f.Processes() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it goes on")
		}
	}
	if got, err := invoke(t, f, "hello"); err != nil || got != "hello 1 me" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAProcessReadsItsMemory(t *testing.T) {
	for _, mb := range []int{0, 512} {
		f := echo(t, func(o *Options) { o.MemoryMB = mb })
		if got, err := invoke(t, f, "memory"); err != nil || got != strconv.Itoa(max(mb, 128)) {
			t.Errorf("%d: got %q, %v", mb, got, err)
		}
	}
}

func TestWhatAProcessDoesAfterItsResponseIsCounted(t *testing.T) {
	worked := make(chan time.Duration, 1)
	f := New(Options{Name: "after", Binary: build(t, "./testdata/after"), Worked: func(d time.Duration) { worked <- d }})
	t.Cleanup(f.Close)
	if _, err := invoke(t, f, "100ms"); err != nil {
		t.Fatal(err)
	}
	if d := <-worked; d < 90*time.Millisecond {
		t.Errorf("counted %v", d)
	}
	settled(f)
	if n := f.Processes(); n != 1 {
		t.Errorf("%d processes", n)
	}
}

func TestAProcessThatWorksBeyondItsDeadlineIsKilled(t *testing.T) {
	f := New(Options{Name: "after", Binary: build(t, "./testdata/after")})
	t.Cleanup(f.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`"1h"`)); err != nil {
		t.Fatal(err)
	}
	settled(f)
	if n := f.Processes(); n != 0 {
		t.Errorf("%d processes", n)
	}
}

func TestAnExtensionThatAsksTwiceWaitsOnce(t *testing.T) {
	a := newRuntimeAPI("f")
	a.extensions["x"] = make(chan event, 1)
	a.noteWaiting("x")
	a.noteWaiting("x")
	select {
	case <-a.idle:
		t.Error("idle without the runtime")
	default:
	}
	a.noteWaiting(theRuntime)
	<-a.idle
}

func TestAProcessThatCannotInitializeSaysWhy(t *testing.T) {
	f := echo(t, func(o *Options) { o.Environment["WHO"] = "nobody" })
	if _, err := invoke(t, f, "hello"); !errors.Is(err, errExited) || !strings.Contains(err.Error(), "Config.Missing: there is nobody") {
		t.Errorf("got %v", err)
	}
}

func TestABinaryIsCheckedBeforeItRuns(t *testing.T) {
	if err := Check("testdata/none"); err == nil || !strings.Contains(err.Error(), "not been built") {
		t.Errorf("none: %v", err)
	}
	if err := Check(build(t, "./testdata/echo")); err != nil {
		t.Errorf("this machine's: %v", err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	// A file is for the machine that its header names.
	file, err := os.ReadFile(build(t, "./testdata/echo"))
	if err != nil {
		t.Fatal(err)
	}
	const machine = 18
	binary.LittleEndian.PutUint16(file[machine:], uint16(map[string]elf.Machine{"amd64": elf.EM_AARCH64, "arm64": elf.EM_X86_64}[runtime.GOARCH]))
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, file, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Check(other); err == nil || !strings.Contains(err.Error(), "architecture=") {
		t.Errorf("another machine's: %v", err)
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
