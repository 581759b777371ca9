package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

func TestImportsGoInTheirDirection(t *testing.T) {
	var stderr bytes.Buffer
	list := exec.Command("go", "list", "-json=ImportPath,Name,Deps", Module+"shared/...", Module+"functions/...", Module+"infra/...")
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	var packages []Package
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			ImportPath, Name string
			Deps             []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, Package{p.ImportPath, p.Name == "main", p.Deps})
	}
	mains := 0
	for _, p := range packages {
		if p.Main && strings.HasPrefix(p.ImportPath, Module+"functions/") {
			mains++
		}
	}
	if mains < 6 {
		t.Fatalf("only %d functions among %d packages", mains, len(packages))
	}
	for _, violation := range Check(packages, Rules) {
		t.Error(violation)
	}
}

func TestTheCheckFindsWhatGoesAgainstTheRules(t *testing.T) {
	cases := []struct {
		what string
		p    Package
		dep  string
	}{
		{"a codec with a library", Package{ImportPath: Module + "shared/socketio"}, "github.com/x/y"},
		{"the engine on AWS", Package{ImportPath: Module + "shared/realtime"}, "github.com/aws/aws-sdk-go-v2/aws"},
		{"the chat on its store", Package{ImportPath: Module + "shared/chat"}, Module + "shared/dynamo/chatstore"},
		{"shared on the functions", Package{ImportPath: Module + "shared/apigw"}, Module + "functions/app"},
		{"a function on infra", Package{ImportPath: Module + "functions/connect", Main: true}, Module + "infra"},
		{"infra on a function", Package{ImportPath: Module + "infra"}, Module + "functions/app"},
		{"a function with the CDK", Package{ImportPath: Module + "functions/connect", Main: true}, "github.com/aws/aws-cdk-go/awscdk/v2"},
		{"a function with the config loader", Package{ImportPath: Module + "functions/api", Main: true}, "github.com/aws/aws-sdk-go-v2/config"},
		{"names with weight", Package{ImportPath: Module + "shared/names"}, Module + "shared/realtime"},
	}
	for _, c := range cases {
		c.p.Deps = []string{"fmt", c.dep}
		if got := Check([]Package{c.p}, Rules); len(got) != 1 || !strings.Contains(got[0], c.dep) {
			t.Errorf("%s: got %q", c.what, got)
		}
	}
	fine := Package{ImportPath: Module + "shared/realtime", Deps: []string{"fmt", "crypto/rand", Module + "shared/socketio"}}
	if got := Check([]Package{fine}, Rules); !reflect.DeepEqual(got, []string(nil)) {
		t.Errorf("nothing is wrong, but got %q", got)
	}
}
