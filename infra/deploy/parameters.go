package deploy

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
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
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Parameter is a CDK context value that a deployment reads: `-c name=value` on the
// command line, or an entry of "context" in cdk.json.
type Parameter struct {
	Name, Default, Meaning string
}

// Parameters are all parameters. docs/deploy.md has the same table.
var Parameters = []Parameter{
	{"stackName", "Confab", "the stack's name; another name makes another chat"},
	{"allowedOrigins", "none", "further origins whose pages may connect, separated by commas; * for all"},
	{"domainName", "AWS's own", "the page's name; with page=false, the WebSocket API's"},
	{"certificateArn", "none", "the ARN of its certificate, in us-east-1; with page=false, in the stack's region"},
	{"hostedZoneId", "none", "the Route 53 zone that gets the name's records"},
	{"hostedZoneName", "domainName", "that zone's name"},
	{"issuer", "the user pool", "your own OpenID Connect issuer, in place of the user pool"},
	{"clientId", "none", "the page's client id at the issuer, the audience of its tokens; needed with issuer"},
	{"connectSources", "none", "further origins that the page may connect to, separated by commas"},
	{"selfSignUp", "false", "everyone with a mail address may join the user pool"},
	{"jwtAuthorizer", "true", "false: only the functions verify tokens; needed with an issuer that does not sign with RSA"},
	{"guests", "false", "everyone may join who gives a name"},
	{"guestKey", "none", "any word; another word makes a new key for guests' tokens, which signs all guests out"},
	{"userPool", "true", "false: no user pool; needs issuer or guests"},
	{"page", "true", "false: only the APIs, without S3 and CloudFront"},
	{"webAcl", "none", "the ARN of an AWS WAF web ACL of us-east-1, in front of CloudFront; the APIs' own addresses stay open"},
	{"accountRequestsPerSecond", "10000", "the account's quota of API Gateway requests in the region; raise it there first"},
	{"requestsPerSecond", "50 % of that; HTTP API 10 %", "requests of all clients together, to each API"},
	{"burst", "half of these", "the size of a burst of requests"},
	{"postsPerSecond", "60 % of the account's", "posts of all large fan-outs together"},
	{"postDeadline", "30s", "how long a post of a large fan-out is repeated that API Gateway refuses"},
	{"warmReads", "none", "read units a second that each table takes from the start; billed once; see scale"},
	{"warmWrites", "none", "write units a second, likewise"},
	{"maxSockets", "20", "the sockets of one person at a time"},
	{"guestSignIns", "20", "the guests who may sign in from one address in ten minutes"},
	{"deliveriesBurst", "2000", "what one person makes the chat do at once, in deliveries"},
	{"deliveriesPerSecond", "100", "what one person makes the chat do after that; see costs"},
	{"attachments", "true", "false: no more files are attached to messages; those that are stay"},
	{"maxAttachmentKilobytes", "10000", "the largest file that may be attached"},
	{"attachmentTypes", "all", "the media types that may be attached, separated by commas: image/*,audio/*"},
	{"linkPreviews", "false", "authors may show what links in their messages lead to; a function fetches the pages"},
	{"previewConcurrency", "no bound", "how many pages are fetched at once; the instances are reserved"},
	{"architecture", "arm64", "x86_64: the functions of build/functions-x86_64, for emulators on such machines"},
	{"recovery", "off", "the window of connection state recovery: 2m"},
	{"heartbeat", "alternate", "what is sent to quiet connections: alternate, ping or noop"},
	{"presence", "watchers", "who is told that people come online and go offline: watchers (those who watch a room of theirs), everyone or off"},
	{"presenceGrace", "20s", "how long a person whose line was lost may be gone before others are told"},
	{"routeResponse", "as learned, or every", "filled: no noops, for an API Gateway that sends no empty frames"},
	{"admin", "CONFAB_ADMIN, or off", "NAME:HASH, with the bcrypt hash of a password: the namespace of the Socket.IO Admin UI"},
	{"logRetentionDays", "30", "how long logs are kept"},
	{"logLevel", "info", "debug, info, warn or error"},
	{"tracing", "false", "AWS X-Ray traces one invocation a second and a twentieth of the rest; see costs"},
	{"alarmEmail", "none", "the address that alarms are sent to"},
	{"monthlyBudget", "none", "dollars; alarmEmail is notified when the account's costs come near"},
	{"stopAtBudget", "false", "the functions may do nothing more when monthlyBudget is spent"},
	{"apiGatewayLogRole", "true", "false: another stack lets API Gateway write logs in this region"},
	{"retainData", "true", "false: tables and users are not protected, and are deleted with the stack"},
	{"deletionProtection", "true", "false: tables and users are not protected, but stay; for a first deployment, which then leaves nothing behind if it fails"},
}

// variables are environment variables in place of parameters. What is in cdk.json or on a
// command line is read by more people.
var variables = map[string]string{"admin": names.EnvAdmin}

// parameters reads the parameters and collects the mistakes in them.
type parameters struct {
	node   constructs.Node
	known  []Parameter
	errors []error
}

// knows reports whether there is a parameter.
func (p *parameters) knows(name string) bool {
	return slices.ContainsFunc(p.known, func(known Parameter) bool { return known.Name == name })
}

// text returns a parameter, or "" if it is not given.
func (p *parameters) text(name string) string {
	if !p.knows(name) {
		panic("undocumented parameter " + name)
	}
	v := p.node.TryGetContext(jsii.String(name))
	if v == nil {
		return os.Getenv(variables[name])
	}
	return strings.TrimSpace(fmt.Sprint(v)) // cdk.json may say true or 30
}

// fail notes a mistake, once: a parameter may be read in several places.
func (p *parameters) fail(message string) {
	if !slices.ContainsFunc(p.errors, func(known error) bool { return known.Error() == message }) {
		p.errors = append(p.errors, errors.New(message))
	}
}

func (p *parameters) reject(name, must string) {
	p.fail(fmt.Sprintf("context %s=%q must be %s", name, p.text(name), must))
}

// read sets v from a parameter. One that is not given leaves the default.
func (p *parameters) read(name string, v encoding.TextUnmarshaler) {
	if err := v.UnmarshalText([]byte(p.text(name))); err != nil {
		p.fail(fmt.Sprintf("context %s=%q %v", name, p.text(name), err))
	}
}

// oneOf returns one of some words, or "" if the parameter is not given.
func (p *parameters) oneOf(name string, words ...string) (word string) {
	if err := mode.Parse(&word, []byte(p.text(name)), words...); err != nil {
		p.fail(fmt.Sprintf("context %s=%q %v", name, p.text(name), err))
	}
	return word
}

// matching returns a parameter that matches a pattern, or "" if it is not given.
func (p *parameters) matching(name string, pattern *regexp.Regexp, must string) string {
	v := p.text(name)
	if v != "" && !pattern.MatchString(v) {
		p.reject(name, must)
	}
	return v
}

var (
	bcryptHashes = regexp.MustCompile(`^[^:]+:\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)
	webACLs      = regexp.MustCompile(`^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global/webacl/`)
	certificates = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:`)
	words        = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)
)

// architecture returns the architecture that the functions are built for.
func (p *parameters) architecture(name string) awslambda.Architecture {
	if p.oneOf(name, "arm64", "x86_64") == "x86_64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

func (p *parameters) boolean(name string, fallback bool) bool {
	switch p.text(name) {
	case "":
		return fallback
	case "true":
		return true
	case "false":
		return false
	}
	p.reject(name, "true or false")
	return fallback
}

// number returns a positive number, or 0 if it is not given.
func (p *parameters) number(name string) float64 {
	v := p.text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || n <= 0 {
		p.reject(name, "a positive number")
		return 0
	}
	return n
}

// integer returns a positive whole number, or 0 if it is not given.
func (p *parameters) integer(name string) float64 {
	n := p.number(name)
	if n != math.Trunc(n) {
		p.reject(name, "a whole number")
	}
	return n
}

// accountRequests returns the account's quota of requests, or 0 if it has the default one. It rejects
// rates that it does not allow.
func (p *parameters) accountRequests() float64 {
	given := p.integer("accountRequestsPerSecond")
	quota := cmp.Or(given, 10_000)
	for _, name := range []string{"requestsPerSecond", "postsPerSecond"} {
		if p.number(name) > quota {
			p.reject(name, fmt.Sprintf("at most accountRequestsPerSecond, %.0f", quota))
		}
	}
	if most := quota / 2; p.number("burst") > most { // what AWS gives for a quota
		p.reject("burst", fmt.Sprintf("at most half of accountRequestsPerSecond, %.0f", most))
	}
	return given
}

// posts returns how fast large fan-outs are posted.
func (p *parameters) posts() confab.Posts {
	posts := confab.Posts{PerSecond: int(p.integer("postsPerSecond")), Deadline: p.duration("postDeadline")}
	if posts.Deadline > confab.MaxPostDeadline {
		p.reject("postDeadline", fmt.Sprintf("at most %v, for which a large fan-out is kept", confab.MaxPostDeadline))
	}
	return posts
}

// warm returns what tables take from their first moment on.
func (p *parameters) warm() confab.Warm {
	w := confab.Warm{Reads: p.integer("warmReads"), Writes: p.integer("warmWrites")}
	for _, bound := range []struct {
		name         string
		units, least float64
	}{{"warmReads", w.Reads, 12_000}, {"warmWrites", w.Writes, 4_000}} {
		if bound.units != 0 && bound.units < bound.least {
			p.reject(bound.name, fmt.Sprintf("at least %.0f, which every table has", bound.least))
		}
	}
	return w
}

// needs lists parameters that do nothing without another one.
var needs = [][2]string{
	{"certificateArn", "domainName"},
	{"hostedZoneId", "domainName"},
	{"hostedZoneName", "hostedZoneId"},
	{"issuer", "clientId"},
	{"clientId", "issuer"},
	{"monthlyBudget", "alarmEmail"},
	{"stopAtBudget", "monthlyBudget"},
	{"guestKey", "guests"},
	{"previewConcurrency", "linkPreviews"},
}

// check rejects parameters that would silently do nothing.
func (p *parameters) check(page bool) {
	for name := range p.node.GetAllContext(nil).(map[string]any) {
		if !p.knows(name) && !strings.ContainsAny(name, ":/@-") { // the CDK's own names contain one
			p.fail(fmt.Sprintf("context %s is not a parameter; docs/deploy.md lists them", name))
		}
	}
	for _, n := range needs {
		if p.knows(n[0]) && p.text(n[0]) != "" && p.text(n[1]) == "" {
			p.fail(fmt.Sprintf("context %s needs %s", n[0], n[1]))
		}
	}
	for _, name := range []string{"webAcl", "connectSources"} {
		if p.knows(name) && p.text(name) != "" && !page {
			p.fail(fmt.Sprintf("context %s needs a page", name))
		}
	}
}

// stackName returns the name of the stack.
func (p *parameters) stackName(parameter, fallback string) string {
	v := p.text(parameter)
	if v == "" {
		return fallback
	}
	if !stackNames.MatchString(v) {
		p.reject(parameter, "a letter and then letters, digits and hyphens, at most 128")
		return fallback
	}
	return v
}

var stackNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

func (p *parameters) duration(name string) time.Duration {
	v := p.text(name)
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Millisecond {
		p.reject(name, "a duration such as 2m")
	}
	return d
}

// origins returns a list of origins. If wildcard is set, "*" may be one of them.
func (p *parameters) origins(name string, wildcard bool) []string {
	var origins []string
	for v := range strings.SplitSeq(p.text(name), ",") {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		u, err := url.Parse(v)
		isOrigin := err == nil && u.Host != "" && v == u.Scheme+"://"+strings.ToLower(u.Host) // in the form that browsers send
		if !isOrigin && !(wildcard && v == "*") {
			p.reject(name, "origins such as https://example.com")
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

func (p *parameters) retention(name string) awslogs.RetentionDays {
	v := p.text(name)
	if v == "" {
		return ""
	}
	days, ok := logRetentions[v]
	if !ok {
		p.reject(name, "1, 3, 5, 7, 14, 30, 60, 90, 180 or 365")
	}
	return days
}

// domain returns the page's domain, or nil.
func (p *parameters) domain(scope constructs.Construct, page bool) *confab.Domain {
	d := &confab.Domain{Name: p.text("domainName"), CertificateARN: p.text("certificateArn")}
	if d.Name == "" {
		return nil
	}
	switch {
	case !certificates.MatchString(d.CertificateARN):
		p.reject("certificateArn", "the ARN of a certificate for domainName")
	case page && !strings.Contains(d.CertificateARN, ":acm:us-east-1:"):
		p.reject("certificateArn", "the ARN of a certificate of us-east-1, because CloudFront accepts no other")
	}
	if id := p.text("hostedZoneId"); id != "" {
		name := p.text("hostedZoneName")
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
func (p *parameters) identity() confab.Identity {
	i := confab.Identity{
		Issuer:       p.text("issuer"),
		Audience:     p.text("clientId"),
		NoAuthorizer: !p.boolean("jwtAuthorizer", true),
		SelfSignUp:   p.boolean("selfSignUp", false),
		Guests:       p.boolean("guests", false),
		GuestKey:     p.matching("guestKey", words, "a word of letters and digits"),
	}
	if u, err := url.Parse(i.Issuer); i.Issuer != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		p.reject("issuer", "a URL such as https://id.example.com")
	}
	if i.Issuer == "" && !p.boolean("userPool", true) {
		i.GuestsOnly = true
		if !i.Guests {
			p.fail("context userPool=false needs issuer or guests=true: no one could sign in")
		}
	}
	return i
}

// list returns words that are separated by commas.
func (p *parameters) list(name string) (words []string) {
	for v := range strings.SplitSeq(p.text(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			words = append(words, v)
		}
	}
	return words
}
