// Command project is the CDK app of an application of one's own: `confab deploy` deploys it. Everything about
// the application is a parameter, with absolute paths, so that it runs from any folder:
//
//	npx cdk synth --app "go run -C CONFAB ./infra/project" -o /…/cdk.out \
//		-c project=/…/project.json -c code=/…/code -c stack=Board
//
// The app runs in the folder of Confab's module, whose cdk.json has settings of the CDK. The parameters are in
// docs/deploy.md. Synthesis fails at every finding of CloudFormation's own rules and of cdk-nag's
// AwsSolutions that is not suppressed with a reason.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/deploy"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	defer jsii.Close()
	if out := os.Getenv("CDK_OUTDIR"); out != "" && !filepath.IsAbs(out) {
		return fmt.Errorf("write to %s: this app runs in the folder of Confab's module, so give an absolute path with -o", out)
	}
	text, err := os.ReadFile("cdk.json")
	if err != nil {
		return fmt.Errorf("run this in the folder of Confab's module: %w", err)
	}
	var settings struct{ Context map[string]any }
	if err := json.Unmarshal(text, &settings); err != nil {
		return fmt.Errorf("cdk.json: %w", err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Context: &settings.Context})
	if _, err := deploy.NewApplicationStack(app); err != nil {
		return err
	}
	deploy.Synthesize(app)
	return nil
}
