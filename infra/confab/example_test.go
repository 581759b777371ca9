package confab_test

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/confab"
	"github.com/confab-chat/confab/shared/names"
)

// Your own stack with the whole chat, for the users of your own identity provider.
func ExampleNewChat() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Team"), nil)

	chat := confab.NewChat(stack, "Chat", &confab.ChatProps{
		RealtimeProps: confab.RealtimeProps{
			Code: confab.Built("build/functions"),
			Domain: &confab.Domain{
				Name:           "chat.example.com",
				CertificateARN: "arn:aws:acm:us-east-1:111122223333:certificate/…",
			},
			Recovery: 2 * time.Minute,
			Alarms:   confab.AlarmProps{Email: "ops@example.com", MonthlyBudget: 50},
		},
		Identity: confab.Identity{Issuer: "https://id.example.com", Audience: "chat-page"},
		Page:     confab.PageProps{Files: "web/dist"},
	})
	awscdk.NewCfnOutput(stack, jsii.String("URL"), &awscdk.CfnOutputProps{Value: jsii.String(chat.Page.Origin)})

	app.Synth(nil)
}

// The engine alone, for your own handlers in functions/app, with a table of their own.
func ExampleNewRealtime() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Game"), nil)

	game := confab.NewRealtime(stack, "Realtime", &confab.RealtimeProps{
		Code:           confab.Built("build/functions"),
		AllowedOrigins: []string{"https://game.example.com"},
	})
	scores := awsdynamodb.NewTableV2(stack, jsii.String("Scores"), &awsdynamodb.TablePropsV2{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("player"), Type: awsdynamodb.AttributeType_STRING},
	})
	scores.GrantReadWriteData(game.Function(names.Message))
	game.SetEnvironment("SCORES_TABLE", *scores.TableName())

	app.Synth(nil)
}
