package boot

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestTheLevelOfTheLogIsOurs(t *testing.T) {
	var out bytes.Buffer
	inner := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log := slog.New(levelHandler{inner, slog.LevelDebug}).With("a", 1).WithGroup("g")
	log.Debug("below the handler's level", "b", 2)
	if want := "level=DEBUG msg=\"below the handler's level\" a=1 g.b=2\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	quiet := slog.New(levelHandler{inner, slog.LevelError})
	if out.Reset(); quiet.Enabled(context.Background(), slog.LevelWarn) || !quiet.Enabled(context.Background(), slog.LevelError) {
		t.Error("the level is not the one set")
	}
	if quiet.Warn("no"); strings.Contains(out.String(), "no") {
		t.Errorf("logged %s", out.String())
	}
}
