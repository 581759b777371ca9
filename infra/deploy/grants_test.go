package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/names"
)

// grants returns what each function's role allows: the operations by resource.
func grants(m template) map[string]map[string][]string {
	found := map[string]map[string][]string{}
	for name, f := range m.functions() {
		role := strings.TrimSuffix(strings.TrimPrefix(flat(f.Properties["Role"]), "${"), ".Arn}")
		allowed := map[string][]string{}
		for _, policy := range m.of("AWS::IAM::Policy") {
			if flat(policy.Properties["Roles"].([]any)[0]) != "${"+role+"}" {
				continue
			}
			for _, s := range at(policy.Properties["PolicyDocument"], "Statement").([]any) {
				for _, resource := range list(at(s, "Resource")) {
					resource = m.named(resource)
					allowed[resource] = append(allowed[resource], list(at(s, "Action"))...)
					slices.Sort(allowed[resource])
				}
			}
		}
		for range list(m.Resources[role].Properties["ManagedPolicyArns"]) {
			allowed["a managed policy"] = nil
		}
		found[name] = allowed
	}
	return found
}

// list returns one or many texts as a list.
func list(v any) []string {
	many, ok := v.([]any)
	if !ok {
		if v == nil {
			return nil
		}
		return []string{flat(v)}
	}
	var texts []string
	for _, one := range many {
		texts = append(texts, flat(one))
	}
	return texts
}

// The resources that are granted.
const (
	realtimeTable = "${RealtimeTable.Arn}"
	chatTable     = "${ChatTable.Arn}"
	log           = "${log.Arn}"
	failures      = "${Queue.Arn}"
	fanout        = "${Fanouts.Arn}"
	sweep         = "${sweep.Arn}"
	connections   = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WEBSOCKET API}/prod/"
	post          = connections + "POST/@connections/*"
	closing       = connections + "DELETE/@connections/*"
	files         = "${Attachments.Arn}"
	uploads       = files + "/pending/*"
	kept          = files + "/kept/*"
)

func TestEachFunctionMayDoWhatItDoesAndNoMore(t *testing.T) {
	dynamo := func(operations ...string) []string {
		for i := range operations {
			operations[i] = "dynamodb:" + operations[i]
		}
		slices.Sort(operations)
		return operations
	}
	var (
		write   = []string{"logs:CreateLogStream", "logs:PutLogEvents"}
		manage  = []string{"execute-api:ManageConnections"}
		objects = []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}
		missing = []string{"s3:ListBucket"}
		send    = []string{"sqs:SendMessage"}
		take    = []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"}
		engine  = dynamo("Query", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem")
		leaving = dynamo("PutItem", "UpdateItem", "Query")
		// The sweep finishes changes of memberships that other functions began, and looks who is online.
		repairing = dynamo("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem")
		talking   = dynamo("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem")
	)
	got := grants(synth(t))
	want(t, "functions", keys(got), slices.Sorted(slices.Values(names.Functions())))
	for name, expected := range map[string]map[string][]string{
		names.Connect: {
			realtimeTable: dynamo("PutItem"),
			post:          manage, log: write,
		},
		names.Message: {
			realtimeTable: dynamo("PutItem", "Query", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"),
			chatTable:     talking, post: manage, closing: manage, fanout: send, log: write,
			files: missing, uploads: objects, kept: objects,
		},
		names.Disconnect: {
			realtimeTable: engine, chatTable: leaving, post: manage, closing: manage, fanout: send, log: write,
		},
		names.Fanout: {
			realtimeTable: engine, chatTable: leaving, post: manage, closing: manage, fanout: take, log: write,
		},
		names.Sweep: {
			realtimeTable: dynamo("GetItem", "Query", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"),
			chatTable:     repairing, post: manage, closing: manage, fanout: send, sweep: {"lambda:InvokeFunction"}, failures: send, log: write,
		},
		names.API: {
			realtimeTable: engine, chatTable: talking, post: manage, closing: manage, fanout: send, log: write,
			files: missing, uploads: objects, kept: objects,
		},
	} {
		want(t, name, got[name], expected)
	}
}

func TestRecoveryAddsTheReadsOfItsClockAndSessions(t *testing.T) {
	plain, recovering := grants(synth(t)), grants(synth(t, "recovery=2m"))
	added := map[string][]string{}
	for name, allowed := range recovering {
		for _, operation := range allowed[realtimeTable] {
			if !slices.Contains(plain[name][realtimeTable], operation) {
				added[name] = append(added[name], operation)
			}
		}
	}
	get := []string{"dynamodb:GetItem"}
	want(t, "added", added, map[string][]string{
		names.Message: get, names.Disconnect: get, names.Fanout: get, names.API: get, names.Sweep: {"dynamodb:PutItem"},
	})
}

func TestNothingIsAllowedOnEverything(t *testing.T) {
	m := synth(t)
	for id, policy := range m.of("AWS::IAM::Policy") {
		for _, s := range at(policy.Properties["PolicyDocument"], "Statement").([]any) {
			for _, resource := range list(at(s, "Resource")) {
				if resource == "*" {
					t.Errorf("%s allows %v on everything", id, list(at(s, "Action")))
				}
			}
			for _, action := range list(at(s, "Action")) {
				if strings.Contains(action, "*") {
					t.Errorf("%s allows %s", id, action)
				}
			}
		}
	}
}
