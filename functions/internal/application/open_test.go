package application

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// startMessage returns what the function of messages logs when it starts.
func startMessage(t *testing.T, app func(*realtime.Server)) string {
	t.Helper()
	environment := map[string]string{
		names.EnvRealtimeTable: "realtime", names.EnvChatTable: "chat", names.EnvManagementEndpoint: "http://localhost/local",
		names.EnvGuestSecret: strings.Repeat("s", 32), "AWS_REGION": "us-east-1",
	}
	var log bytes.Buffer
	_, err := Message(boot.Environment{
		Getenv: func(name string) string { return environment[name] },
		Log:    slog.New(slog.NewTextHandler(&log, nil)),
		App:    app,
	})
	if err != nil {
		t.Fatal(err)
	}
	return log.String()
}

func TestANamespaceThatIsOpenToEveryoneBesideTheChatIsSaidAtStart(t *testing.T) {
	ignore := func(context.Context, *realtime.Socket, *realtime.Event) error { return nil }
	open := startMessage(t, func(srv *realtime.Server) {
		srv.Of("/game").Handle("move", ignore)
		srv.Of("/safe").Handle("move", ignore)
		srv.Of("/safe").Use(srv.Authenticate)
	})
	if strings.Count(open, "level=WARN") != 1 || !strings.Contains(open, "namespaces=[/game]") || !strings.Contains(open, "srv.Authenticate") {
		t.Errorf("logged %q", open)
	}
	closed := startMessage(t, func(srv *realtime.Server) {
		srv.Of("/safe").Handle("move", ignore)
		srv.Of("/safe").Use(srv.Authenticate)
	})
	if closed != "" {
		t.Errorf("logged %q", closed)
	}
}
