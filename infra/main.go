// Command infra is the CDK app: what `cdk deploy` puts up. It is checked at synthesis:
// a finding of cdk-nag's AwsSolutions that is not suppressed with a reason, or one of
// CloudFormation's own rules, fails it.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/confab-chat/confab/infra/confab"
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
	app := awscdk.NewApp(nil)
	if _, err := deploy.NewStack(app, &deploy.Props{Code: built, PageFiles: "web/dist"}); err != nil {
		return err
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	app.Synth(nil)
	return nil
}

// built returns what `make build` has built for arm64, or what was built beside it for
// another architecture.
func built(function string, architecture awslambda.Architecture) awslambda.Code {
	dir := "build/functions"
	if name := *architecture.Name(); name != "arm64" {
		dir += "-" + name
	}
	return confab.Built(dir)(function)
}
