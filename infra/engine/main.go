// Command engine is a CDK app with the engine alone, for an application without the chat, and
// a table of that application. `make deployed-test` runs its template with the applications
// of scripts/local/apps. It is also an example of the construct Realtime in your own stack.
package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/confab"
	"github.com/confab-chat/confab/shared/names"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Engine"), nil)

	architecture := awslambda.Architecture_ARM_64()
	if name, _ := app.Node().TryGetContext(jsii.String("architecture")).(string); name == "x86_64" {
		architecture = awslambda.Architecture_X86_64()
	}
	engine := confab.NewRealtime(stack, "Realtime", &confab.RealtimeProps{
		Code:           confab.Built("build/applications"),
		Architecture:   architecture,
		AllowedOrigins: []string{"*"},
		Recovery:       2 * time.Minute,
	})
	counter := awsdynamodb.NewTableV2(stack, jsii.String("Counter"), &awsdynamodb.TablePropsV2{
		PartitionKey:  &awsdynamodb.Attribute{Name: jsii.String("name"), Type: awsdynamodb.AttributeType_STRING},
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	counter.Grant(engine.Function(names.Message), jsii.String("dynamodb:UpdateItem"))
	engine.SetEnvironment("COUNTER_TABLE", *counter.TableName())

	app.Synth(nil)
}
