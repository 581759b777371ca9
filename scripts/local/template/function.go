package template

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/local/policy"
)

func (r *reader) function(d *Deployment, id string) error {
	var p struct {
		Code        struct{ S3Key string }
		Environment struct{ Variables map[string]string }
		Runtime     string
		Timeout     int
		MemorySize  int

		Architectures                []string
		ReservedConcurrentExecutions *int
	}
	if err := r.decode(id, &p); err != nil {
		return err
	}
	if !strings.HasPrefix(p.Runtime, "provided.") {
		return fmt.Errorf("functions of %s do not run here", p.Runtime)
	}
	if p.Code.S3Key == "" {
		return errors.New("no code in an asset")
	}
	reserved := 0
	if p.ReservedConcurrentExecutions != nil {
		if reserved = *p.ReservedConcurrentExecutions; reserved == 0 {
			return errors.New("none may run at once")
		}
	}
	role, err := r.role(id)
	if err != nil {
		return err
	}
	async, err := r.async(id, role)
	if err != nil {
		return err
	}
	d.Functions = append(d.Functions, Function{
		Name:         id,
		Binary:       filepath.Join(r.assembly, "asset."+strings.TrimSuffix(p.Code.S3Key, ".zip"), "bootstrap"),
		Environment:  p.Environment.Variables,
		Timeout:      time.Duration(cmp.Or(p.Timeout, 3)) * time.Second, // Lambda's defaults
		MemoryMB:     cmp.Or(p.MemorySize, 128),
		Architecture: cmp.Or(strings.Join(p.Architectures, " "), "x86_64"),
		Reserved:     reserved,
		Role:         role,
		Async:        async,
	})
	return nil
}

// async returns the configuration of a function's asynchronous invocations. The function's
// role must allow sending to the destination, or AWS refuses the configuration.
func (r *reader) async(function string, role *policy.Role) (Async, error) {
	async := Async{Retries: 2} // Lambda's default
	for _, id := range r.ids("AWS::Lambda::EventInvokeConfig") {
		var p struct {
			FunctionName, Qualifier string
			MaximumRetryAttempts    *int
			DestinationConfig       struct{ OnFailure struct{ Destination string } }
		}
		if err := r.decode(id, &p); err != nil {
			return async, fmt.Errorf("%s: %w", id, err)
		}
		if p.FunctionName != function {
			continue
		}
		if p.Qualifier != "$LATEST" {
			return async, fmt.Errorf("%s: the qualifier %q is not supported here", id, p.Qualifier)
		}
		if p.MaximumRetryAttempts != nil {
			async.Retries = *p.MaximumRetryAttempts
		}
		destination := p.DestinationConfig.OnFailure.Destination
		if destination == "" {
			continue
		}
		async.Destination = destination[strings.LastIndex(destination, ":")+1:]
		if r.resources[async.Destination].Type != "AWS::SQS::Queue" {
			return async, fmt.Errorf("%s: %q is no queue of the template", id, destination)
		}
		if !role.Allows(policy.Request{Action: "sqs:SendMessage", Resource: destination}) {
			return async, fmt.Errorf("%s: the function's role does not allow sqs:SendMessage on %s", id, destination)
		}
	}
	return async, nil
}

// role returns a function's role, with its inline and attached policies. It ignores AWS's
// managed policies, which are for logs and not needed here.
func (r *reader) role(function string) (*policy.Role, error) {
	var p struct{ Role string }
	if err := r.decode(function, &p); err != nil {
		return nil, err
	}
	role := p.Role[strings.LastIndex(p.Role, "/")+1:]
	var inline struct {
		AssumeRolePolicyDocument struct {
			Statement []struct {
				Effect    string
				Action    texts
				Principal struct{ Service texts }
			}
		}
		Policies []struct{ PolicyDocument document }
	}
	if err := r.decode(role, &inline); err != nil {
		return nil, fmt.Errorf("role %s: %w", role, err)
	}
	assumable := false
	for _, s := range inline.AssumeRolePolicyDocument.Statement {
		assumable = assumable || s.Effect == "Allow" && slices.Contains(s.Action, "sts:AssumeRole") &&
			slices.Contains(s.Principal.Service, "lambda.amazonaws.com")
	}
	if !assumable {
		return nil, fmt.Errorf("role %s: AWS Lambda may not assume it", role)
	}
	var statements []policy.Statement
	add := func(d document) error {
		more, err := d.statements()
		statements = append(statements, more...)
		return err
	}
	for _, attached := range inline.Policies {
		if err := add(attached.PolicyDocument); err != nil {
			return nil, fmt.Errorf("role %s: %w", role, err)
		}
	}
	for _, id := range r.ids("AWS::IAM::Policy") {
		var p struct {
			PolicyDocument document
			Roles          []string
		}
		if err := r.decode(id, &p); err != nil {
			return nil, fmt.Errorf("policy %s: %w", id, err)
		}
		if !slices.Contains(p.Roles, role) {
			continue
		}
		if err := add(p.PolicyDocument); err != nil {
			return nil, fmt.Errorf("policy %s: %w", id, err)
		}
	}
	return policy.NewRole(statements), nil
}

// document is an IAM policy document.
type document struct {
	Statement []struct {
		Effect                 string
		Action, Resource       texts
		NotAction, NotResource any
		Condition              map[string]any
	}
}

func (d document) statements() ([]policy.Statement, error) {
	var all []policy.Statement
	for _, s := range d.Statement {
		if s.NotAction != nil || s.NotResource != nil {
			return nil, errors.New("NotAction and NotResource are not supported here")
		}
		if s.Condition != nil && s.Effect == "Allow" {
			continue // a conditional permission counts as none
		}
		all = append(all, policy.Statement{Deny: s.Effect == "Deny", Actions: s.Action, Resources: s.Resource})
	}
	return all, nil
}

// texts is one string or several.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// target returns the function with an ARN.
func (r *reader) target(arn string) (string, error) {
	id := arn[strings.LastIndex(arn, ":")+1:]
	if r.resources[id].Type != "AWS::Lambda::Function" {
		return "", fmt.Errorf("%q is no function of the template", arn)
	}
	return id, nil
}

// checkPermission returns a function if its resource policies let a service invoke it on behalf
// of the resource with an ARN, and [NoPermission] with its name otherwise.
func (r *reader) checkPermission(function, service, source string) (string, error) {
	for _, id := range r.ids("AWS::Lambda::Permission") {
		var p struct{ Action, FunctionName, Principal, SourceArn string }
		if err := r.decode(id, &p); err != nil {
			return "", fmt.Errorf("permission %s: %w", id, err)
		}
		names := p.FunctionName[strings.LastIndex(p.FunctionName, ":")+1:] == function
		if names && p.Action == "lambda:InvokeFunction" && p.Principal == service &&
			(p.SourceArn == "" || policy.Matches(p.SourceArn, source)) {
			return function, nil
		}
	}
	return NoPermission + function, nil
}
