package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Place has the parts of ARNs that depend on where a call is made.
type Place struct {
	Region, Account string
	// API is the id of the WebSocket API.
	API string
}

// Call is a signed call of a function to AWS.
type Call struct {
	Service, Operation string
	Method, Path       string
	Body               []byte
}

// Requests returns the permissions that a call needs (Service Authorization Reference).
func (p Place) Requests(c Call) ([]Request, error) {
	switch c.Service {
	case "dynamodb":
		return p.dynamoDB(c)
	case "execute-api":
		path, err := url.PathUnescape(c.Path)
		if err != nil {
			return nil, err
		}
		stage, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		return []Request{{
			"execute-api:ManageConnections",
			p.arn("execute-api", p.API+"/"+stage+"/"+c.Method+"/"+rest),
		}}, nil
	case "sqs":
		var body struct {
			QueueURL string `json:"QueueUrl"`
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			return nil, fmt.Errorf("a call of SQS: %w", err)
		}
		return []Request{{"sqs:" + c.Operation, p.Queue(path.Base(body.QueueURL))}}, nil
	case "lambda":
		rest, _ := strings.CutPrefix(c.Path, "/2015-03-31/functions/")
		name, _, _ := strings.Cut(rest, "/")
		name, err := url.PathUnescape(name)
		if err != nil {
			return nil, err
		}
		return []Request{{"lambda:InvokeFunction", p.Function(name[strings.LastIndex(name, ":")+1:])}}, nil
	}
	return nil, fmt.Errorf("calls of %s are not supported", c.Service)
}

func (p Place) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// Table, Function and Queue return the ARN of a table, of a function, and of a queue.
func (p Place) Table(name string) string    { return p.arn("dynamodb", "table/"+name) }
func (p Place) Function(name string) string { return p.arn("lambda", "function:"+name) }
func (p Place) Queue(name string) string    { return p.arn("sqs", name) }

// table returns a table's ARN, or that of an index of it.
func (p Place) table(name, index string) string {
	if !strings.HasPrefix(name, "arn:") {
		name = p.Table(name)
	}
	if index != "" {
		name += "/index/" + index
	}
	return name
}

func (p Place) dynamoDB(c Call) ([]Request, error) {
	var body struct {
		TableName, IndexName string
		RequestItems         map[string]json.RawMessage
		TransactItems        []map[string]struct{ TableName string }
	}
	if err := json.Unmarshal(c.Body, &body); err != nil {
		return nil, fmt.Errorf("a call of DynamoDB: %w", err)
	}
	var requests []Request
	switch {
	case body.TransactItems != nil:
		actions := map[string]string{
			"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem", "ConditionCheck": "ConditionCheckItem",
		}
		for _, item := range body.TransactItems {
			for kind, on := range item {
				requests = append(requests, Request{"dynamodb:" + actions[kind], p.table(on.TableName, "")})
			}
		}
	case body.RequestItems != nil:
		for _, table := range slices.Sorted(maps.Keys(body.RequestItems)) {
			requests = append(requests, Request{"dynamodb:" + c.Operation, p.table(table, "")})
		}
	default:
		requests = append(requests, Request{"dynamodb:" + c.Operation, p.table(body.TableName, body.IndexName)})
	}
	return requests, nil
}
