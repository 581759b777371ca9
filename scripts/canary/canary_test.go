package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	every  = mode.EveryRouteResponse
	filled = mode.FilledRouteResponse
)

func TestTheCanaryLearnsWhatAPIGatewayDoesWithAnEmptyAnswer(t *testing.T) {
	for _, c := range []struct {
		apiGateway, functions mode.RouteResponse
		// context is what the CDK's file has afterwards, and says a part of what is printed.
		context, says string
	}{
		{every, every, `{"kept": 1}`, "right for this API Gateway (every)"},
		{filled, filled, `{"kept": 1}`, "right for this API Gateway (filled)"},
		{filled, every, "{\n  \"kept\": 1,\n  \"routeResponse\": \"filled\"\n}\n", "saves a billed message"},
		{every, filled, "{\n  \"kept\": 1,\n  \"routeResponse\": \"every\"\n}\n", "cut clients off"},
	} {
		t.Run(fmt.Sprintf("API Gateway %s, functions %s", c.apiGateway, c.functions), func(t *testing.T) {
			t.Parallel()
			address := deployed(t, c.apiGateway, c.functions)
			outputs, context := write(t, "outputs.json", `{"Confab":{"ChatURL":"x","SocketURL":"`+address+`"}}`), write(t, "context.json", `{"kept": 1}`)
			var out bytes.Buffer
			if err := run(&out, []string{"-context", context, outputs}); err != nil || !strings.Contains(out.String(), c.says) {
				t.Errorf("says %s, %v", out.String(), err)
			}
			got, err := os.ReadFile(context)
			if err != nil || string(got) != c.context {
				t.Errorf("the context is %s, %v", got, err)
			}
		})
	}
}

// deployed starts a local cloud and returns its WebSocket API's address.
func deployed(t *testing.T, apiGateway, functions mode.RouteResponse) string {
	c, err := cloud.Start(t.Context(), cloud.Options{
		Gateway:     gateway.Options{RouteResponse: apiGateway},
		Environment: map[string]string{names.EnvRouteResponse: string(functions)},
		Log:         slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return strings.Replace(c.URL(), "http", "ws", 1) + "/local"
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheFirstFindingMakesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.context.json")
	if err := record(file, filled); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "{\n  \"routeResponse\": \"filled\"\n}\n" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTheCanarySaysWhatIsMissing(t *testing.T) {
	gone := "ws://127.0.0.1:1/prod"
	for want, args := range map[string][]string{
		"outputs-file":        nil,
		"no such file":        {"nowhere.json"},
		"no output SocketURL": {write(t, "outputs.json", `{"Other":{"URL":"x"}}`)},
		"does not answer":     {write(t, "outputs.json", `{"Confab":{"SocketURL":"`+gone+`"}}`)},
		"invalid character":   {write(t, "outputs.json", "no JSON")},
	} {
		if err := run(&bytes.Buffer{}, args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}
