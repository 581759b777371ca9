package cloud

import (
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/names"
)

// A variable that a function lacks in the stack must be missing here too.
func TestAFunctionsEnvironmentIsThatOfTheStack(t *testing.T) {
	o := Options{SweepEvery: time.Second, Environment: map[string]string{names.EnvHeartbeat: "ping"}}
	base := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL": "http://aws",
		"AWS_ENDPOINT_URL_S3": "http://files",
		"AWS_CONFIG_FILE":     os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		names.EnvRealtimeTable: "realtime", names.EnvManagementEndpoint: "http://aws/local", names.EnvAllowedOrigins: "*",
		names.EnvSweepEvery: "1s", names.EnvHeartbeat: "ping",
	}
	chat := map[string]string{names.EnvChatTable: "chat"}
	signIn := map[string]string{names.EnvGuestSecret: "secret", names.EnvGuestSignIns: "1000000", names.EnvFilesBucket: "attachments"}
	fanout := map[string]string{names.EnvFanoutQueue: "http://aws/fanout.fifo"}
	for function, want := range map[string][]map[string]string{
		names.Connect: {base},
		names.Fanout:  {base, chat, fanout},
		names.Message: {base, chat, fanout, signIn},
		names.API:     {base, chat, fanout, signIn},
		names.Sweep:   {base, chat, fanout},
	} {
		all := map[string]string{"AWS_ACCESS_KEY_ID": Key(function), "AWS_LAMBDA_FUNCTION_NAME": function}
		for _, some := range want {
			for name, value := range some {
				all[name] = value
			}
		}
		if got := environment(function, addresses{"http://aws", "http://files", "secret", "another"}, "local", o); !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %v\nwant %v", function, got, all)
		}
	}
	o.Environment[names.EnvAdmin] = "ada:hash"
	for function, want := range map[string]string{names.Connect: "", names.Fanout: "", names.Sweep: "", names.Message: "another", names.API: "another"} {
		if got := environment(function, addresses{adminSecret: "another"}, "local", o)[names.EnvAdminSecret]; got != want {
			t.Errorf("%s signs admins' sessions with %q, want %q", function, got, want)
		}
	}
}

func TestAProcessGetsTheShellsVariablesButForThoseThatTheDeploymentDecides(t *testing.T) {
	t.Setenv("GREETING", "hello")
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv(names.EnvAdmin, "ada:hash")
	got := addShell(map[string]string{"AWS_REGION": "us-east-1"})
	if got["GREETING"] != "hello" || got["AWS_REGION"] != "us-east-1" || got["PATH"] != os.Getenv("PATH") {
		t.Errorf("%v", got)
	}
	for _, name := range []string{"AWS_PROFILE", names.EnvAdmin} {
		if _, ok := got[name]; ok {
			t.Errorf("%s has come through", name)
		}
	}
}
