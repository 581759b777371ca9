package cloud

import (
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// timeouts are those of the functions that the stack gives more than API Gateway's
// 29 seconds, because nobody waits for them.
var timeouts = map[string]time.Duration{names.Fanout: time.Minute, names.Sweep: time.Minute}

// Key returns the access key that a function signs its calls with.
func Key(function string) string { return "LOCAL" + strings.ToUpper(function) }

// accountEnvironment returns the variables by which a function finds AWS and signs its
// calls.
func accountEnvironment(function string, at addresses) map[string]string {
	return map[string]string{
		"AWS_REGION":            "us-east-1",
		"AWS_ACCESS_KEY_ID":     Key(function),
		"AWS_SECRET_ACCESS_KEY": "local",
		"AWS_ENDPOINT_URL":      at.aws,
	}
}

// environment returns a function's environment: what the stack gives it, and where
// AWS is.
func environment(function string, at addresses, stage string, o Options) map[string]string {
	environment := accountEnvironment(function, at)
	environment[names.EnvRealtimeTable] = schema.Realtime.ID
	environment[names.EnvManagementEndpoint] = at.aws + "/" + stage
	environment[names.EnvAllowedOrigins] = "*"
	if function != names.Connect && !o.WithoutChat { // connect has no application
		environment[names.EnvChatTable] = schema.Chat.ID
		if function == names.Message || function == names.API { // which let people in
			environment[names.EnvGuestSecret] = at.secret
		}
	}
	if function != names.Connect && function != names.Fanout { // which hand nothing over
		environment[names.EnvFanoutFunction] = names.Fanout
	}
	maps.Copy(environment, o.engineEnvironment())
	return environment
}

// guestSecret returns the secret that signs guests' tokens: that of the folder, which
// is made at the first start, or one for this run.
func guestSecret(dir string) (string, error) {
	if dir == "" {
		return rand.Text() + rand.Text(), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "guest-secret")
	if b, err := os.ReadFile(path); err == nil {
		return string(b), nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(path, []byte(secret), 0o600)
}
