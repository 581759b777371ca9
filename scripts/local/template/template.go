// Package template reads a template that `cdk synth` wrote, for the local cloud to run:
// tables, functions with code and environment, routes, schedules, and the permissions of
// each function's role. Names are the template's logical ids. Everything that it does not
// support is an error, so no part of a stack is silently left out. Enter at [Load].
package template

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/confab-chat/confab/scripts/local/policy"
)

// Deployment is the content of a template.
type Deployment struct {
	Tables    []Table
	Functions []Function
	WebSocket WebSocket
	// HTTP are the routes of the HTTP API, and HTTPThrottle its stage's. CORS allows pages of other
	// origins; nil: none.
	HTTP         []Route
	HTTPThrottle Throttle
	CORS         *CORS
	// Schedules are the intervals at which rules invoke functions, by function.
	Schedules map[string]time.Duration
	// Queues are those that a function takes messages from.
	Queues []Queue
}

// Throttle is a stage's bound on requests: a rate a second, and how many may come at once. Zero:
// none but the account's.
type Throttle struct{ Rate, Burst int }

// Table is a DynamoDB table.
type Table struct {
	Name string
	// Keys are the names of the partition key and the sort key, and Types their types: S, N or B.
	Keys, Types []string
	// TTL is the attribute with the time at which an item expires.
	TTL string
}

// Function is a Lambda function.
type Function struct {
	Name string
	// Binary is the path of its bootstrap.
	Binary      string
	Environment map[string]string
	Timeout     time.Duration
	MemoryMB    int
	// Architecture is x86_64 or arm64.
	Architecture string
	// Reserved is how many instances may run; 0: as many as the account allows.
	Reserved int
	Role     *policy.Role
	// Async configures asynchronous invocations.
	Async Async
}

// Async configures a function's asynchronous invocations.
type Async struct {
	// Retries is how often a failed invocation is tried again.
	Retries int
	// Destination is the queue for invocations that failed for good; empty: none.
	Destination string
}

// CORS allows pages of other origins to use an HTTP API.
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders []string
	MaxAge                                   int
}

// WebSocket is the WebSocket API.
type WebSocket struct {
	ID, Stage string
	// Routes are functions by route key.
	Routes map[string]string
	// RouteResponse says whether $default has a route response.
	RouteResponse bool
	Throttle      Throttle
}

// Route is a route of the HTTP API.
type Route struct {
	// Key is the route's key, such as "GET /api/{proxy+}".
	Key, Function string
	// JWT verifies tokens before the function is invoked; nil: no one does.
	JWT *JWT
}

// JWT is a JWT authorizer.
type JWT struct {
	Issuer   string
	Audience []string
}

// resource is an entry of a template.
type resource struct {
	Type       string
	Condition  string
	Properties map[string]any
}

// ignored are types that matter only on AWS.
var ignored = []string{
	"AWS::ApiGateway::Account", "AWS::CDK::Metadata", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
	"AWS::CloudWatch::CompositeAlarm", "AWS::Logs::LogGroup", "AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy",
	"AWS::S3::BucketPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Budgets::Budget", "AWS::XRay::Group",
	// the local cloud makes those that functions name
	"AWS::S3::Bucket",
	// read with the resources that they belong to
	"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission",
	"AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::RouteResponse", "AWS::ApiGatewayV2::Stage", "AWS::SecretsManager::Secret",
}

// NoPermission begins the name of the function of a route or rule that has no
// AWS::Lambda::Permission to invoke it. No function has such a name, so the invocation
// fails as on AWS.
const NoPermission = "no permission to invoke "

// Load reads a template of a cloud assembly. The values of the secrets that it generates
// begin with the given one; if that is empty, each is a new one.
func Load(path, secret string) (*Deployment, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	var file struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read template %s: %w", path, err)
	}
	r := &reader{resolver: resolver{resources: file.Resources, secrets: map[string]string{}}, assembly: filepath.Dir(path), secret: secret}
	d, err := r.deployment()
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", path, err)
	}
	return d, nil
}

// reader reads the resources of a template.
type reader struct {
	resolver
	assembly, secret string
}

func (r *reader) deployment() (*Deployment, error) {
	r.account = cmp.Or(r.secret, rand.Text()+rand.Text())
	for _, id := range r.ids("AWS::SecretsManager::Secret") {
		r.secrets[id] = cmp.Or(r.secret, rand.Text()+rand.Text()) + id // each its own
	}
	d := &Deployment{WebSocket: WebSocket{Routes: map[string]string{}}, Schedules: map[string]time.Duration{}}
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(r.resources)) {
		err := r.resources[id].check()
		switch kind := r.resources[id].Type; kind {
		case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
			err = errors.Join(err, r.table(d, id))
		case "AWS::Lambda::Function":
			err = errors.Join(err, r.function(d, id))
		case "AWS::ApiGatewayV2::Api":
			err = errors.Join(err, r.api(d, id))
		case "AWS::ApiGatewayV2::Route":
			err = errors.Join(err, r.route(d, id))
		case "AWS::Events::Rule":
			err = errors.Join(err, r.rule(d, id))
		default:
			if !slices.Contains(ignored, kind) {
				err = errors.New("the local cloud does not support this type: " + kind)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
		}
	}
	for _, id := range r.ids("AWS::Lambda::EventSourceMapping") { // of functions that are read
		if err := r.mapping(d, id); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return d, nil
}

// ids returns the resources of a type.
func (r *reader) ids(kind string) []string {
	var ids []string
	for id, res := range r.resources {
		if res.Type == kind {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// decode reads the properties of a resource for which a struct has fields, and resolves
// their intrinsic functions.
func (r *reader) decode(id string, into any) error {
	found, ok := r.resources[id]
	if !ok {
		return fmt.Errorf("there is no resource %q", id)
	}
	some := map[string]any{}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(into).Elem()) {
		if v, ok := found.Properties[field.Name]; ok {
			resolved, err := r.value(v)
			if err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
			some[field.Name] = resolved
		}
	}
	text, err := json.Marshal(some)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (r *reader) table(d *Deployment, id string) error {
	var p struct {
		KeySchema               []struct{ AttributeName, KeyType string }
		AttributeDefinitions    []struct{ AttributeName, AttributeType string }
		TimeToLiveSpecification struct {
			AttributeName string
			Enabled       bool
		}
		GlobalSecondaryIndexes, LocalSecondaryIndexes []any
	}
	if err := r.decode(id, &p); err != nil {
		return err
	}
	if len(p.GlobalSecondaryIndexes)+len(p.LocalSecondaryIndexes) > 0 {
		return errors.New("indexes are not supported here")
	}
	table := Table{Name: id}
	types := map[string]string{}
	for _, a := range p.AttributeDefinitions {
		types[a.AttributeName] = a.AttributeType
	}
	for _, kind := range []string{"HASH", "RANGE"} {
		for _, key := range p.KeySchema {
			if key.KeyType == kind {
				table.Keys, table.Types = append(table.Keys, key.AttributeName), append(table.Types, types[key.AttributeName])
			}
		}
	}
	if p.TimeToLiveSpecification.Enabled {
		table.TTL = p.TimeToLiveSpecification.AttributeName
	}
	d.Tables = append(d.Tables, table)
	return nil
}
