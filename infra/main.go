// Command infra is the CDK app that `cdk deploy` deploys. Synthesis fails at every finding of
// CloudFormation's own rules, and at every finding of cdk-nag's AwsSolutions that is not
// suppressed with a reason.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

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
	deploy.Synthesize(app)
	return nil
}

// built returns the code of a function for an architecture: build/functions for arm64, and a
// folder beside it for another one.
func built(function string, architecture awslambda.Architecture) awslambda.Code {
	dir := "build/functions"
	if name := *architecture.Name(); name != "arm64" {
		dir += "-" + name
	}
	return confab.Built(dir)(function)
}
