package deploy

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/names"
)

func TestOnlyWhereAdminsSignInTheirSessionsAreSigned(t *testing.T) {
	want(t, "secrets without admins", len(synth(t).of("AWS::SecretsManager::Secret")), 0)
	m := synth(t, "admin="+admin)
	want(t, "secrets", len(m.of("AWS::SecretsManager::Secret")), 1)
	for name, f := range m.functions() {
		secret := flat(at(f.Properties["Environment"], "Variables", names.EnvAdminSecret))
		if has := strings.Contains(secret, "{{resolve:secretsmanager:"); has != (name == names.Message || name == names.API) {
			t.Errorf("%s has the secret %q", name, secret)
		}
	}
}

func TestTheAdminMayComeFromTheEnvironment(t *testing.T) {
	t.Setenv(names.EnvAdmin, admin)
	// No other test synthesizes with these parameters: synth would remember the template.
	for name, f := range synth(t, "page=false", "logLevel=error").functions() {
		if got := flat(at(f.Properties["Environment"], "Variables", names.EnvAdmin)); name != names.Connect && got != admin {
			t.Errorf("%s has the admin %q", name, got)
		}
	}
}
