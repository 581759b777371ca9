package deploy

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/confab"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Parameter is a CDK context value that a deployment reads: `-c name=value` on the
// command line, or an entry of "context" in cdk.json.
type Parameter struct {
	Name, Default, Meaning string
}

// Parameters are all that there are; docs/deploy.md has the same table.
var Parameters = []Parameter{
	{"stackName", "Confab", "the stack's name: another one is another chat"},
	{"allowedOrigins", "none", "further origins whose pages may connect, by commas; * for all"},
	{"domainName", "AWS's own", "the page's name; with page=false, the WebSocket API's"},
	{"certificateArn", "none", "the ARN of its certificate, of the region us-east-1; with page=false, of the stack's"},
	{"hostedZoneId", "none", "the Route 53 zone that gets the name's records"},
	{"hostedZoneName", "domainName", "that zone's name"},
	{"issuer", "the user pool", "an OpenID Connect issuer of yours, in place of the user pool"},
	{"clientId", "none", "the page's client id at the issuer, which its tokens name; needed with issuer"},
	{"connectSources", "none", "further origins that the page may talk to, by commas"},
	{"selfSignUp", "false", "everybody with a mail address may join the user pool"},
	{"jwtAuthorizer", "true", "false: the functions alone verify tokens; needed with an issuer that does not sign with RSA"},
	{"guests", "false", "everybody may come in who gives a name"},
	{"guestKey", "none", "any word: another one makes a new key for guests' tokens, which signs all guests out"},
	{"userPool", "true", "false: no user pool; needs issuer or guests"},
	{"page", "true", "false: the APIs alone, without S3 and CloudFront"},
	{"webAcl", "none", "the ARN of an AWS WAF web ACL of us-east-1, in front of CloudFront; the APIs' own addresses stay open"},
	{"requestsPerSecond", "5000; HTTP API 1000", "what clients may send, all together, to each API"},
	{"burst", "2500; HTTP API 500", "the size of a burst of that"},
	{"fanoutConcurrency", "no bound", "how many instances of the fanout function there may be; they are reserved"},
	{"architecture", "arm64", "x86_64: the functions of build/functions-x86_64, for emulators on such machines"},
	{"recovery", "off", "the window of connection state recovery: 2m"},
	{"heartbeat", "alternate", "what quiet connections hear: alternate, ping or noop"},
	{"routeResponse", "every", "filled: no noops, for an API Gateway that sends no empty frames"},
	{"admin", "off", "NAME:HASH, with the bcrypt hash of a password: the namespace of the Socket.IO Admin UI"},
	{"logRetentionDays", "30", "how long logs are kept"},
	{"logLevel", "info", "debug, info, warn or error"},
	{"tracing", "true", "AWS X-Ray"},
	{"alarmEmail", "none", "who is told of alarms"},
	{"monthlyBudget", "none", "dollars; alarmEmail is told when the account's costs come near"},
	{"apiGatewayLogRole", "true", "false: another stack lets API Gateway write logs in this region"},
	{"retainData", "true", "false: tables and users may be deleted, and are deleted with the stack"},
}

// context reads parameters and collects what is wrong with them.
type context struct {
	node   constructs.Node
	errors []error
}

// text returns a parameter, or "" if it is not given.
func (c *context) text(name string) string {
	if !slices.ContainsFunc(Parameters, func(p Parameter) bool { return p.Name == name }) {
		panic("undocumented parameter " + name)
	}
	v := c.node.TryGetContext(jsii.String(name))
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v)) // cdk.json may say true or 30
}

func (c *context) fail(message string) { c.errors = append(c.errors, errors.New(message)) }

func (c *context) wrong(name, must string) {
	c.fail(fmt.Sprintf("context %s=%q must be %s", name, c.text(name), must))
}

// read sets v from a parameter. One that is not given leaves the default.
func (c *context) read(name string, v encoding.TextUnmarshaler) {
	if err := v.UnmarshalText([]byte(c.text(name))); err != nil {
		c.fail(fmt.Sprintf("context %s=%q %v", name, c.text(name), err))
	}
}

// oneOf returns one of some words, or "" if the parameter is not given.
func (c *context) oneOf(name string, words ...string) (word string) {
	if err := mode.Parse(&word, []byte(c.text(name)), words...); err != nil {
		c.fail(fmt.Sprintf("context %s=%q %v", name, c.text(name), err))
	}
	return word
}

// matching returns a text of a form, or "" if it is not given.
func (c *context) matching(name string, form *regexp.Regexp, must string) string {
	v := c.text(name)
	if v != "" && !form.MatchString(v) {
		c.wrong(name, must)
	}
	return v
}

var (
	bcryptHashes = regexp.MustCompile(`^[^:]+:\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)
	webACLs      = regexp.MustCompile(`^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global/webacl/`)
	certificates = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:`)
	words        = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)
)

// architecture is what the functions are built for.
func (c *context) architecture(name string) awslambda.Architecture {
	if c.oneOf(name, "arm64", "x86_64") == "x86_64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

func (c *context) flag(name string, otherwise bool) bool {
	switch c.text(name) {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	}
	c.wrong(name, "true or false")
	return otherwise
}

// number returns a positive number, or 0 if it is not given.
func (c *context) number(name string) float64 {
	v := c.text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || n <= 0 {
		c.wrong(name, "a positive number")
		return 0
	}
	return n
}

// whole returns a positive whole number, or 0 if it is not given.
func (c *context) whole(name string) float64 {
	n := c.number(name)
	if n != math.Trunc(n) {
		c.wrong(name, "a whole number")
	}
	return n
}

// needs are parameters that do nothing without another.
var needs = [][2]string{
	{"certificateArn", "domainName"},
	{"hostedZoneId", "domainName"},
	{"hostedZoneName", "hostedZoneId"},
	{"issuer", "clientId"},
	{"clientId", "issuer"},
	{"monthlyBudget", "alarmEmail"},
	{"guestKey", "guests"},
}

// check finds parameters that would silently do nothing.
func (c *context) check() {
	for name := range c.node.GetAllContext(nil).(map[string]any) {
		known := slices.ContainsFunc(Parameters, func(p Parameter) bool { return p.Name == name })
		if !known && !strings.ContainsAny(name, ":/@-") { // which the CDK's own have
			c.fail(fmt.Sprintf("context %s is no parameter; docs/deploy.md lists them", name))
		}
	}
	for _, n := range needs {
		if c.text(n[0]) != "" && c.text(n[1]) == "" {
			c.fail(fmt.Sprintf("context %s needs %s", n[0], n[1]))
		}
	}
	for _, name := range []string{"webAcl", "connectSources"} {
		if c.text(name) != "" && !c.flag("page", true) {
			c.fail(fmt.Sprintf("context %s needs the page", name))
		}
	}
}

// stackName is what the stack is called.
func (c *context) stackName() string {
	v := c.text("stackName")
	if v == "" {
		return "Confab"
	}
	if !stackNames.MatchString(v) {
		c.wrong("stackName", "a letter and then letters, digits and hyphens, 128 at most")
		return "Confab"
	}
	return v
}

var stackNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

func (c *context) duration(name string) time.Duration {
	v := c.text(name)
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Millisecond {
		c.wrong(name, "a duration such as 2m")
	}
	return d
}

// origins returns a list of origins. anyOrigin allows "*" among them.
func (c *context) origins(name string, anyOrigin bool) []string {
	var origins []string
	for v := range strings.SplitSeq(c.text(name), ",") {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		u, err := url.Parse(v)
		isOrigin := err == nil && u.Host != "" && v == u.Scheme+"://"+strings.ToLower(u.Host) // as browsers write it
		if !isOrigin && !(anyOrigin && v == "*") {
			c.wrong(name, "origins such as https://example.com")
			return nil
		}
		origins = append(origins, v)
	}
	return origins
}

// logRetentions are the retentions that CloudWatch Logs has.
var logRetentions = map[string]awslogs.RetentionDays{
	"1": awslogs.RetentionDays_ONE_DAY, "3": awslogs.RetentionDays_THREE_DAYS, "5": awslogs.RetentionDays_FIVE_DAYS,
	"7": awslogs.RetentionDays_ONE_WEEK, "14": awslogs.RetentionDays_TWO_WEEKS, "30": awslogs.RetentionDays_ONE_MONTH,
	"60": awslogs.RetentionDays_TWO_MONTHS, "90": awslogs.RetentionDays_THREE_MONTHS, "180": awslogs.RetentionDays_SIX_MONTHS,
	"365": awslogs.RetentionDays_ONE_YEAR,
}

func (c *context) retention(name string) awslogs.RetentionDays {
	v := c.text(name)
	if v == "" {
		return ""
	}
	days, ok := logRetentions[v]
	if !ok {
		c.wrong(name, "1, 3, 5, 7, 14, 30, 60, 90, 180 or 365")
	}
	return days
}

// domain returns the page's domain, or nil.
func (c *context) domain(scope constructs.Construct) *confab.Domain {
	d := &confab.Domain{Name: c.text("domainName"), CertificateARN: c.text("certificateArn")}
	if d.Name == "" {
		return nil
	}
	switch {
	case !certificates.MatchString(d.CertificateARN):
		c.wrong("certificateArn", "that of a certificate for domainName")
	case c.flag("page", true) && !strings.Contains(d.CertificateARN, ":acm:us-east-1:"):
		c.wrong("certificateArn", "that of a certificate of us-east-1, which CloudFront takes alone")
	}
	if id := c.text("hostedZoneId"); id != "" {
		name := c.text("hostedZoneName")
		if name == "" {
			name = d.Name
		}
		d.HostedZone = awsroute53.HostedZone_FromHostedZoneAttributes(scope, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
			HostedZoneId: jsii.String(id), ZoneName: jsii.String(name),
		})
	}
	return d
}

// identity returns who may sign in.
func (c *context) identity() confab.Identity {
	i := confab.Identity{
		Issuer:       c.text("issuer"),
		Audience:     c.text("clientId"),
		NoAuthorizer: !c.flag("jwtAuthorizer", true),
		SelfSignUp:   c.flag("selfSignUp", false),
		Guests:       c.flag("guests", false),
		GuestKey:     c.matching("guestKey", words, "a word of letters and digits"),
	}
	if u, err := url.Parse(i.Issuer); i.Issuer != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		c.wrong("issuer", "a URL such as https://id.example.com")
	}
	if i.Issuer == "" && !c.flag("userPool", true) {
		i.GuestsOnly = true
		if !i.Guests {
			c.fail("context userPool=false needs issuer or guests=true: nobody could sign in")
		}
	}
	return i
}
