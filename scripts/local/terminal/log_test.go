package terminal

import (
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestAPanicIsPrintedAsAReadableStack(t *testing.T) {
	var b strings.Builder
	log := slog.New(NewHandler(&b, slog.LevelWarn)).With("function", "message")
	log.Info("not printed")
	log.Error("event failed", "cause", errors.New("panic: no \x1b[31mluck\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d"), "event", "fall\x1b")
	log.Warn("one line", "n", 1)
	want := regexp.MustCompile(`^time=\S+ level=ERROR msg="event failed" function=message cause="panic: no \\x1b\[31mluck" event="fall\\x1b"
    goroutine 1 \[running\]:
    main.main\(\)
        /app/main.go:7 \+0x1d
time=\S+ level=WARN msg="one line" function=message n=1
$`)
	if !want.MatchString(b.String()) {
		t.Errorf("got\n%s", b.String())
	}
}
