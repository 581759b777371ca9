package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/confab"
	"github.com/confab-chat/confab/shared/project"
)

// ownParameters are those that only an application's stack has.
var ownParameters = []Parameter{
	{"project", "required", "the file with what the application has, as its program prints it"},
	{"code", "required", "the folder with its program for Lambda, named bootstrap"},
	{"stack", "required", "the stack's name"},
	{"page", "none", "the folder of its built page"},
	{"secretsPrefix", "the stack's name and /", "what the names of its secrets in AWS Secrets Manager begin with"},
	{"secretsVersion", "none", "any word; another word makes the functions read the secrets anew"},
}

// chatOnly are the parameters of the chat's stack that an application's does not have.
var chatOnly = []string{
	"stackName", "page", "issuer", "clientId", "connectSources", "selfSignUp", "jwtAuthorizer", "guests", "guestKey", "userPool",
	"maxSockets", "guestSignIns", "deliveriesBurst", "deliveriesPerSecond", "attachments", "maxAttachmentKilobytes", "attachmentTypes",
	"linkPreviews", "previewConcurrency", "recovery", "presence", "presenceGrace", "admin",
}

// ApplicationParameters are all parameters of an application's stack.
var ApplicationParameters = append(slices.Clone(ownParameters), slices.DeleteFunc(slices.Clone(Parameters), func(p Parameter) bool {
	return slices.Contains(chatOnly, p.Name)
})...)

// NewApplicationStack adds the stack of an application to an app. Everything is a parameter, and the error
// lists all mistakes in them. The application's variables have the values of this process's
// environment, as far as they are set.
func NewApplicationStack(scope constructs.Construct) (awscdk.Stack, error) {
	p := &parameters{node: scope.Node(), known: ApplicationParameters}
	p.check(p.text("page") != "")
	declared := p.project()
	name := p.stackName("stack", "")
	code := p.folderWith("code", "bootstrap", true)
	page := confab.PageProps{Files: p.folderWith("page", "index.html", false), WebACL: p.webACL()}
	if name == "" {
		p.fail("context stack is missing: the stack's name")
		name = "Application"
	}
	s := awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{Description: jsii.String("An application of Confab: Socket.IO without servers")})
	engine := p.engine(s, page.Files != "")
	settings := &confab.ApplicationProps{
		RealtimeProps: engine, Project: declared, Variables: map[string]string{}, Page: page,
		SecretsPrefix: p.text("secretsPrefix"), SecretsVersion: p.matching("secretsVersion", words, "a word of letters and digits"),
	}
	if len(p.errors) > 0 {
		return nil, errors.Join(p.errors...)
	}
	settings.Code = confab.Program(code)
	for _, v := range declared.Variables {
		settings.Variables[v.Name] = os.Getenv(v.Name)
	}
	application := confab.NewApplication(s, "Application", settings)
	pinApplication(application)
	addApplicationOutputs(s, application, settings.Domain)
	return s, nil
}

// project reads what the application has.
func (p *parameters) project() *project.Project {
	path := p.text("project")
	if path == "" {
		p.fail("context project is missing: the file with what the application has")
		return nil
	}
	declared := &project.Project{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, declared)
	}
	if err != nil {
		p.fail(fmt.Sprintf("context project: %v", err))
		return nil
	}
	return declared
}

// folderWith returns a folder that must have a file.
func (p *parameters) folderWith(name, file string, required bool) string {
	folder := p.text(name)
	if folder == "" {
		if required {
			p.fail(fmt.Sprintf("context %s is missing: a folder with %s", name, file))
		}
		return ""
	}
	if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
		p.fail(fmt.Sprintf("context %s=%q must be a folder with %s: %v", name, folder, file, err))
	}
	return folder
}

// pinApplication fixes the logical ids of an application's tables. X stands for a hyphen, which they cannot
// have, and names of tables have no capitals.
func pinApplication(a *confab.Application) {
	pin(a.Realtime.Table, "RealtimeTable")
	for name, table := range a.Tables {
		pin(table, "Table"+strings.ReplaceAll(name, "-", "X"))
	}
}

// addApplicationOutputs prints what is needed next, the page's address first.
func addApplicationOutputs(s awscdk.Stack, a *confab.Application, domain *confab.Domain) {
	output := printing(s)
	if a.Page != nil {
		output("PageURL", a.Page.Origin, "Open this")
	}
	addSocketOutputs(s, a.Realtime, a.Page, domain)
	if a.HTTP != nil {
		output("HTTPURL", *a.HTTP.ApiEndpoint(), "The HTTP API's own address")
	}
	addEngineOutputs(s, a.Realtime)
}
