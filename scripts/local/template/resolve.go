package template

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// resolver evaluates the intrinsic functions of a template, with the local cloud's names and
// ARNs.
type resolver struct {
	resources map[string]resource
	// secrets are values by the logical ids of secrets.
	secrets map[string]string
	// account begins the values of secrets that the account has, and not the template.
	account string
}

// Pseudo parameters of the local cloud.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

var pseudo = map[string]string{
	"AWS::Region": Region, "AWS::AccountId": Account, "AWS::Partition": "aws",
	"AWS::URLSuffix": "amazonaws.com", "AWS::StackName": "local",
}

// value replaces the intrinsic functions in a JSON value.
func (r *resolver) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return r.dynamic(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			resolved, err := r.value(item)
			if err != nil {
				return nil, err
			}
			out = append(out, resolved)
		}
		return out, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return r.intrinsic(name, argument)
				}
			}
		}
		out := make(map[string]any, len(v))
		for name, item := range v {
			resolved, err := r.value(item)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = resolved
		}
		return out, nil
	default:
		return v, nil
	}
}

func (r *resolver) intrinsic(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return r.ref(id)
	case "Fn::GetAtt":
		path, ok := argument.([]any)
		if !ok || len(path) != 2 {
			break
		}
		id, _ := path[0].(string)
		attribute, _ := path[1].(string)
		return r.attribute(id, attribute)
	case "Fn::Join":
		parts, ok := argument.([]any)
		if !ok || len(parts) != 2 {
			break
		}
		resolved, err := r.value(parts[1])
		if err != nil {
			return nil, err
		}
		separator, isText := parts[0].(string)
		items, isList := resolved.([]any)
		if !isText || !isList {
			break
		}
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = fmt.Sprint(item)
		}
		return r.dynamic(strings.Join(texts, separator))
	case "Fn::Sub":
		if text, ok := argument.(string); ok {
			replaced, err := r.substitute(text)
			if err != nil {
				return nil, err
			}
			return r.dynamic(replaced)
		}
	}
	return nil, fmt.Errorf("%s with %v is not supported here", name, argument)
}

var reference = regexp.MustCompile(`\$\{([^}!]+)\}`)

func (r *resolver) substitute(text string) (string, error) {
	var errs []error
	out := reference.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		var value any
		var err error
		if id, attribute, found := strings.Cut(name, "."); found {
			value, err = r.attribute(id, attribute)
		} else {
			value, err = r.ref(name)
		}
		errs = append(errs, err)
		return fmt.Sprint(value)
	})
	return strings.ReplaceAll(out, "${!", "${"), errors.Join(errs...)
}

var secretReference = regexp.MustCompile(`\{\{resolve:secretsmanager:([^:}]+):SecretString:[^}]*\}\}`)

// dynamic replaces references to secrets. The account has each whose name contains "/", which no logical id does.
func (r *resolver) dynamic(text string) (string, error) {
	var missing error
	return secretReference.ReplaceAllStringFunc(text, func(match string) string {
		name := secretReference.FindStringSubmatch(match)[1]
		value, ok := r.secrets[name]
		if strings.Contains(name, "/") {
			value, ok = r.account+name, true
		}
		if !ok {
			missing = fmt.Errorf("there is no secret for %s", match)
		}
		return value
	}), missing
}

// ref returns the value of {"Ref": id}: the resource's name, which here is its logical id, or a
// queue's URL.
func (r *resolver) ref(id string) (string, error) {
	if value, ok := pseudo[id]; ok {
		return value, nil
	}
	found, ok := r.resources[id]
	if !ok {
		return "", fmt.Errorf("there is no resource %s", id)
	}
	if found.Type == "AWS::SQS::Queue" { // the one whose name is its URL
		return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + id, nil
	}
	return id, nil
}

func (r *resolver) attribute(id, attribute string) (string, error) {
	found, ok := r.resources[id]
	if !ok {
		return "", fmt.Errorf("there is no resource %s", id)
	}
	service, ok := map[string]string{
		"AWS::Lambda::Function":      "lambda:" + Region + ":" + Account + ":function:",
		"AWS::DynamoDB::Table":       "dynamodb:" + Region + ":" + Account + ":table/",
		"AWS::DynamoDB::GlobalTable": "dynamodb:" + Region + ":" + Account + ":table/",
		"AWS::S3::Bucket":            "s3:::",
		"AWS::SQS::Queue":            "sqs:" + Region + ":" + Account + ":",
		"AWS::Events::Rule":          "events:" + Region + ":" + Account + ":rule/",
		"AWS::Logs::LogGroup":        "logs:" + Region + ":" + Account + ":log-group:",
		"AWS::IAM::Role":             "iam::" + Account + ":role/",
	}[found.Type]
	if attribute != "Arn" || !ok {
		return "", fmt.Errorf("%s of a %s is not supported here", attribute, found.Type)
	}
	return "arn:aws:" + service + id, nil
}
