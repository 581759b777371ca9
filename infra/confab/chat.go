package confab

import (
	"strconv"
	"time"

	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// ChatProps configure a [Chat]. Only the functions' code in RealtimeProps is required.
type ChatProps struct {
	// RealtimeProps configure the engine. With a page, Domain is the name of the page and
	// of the APIs behind it. The page's origin is always allowed; AllowedOrigins are further
	// ones, and may use the HTTP API too.
	RealtimeProps
	// Presence says who is told that people come online and go offline:
	// mode.PresenceToWatchers. PresenceGrace is how long a person whose line was lost may be
	// gone before: 20 s.
	Presence      mode.Presence
	PresenceGrace time.Duration
	// Identity says who may sign in.
	Identity Identity
	// Page is the web page.
	Page PageProps
	// LinkPreviews show what links in messages lead to.
	LinkPreviews LinkPreviews
	// Limits bound what one person may do.
	Limits Limits
	// Attachments say which files may be attached to messages.
	Attachments AttachmentProps
}

// Limits bound what one person may do. What is zero has the default of package chat.
type Limits struct {
	// Sockets bounds the sockets of a person at a time: 20.
	Sockets int
	// GuestSignIns bounds the guests who sign in from one address in ten minutes: 20.
	GuestSignIns int
	// DeliveriesBurst and DeliveriesPerSecond bound what a person makes the chat do: 2,000 at
	// once, then 100 a second.
	DeliveriesBurst, DeliveriesPerSecond int
}

// environment returns the limits as the functions read them.
func (l Limits) environment() map[string]*string {
	variables := map[string]*string{}
	for name, n := range map[string]int{
		names.EnvMaxSockets:          l.Sockets,
		names.EnvGuestSignIns:        l.GuestSignIns,
		names.EnvDeliveriesBurst:     l.DeliveriesBurst,
		names.EnvDeliveriesPerSecond: l.DeliveriesPerSecond,
	} {
		if n > 0 {
			variables[name] = jsii.String(strconv.Itoa(n))
		}
	}
	return variables
}

// Chat is the whole chat: engine, durable table, HTTP API, sign-in, web page, dashboard and
// alarms.
type Chat struct {
	// Construct is the scope of everything in it.
	Construct constructs.Construct
	Realtime  *Realtime
	// Table holds rooms and messages.
	Table awsdynamodb.TableV2
	// HTTP is the HTTP API, under /api/.
	HTTP api.HttpApi
	// Files is the bucket of attachments.
	Files awss3.Bucket
	// Users is the user pool; nil with an issuer of your own.
	Users *Users
	// Page is nil without PageProps.Files.
	Page *Page
	// Preview is the function that fetches link previews; nil if they are off.
	Preview awslambda.Function
}

// NewChat adds the chat to a scope.
func NewChat(scope constructs.Construct, id string, props *ChatProps) *Chat {
	c := &Chat{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	engine := props.RealtimeProps
	if props.Page.Files != "" {
		engine.Domain = nil // the page has it
	}
	c.Realtime = NewRealtime(c.Construct, "Realtime", &engine)
	c.Table = newTable(c.Construct, "Table", ofSchema(schema.Chat), props.Keeping, props.Warm)
	c.Realtime.addFunction(c.Construct, names.API)

	identity := c.newIdentity(props.Identity, props.Keeping)
	for _, name := range names.Functions() {
		if name == names.Connect {
			continue // it runs no chat
		}
		f := c.Realtime.functions[name]
		f.AddEnvironment(jsii.String(names.EnvChatTable), c.Table.TableName(), nil)
		if props.Presence != "" {
			f.AddEnvironment(jsii.String(names.EnvPresence), jsii.String(string(props.Presence)), nil)
		}
		if props.PresenceGrace > 0 {
			f.AddEnvironment(jsii.String(names.EnvPresenceGrace), jsii.String(props.PresenceGrace.String()), nil)
		}
		if name == names.Message || name == names.API { // people sign in through these
			for _, variables := range []map[string]*string{identity.environment, props.Limits.environment()} {
				for variable, value := range variables {
					f.AddEnvironment(jsii.String(variable), value, nil)
				}
			}
		}
		allow(f.Role(), "dynamodb", chatActions(name), c.Table.TableArn())
	}
	if props.LinkPreviews.On {
		c.addPreview(props.LinkPreviews)
	}
	c.newHTTP(identity)
	c.newFiles(props)

	if props.Page.Files != "" {
		c.Page = newPage(c.Construct, c.Realtime, pageSpec{
			PageProps: props.Page,
			domain:    props.Domain,
			headers:   chatHeaders(c.filesOrigin(), append(identity.origins, props.Page.ConnectSources...)),
			http:      c.HTTP,
			patterns:  []string{"/api/*"},
		})
		if c.Users != nil {
			c.Users.setReturnURL(c.Page.Origin + "/")
		}
	}
	c.Realtime.watchHTTP(c.HTTP)
	c.Realtime.stopAtBudget(c.Construct, names.API)
	c.addDashboard()
	return c
}
