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

// timeouts are those of functions without a waiting client. The stack gives them more than
// API Gateway's 29 seconds.
var timeouts = map[string]time.Duration{names.Fanout: time.Minute, names.Sweep: time.Minute}

// Key returns the access key with which a function signs its calls.
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

// environment returns a function's environment: the variables that the stack sets, and the
// address of AWS.
func environment(function string, at addresses, stage string, o Options) map[string]string {
	environment := accountEnvironment(function, at)
	environment[names.EnvRealtimeTable] = schema.Realtime.ID
	environment[names.EnvManagementEndpoint] = at.aws + "/" + stage
	environment[names.EnvAllowedOrigins] = "*"
	if function != names.Connect && !o.WithoutChat { // connect has no chat
		environment[names.EnvChatTable] = schema.Chat.ID
		if function == names.Message || function == names.API { // people sign in through these
			environment[names.EnvGuestSecret] = at.secret
		}
	}
	if function != names.Connect && function != names.Fanout { // these hand nothing over
		environment[names.EnvFanoutFunction] = names.Fanout
	}
	maps.Copy(environment, o.engineEnvironment())
	return environment
}

// guestSecret returns the secret that signs guests' tokens. The folder keeps it from the
// first start on; without a folder, each run has its own.
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
