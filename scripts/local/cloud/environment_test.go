package cloud

import (
	"reflect"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/names"
)

// A variable that a function lacks in the stack must be missing here too.
func TestAFunctionsEnvironmentIsThatOfTheStack(t *testing.T) {
	o := Options{SweepEvery: time.Second, Environment: map[string]string{names.EnvHeartbeat: "ping"}}
	base := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL": "http://aws",
		names.EnvRealtimeTable: "realtime", names.EnvManagementEndpoint: "http://aws/local", names.EnvAllowedOrigins: "*",
		names.EnvSweepEvery: "1s", names.EnvHeartbeat: "ping",
	}
	chat := map[string]string{names.EnvChatTable: "chat"}
	signIn := map[string]string{names.EnvGuestSecret: "secret"}
	fanout := map[string]string{names.EnvFanoutFunction: "fanout"}
	for function, want := range map[string][]map[string]string{
		names.Connect: {base},
		names.Fanout:  {base, chat},
		names.Message: {base, chat, fanout, signIn},
		names.API:     {base, chat, fanout, signIn},
		names.Sweep:   {base, chat, fanout},
	} {
		all := map[string]string{"AWS_ACCESS_KEY_ID": Key(function)}
		for _, some := range want {
			for name, value := range some {
				all[name] = value
			}
		}
		if got := environment(function, addresses{"http://aws", "secret"}, "local", o); !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %v\nwant %v", function, got, all)
		}
	}
}
