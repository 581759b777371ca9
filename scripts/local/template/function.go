package template

import (
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
	}
	if err := r.decode(id, []string{"Code", "Environment", "Runtime", "Timeout"}, &p); err != nil {
		return err
	}
	if !strings.HasPrefix(p.Runtime, "provided.") {
		return fmt.Errorf("functions of %s do not run here", p.Runtime)
	}
	if p.Code.S3Key == "" {
		return errors.New("no code in an asset")
	}
	role, err := r.role(id)
	if err != nil {
		return err
	}
	if p.Timeout == 0 {
		p.Timeout = 3 // Lambda's default
	}
	d.Functions = append(d.Functions, Function{
		Name:        id,
		Binary:      filepath.Join(r.assembly, "asset."+strings.TrimSuffix(p.Code.S3Key, ".zip"), "bootstrap"),
		Environment: p.Environment.Variables,
		Timeout:     time.Duration(p.Timeout) * time.Second,
		Role:        role,
	})
	return nil
}

// role returns what a function's role allows: by its inline policies, and those
// attached to it. (AWS's managed policies are for logs, which need no grant here.)
func (r *reader) role(function string) (*policy.Role, error) {
	var p struct{ Role string }
	if err := r.decode(function, []string{"Role"}, &p); err != nil {
		return nil, err
	}
	role := p.Role[strings.LastIndex(p.Role, "/")+1:]
	var inline struct {
		Policies []struct{ PolicyDocument document }
	}
	if err := r.decode(role, []string{"Policies"}, &inline); err != nil {
		return nil, fmt.Errorf("role %s: %w", role, err)
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
		if err := r.decode(id, []string{"PolicyDocument", "Roles"}, &p); err != nil {
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
			return nil, errors.New("NotAction and NotResource are not known here")
		}
		if s.Condition != nil && s.Effect == "Allow" {
			continue // what is allowed only on a condition is not relied on here
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

// target returns the function of the template that an ARN names.
func (r *reader) target(arn string) (string, error) {
	id := arn[strings.LastIndex(arn, ":")+1:]
	if r.resources[id].Type != "AWS::Lambda::Function" {
		return "", fmt.Errorf("%q is no function of the template", arn)
	}
	return id, nil
}

// mayInvoke reports whether a resource policy of a function lets a service invoke it
// on behalf of what an ARN names.
func (r *reader) mayInvoke(function, service, source string) (bool, error) {
	for _, id := range r.ids("AWS::Lambda::Permission") {
		var p struct{ Action, FunctionName, Principal, SourceArn string }
		if err := r.decode(id, []string{"Action", "FunctionName", "Principal", "SourceArn"}, &p); err != nil {
			return false, fmt.Errorf("permission %s: %w", id, err)
		}
		names := p.FunctionName[strings.LastIndex(p.FunctionName, ":")+1:] == function
		if names && p.Action == "lambda:InvokeFunction" && p.Principal == service &&
			(p.SourceArn == "" || policy.Matches(p.SourceArn, source)) {
			return true, nil
		}
	}
	return false, nil
}
