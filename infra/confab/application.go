package confab

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
)

// ApplicationProps configure an [Application]. Project and the functions' code are required.
type ApplicationProps struct {
	// RealtimeProps configure the engine. Code is that of the application's program; see [Program].
	// Recovery is the application's own. With a page, Domain is the name of the page and of the APIs
	// behind it. The page's origin is always allowed; AllowedOrigins are further ones, and may use the
	// HTTP API too.
	RealtimeProps
	// Project is what the application has.
	Project *project.Project
	// Variables are the values of those that it declares, in place of their defaults.
	Variables map[string]string
	// SecretsPrefix begins the names in AWS Secrets Manager of the secrets that it declares: the stack's
	// name and "/". They must be there before the stack is.
	SecretsPrefix string
	// SecretsVersion is any word. Another one makes the functions read the secrets anew.
	SecretsVersion string
	// Page is the web page. Its paths are its own, but for those of routes.
	Page PageProps
}

// Application is an application of package shared/confab: the engine, and all that the application says
// that it has.
type Application struct {
	// Construct is the scope of everything in it.
	Construct constructs.Construct
	Realtime  *Realtime
	// Tables are those that the application declares, by their names.
	Tables map[string]awsdynamodb.TableV2
	// HTTP is nil without routes.
	HTTP api.HttpApi
	// Page is nil without PageProps.Files.
	Page *Page

	props ApplicationProps
}

// NewApplication adds an application to a scope.
func NewApplication(scope constructs.Construct, id string, props *ApplicationProps) *Application {
	a := &Application{
		Construct: constructs.NewConstruct(scope, jsii.String(id)), Tables: map[string]awsdynamodb.TableV2{}, props: *props,
	}
	if a.props.SecretsPrefix == "" {
		a.props.SecretsPrefix = *awscdk.Stack_Of(scope).StackName() + "/"
	}
	engine := props.RealtimeProps
	engine.Recovery = props.Project.Recovery
	if props.Page.Files != "" {
		engine.Domain = nil // the page has it
	}
	a.Realtime = NewRealtime(a.Construct, "Realtime", &engine)
	a.addRoutes()
	a.addSchedules()
	a.addTables()
	a.setEnvironment()
	if props.Page.Files != "" {
		a.Page = newPage(a.Construct, a.Realtime, pageSpec{
			PageProps: props.Page, domain: props.Domain, views: true, http: a.HTTP, patterns: a.patterns(),
		})
	}
	a.Realtime.stopAtBudget(a.Construct, a.functions()...)
	a.addDashboard()
	return a
}

// functions are the names of those that the engine does not have.
func (a *Application) functions() []string {
	return slices.DeleteFunc(a.props.Project.Functions(), func(name string) bool {
		return slices.Contains([]string{names.Connect, names.Message, names.Disconnect, names.Fanout, names.Sweep}, name)
	})
}

// addRoutes adds the HTTP API. All of it is one function's, so API Gateway has one permission to invoke that,
// for the whole API: with one for each route, a function's policy would be full after some fifty.
func (a *Application) addRoutes() {
	routes := a.props.Project.Routes
	if len(routes) == 0 {
		return
	}
	f := a.Realtime.addFunction(a.Construct, names.API)
	var changes *sequence
	a.HTTP, changes = a.Realtime.newHTTPAPI(a.Construct)
	integration := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String(names.API), f,
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{ScopePermissionToRoute: jsii.Bool(false)})
	for _, route := range routes {
		added := a.HTTP.AddRoutes(&api.AddRoutesOptions{
			Path: jsii.String(route.Path()), Methods: &[]api.HttpMethod{api.HttpMethod(route.Method())}, Integration: integration,
		})
		changes.add((*added)[0])
	}
	suppress(a.HTTP, "AwsSolutions-APIG4", "The application's own handlers decide who may make a request.")
	a.Realtime.watchHTTP(a.HTTP)
}

// patterns are those of the paths that routes have, for CloudFront: what is below the first part of a path.
func (a *Application) patterns() (patterns []string) {
	for _, route := range a.props.Project.Routes {
		pattern := "/" + route.First()
		if pattern != route.Path() {
			pattern += "/*"
		}
		if !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

// maxEventAge is the longest that Lambda keeps an event.
const maxEventAge = 6 * time.Hour

// addSchedules adds a function and a rule for each schedule. A run that could not begin before the next one
// is kept as a failure.
func (a *Application) addSchedules() {
	for _, s := range a.props.Project.Schedules {
		f := a.Realtime.addFunction(a.Construct, s.Function())
		a.Realtime.keepFailures(f, min(s.Every, maxEventAge).Seconds())
		runEvery(a.Construct, "Every-"+s.Name, "Confab: the schedule "+s.Name, s.Every, f)
	}
}

// addTables adds the tables, and lets each function do with them what the application says.
func (a *Application) addTables() {
	scope := constructs.NewConstruct(a.Construct, jsii.String("Tables"))
	for _, t := range a.props.Project.Tables {
		spec := tableSpec{partition: attribute(t.Partition.Name, t.Partition.Type), ttl: t.TTL, durable: true}
		if t.Sort != nil {
			spec.sort = attribute(t.Sort.Name, t.Sort.Type)
		}
		table := newTable(scope, t.Name, spec, a.props.Keeping, a.props.Warm)
		a.Tables[t.Name] = table
		for _, name := range a.props.Project.Functions() {
			allow(a.Realtime.functions[name].Role(), "dynamodb", t.Actions[name], table.TableArn())
		}
	}
}

// setEnvironment tells the functions which they are, and those that run the application what it has. The template
// holds only references to secrets, which CloudFormation resolves. Who may read the functions' configuration may
// read the secrets.
func (a *Application) setEnvironment() {
	p, variables := a.props.Project, map[string]*string{}
	for _, t := range p.Tables {
		variables[project.TableVariable(t.Name)] = a.Tables[t.Name].TableName()
	}
	for _, v := range p.Variables {
		value := v.Default
		if set := a.props.Variables[v.Name]; set != "" {
			value = set
		}
		variables[v.Name] = jsii.String(value)
	}
	for _, name := range p.Secrets {
		variables[name] = awscdk.SecretValue_SecretsManager(jsii.String(a.props.SecretsPrefix+name), nil).UnsafeUnwrap()
	}
	if a.props.SecretsVersion != "" {
		variables[names.EnvSecretsVersion] = jsii.String(a.props.SecretsVersion)
	}
	for _, name := range p.Functions() {
		f := a.Realtime.functions[name]
		f.AddEnvironment(jsii.String(names.EnvFunction), jsii.String(name), nil)
		if name == names.Connect { // which runs nothing of the application
			if len(p.Headers) > 0 {
				f.AddEnvironment(jsii.String(names.EnvHeaders), jsii.String(strings.Join(p.Headers, ",")), nil)
			}
			continue
		}
		for _, variable := range slices.Sorted(maps.Keys(variables)) {
			f.AddEnvironment(jsii.String(variable), variables[variable], nil)
		}
	}
}

// addDashboard adds the widgets of the application.
func (a *Application) addDashboard() {
	dashboard := a.Realtime.Dashboard
	if a.HTTP != nil {
		dashboard.AddWidgets(a.Realtime.httpGraphs(a.HTTP)...)
	}
	var errors []awscloudwatch.IMetric
	for _, s := range a.props.Project.Schedules {
		f := a.Realtime.functions[s.Function()]
		errors = append(errors, f.MetricErrors(&awscloudwatch.MetricOptions{Label: jsii.String(s.Name)}))
	}
	if len(errors) > 0 {
		dashboard.AddWidgets(graph("Schedules: runs that failed", errors...))
	}
	var units []awscloudwatch.IMetric
	for _, t := range a.props.Project.Tables {
		for _, metric := range []string{"ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"} {
			units = append(units, tableMetric(a.Tables[t.Name], metric))
		}
	}
	if len(units) > 0 {
		dashboard.AddWidgets(graph("The application's tables: units consumed (billed)", units...))
	}
}
