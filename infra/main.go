// Command infra is the CDK app: what `cdk deploy` puts up.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/stack"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack.New(app, "Confab", &stack.Props{Code: stack.BuiltFunctions("build/functions")})
	app.Synth(nil)
}
