package confab

import (
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// ChatProps configure a [Chat]. Only the functions' code in RealtimeProps is required.
type ChatProps struct {
	// RealtimeProps are those of the engine below. With a page, Domain is the page's name
	// and that of the APIs behind it, and the page's origin is allowed in any case;
	// AllowedOrigins are further ones, which may use the HTTP API too.
	RealtimeProps
	// Identity says who may sign in.
	Identity Identity
	// Page is the web page.
	Page PageProps
}

// Chat is the whole chat: the engine, the durable table, the HTTP API, identity, the web
// page, a dashboard and alarms.
type Chat struct {
	// Construct is the scope of everything in it.
	Construct constructs.Construct
	Realtime  *Realtime
	// Table holds rooms and messages.
	Table awsdynamodb.TableV2
	// HTTP is the HTTP API, under /api/.
	HTTP api.HttpApi
	// Users is the user pool; nil with an issuer of yours.
	Users *Users
	// Page is nil if there are no files for it.
	Page *Page
}

// NewChat adds the chat to a scope.
func NewChat(scope constructs.Construct, id string, props *ChatProps) *Chat {
	c := &Chat{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	engine := props.RealtimeProps
	if props.Page.Files != "" {
		engine.Domain = nil // it is the page's
	}
	c.Realtime = NewRealtime(c.Construct, "Realtime", &engine)
	c.Table = newTable(c.Construct, "Table", schema.Chat, props.Disposable)
	c.Realtime.addFunction(c.Construct, names.API)

	who := c.newIdentity(props.Identity, props.Disposable)
	for _, name := range names.Functions() {
		if name == names.Connect {
			continue // it lets connections open, not people in
		}
		f := c.Realtime.functions[name]
		f.AddEnvironment(jsii.String(names.EnvChatTable), c.Table.TableName(), nil)
		if name == names.Message || name == names.API { // which let people in
			for variable, value := range who.environment {
				f.AddEnvironment(jsii.String(variable), value, nil)
			}
		}
		allow(f.Role(), "dynamodb", chatActions(name), c.Table.TableArn())
	}
	c.newHTTP(props, who)

	if props.Page.Files != "" {
		c.Page = c.newPage(props, who)
		// The functions' environment names the distribution, which names the APIs, which
		// name no function: routes are resources of their own. So there is no cycle.
		c.Realtime.AllowOrigins(c.Page.Origin)
		if c.Users != nil {
			c.Users.returnTo(c.Page.Origin + "/")
		}
	}
	c.addAlarms()
	c.addDashboard()
	return c
}
