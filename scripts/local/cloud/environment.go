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

// timeouts are those of functions for which no client waits at API Gateway, whose 29 seconds the
// others have.
var timeouts = map[string]time.Duration{names.Fanout: 20 * time.Second, names.Sweep: time.Minute, names.Preview: 10 * time.Second}

// Key returns the access key with which a function signs its calls.
func Key(function string) string { return "LOCAL" + strings.ToUpper(function) }

// fanoutQueue is the queue of large fan-outs.
const fanoutQueue = "fanout.fifo"

// application is who makes a call of a handler that runs in this process: its environment is
// one for all functions.
const application = "application"

// accountEnvironment returns the variables by which a function finds AWS and signs its
// calls. An SDK that reads them finds no other account, in no file and at no address.
func accountEnvironment(function string, at addresses) map[string]string {
	return map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":    function,
		"AWS_REGION":                  "us-east-1",
		"AWS_DEFAULT_REGION":          "us-east-1",
		"AWS_ACCESS_KEY_ID":           Key(function),
		"AWS_SECRET_ACCESS_KEY":       secretKey,
		"AWS_ENDPOINT_URL":            at.aws,
		"AWS_ENDPOINT_URL_S3":         at.files,
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
}

// ofAWS tells the variables that lead to an account.
func ofAWS(name string) bool { return strings.HasPrefix(name, "AWS_") }

// isolate replaces the variables of AWS in this process's environment by the local cloud's.
func isolate(at addresses) error {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); ofAWS(name) {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	for name, value := range accountEnvironment(application, at) {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// addShell adds this process's environment to that of a function in processes of its own.
// Only the deployment decides about the account and about the functions' settings.
func addShell(function map[string]string) map[string]string {
	environment := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !ofAWS(name) && !strings.HasPrefix(name, "CONFAB_") {
			environment[name] = value
		}
	}
	maps.Copy(environment, function)
	return environment
}

// environment returns a function's environment: the variables that the stack sets, and the
// address of AWS.
func environment(function string, at addresses, stage string, o Options) map[string]string {
	if function == names.Preview {
		return map[string]string{} // it knows nothing of the rest
	}
	environment := accountEnvironment(function, at)
	environment[names.EnvRealtimeTable] = schema.Realtime.ID
	environment[names.EnvManagementEndpoint] = at.aws + "/" + stage
	environment[names.EnvAllowedOrigins] = "*"
	if function != names.Connect && !o.WithoutChat { // connect has no chat
		environment[names.EnvChatTable] = schema.Chat.ID
		if function == names.Message || function == names.API { // people sign in through these
			environment[names.EnvGuestSecret] = at.guestSecret
			environment[names.EnvFilesBucket] = bucket
			environment[names.EnvGuestSignIns] = "1000000" // all are at one address here
			if o.LinkPreviews != nil {
				environment[names.EnvPreviewFunction] = names.Preview
			}
		}
	}
	if o.Environment[names.EnvAdmin] != "" && (function == names.Message || function == names.API) {
		environment[names.EnvAdminSecret] = at.adminSecret
	}
	if function != names.Connect { // which hands nothing over
		environment[names.EnvFanoutQueue] = at.aws + "/" + fanoutQueue
	}
	maps.Copy(environment, o.engineEnvironment())
	return environment
}

// keepSecret returns a secret that signs tokens. The folder keeps it under its name from the
// first start on; without a folder, each run has its own.
func keepSecret(dir, name string) (string, error) {
	if dir == "" {
		return rand.Text() + rand.Text(), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if b, err := os.ReadFile(path); err == nil {
		return string(b), nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(path, []byte(secret), 0o600)
}
