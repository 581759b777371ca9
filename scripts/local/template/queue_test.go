package template

import (
	"strings"
	"testing"
	"time"
)

// withQueue adds a queue of which Message takes messages, and its dead letters.
func withQueue(r resources) {
	of := func(id string) map[string]any { return map[string]any{"Fn::GetAtt": []any{id, "Arn"}} }
	r["Work"] = map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{
		"FifoQueue": true, "VisibilityTimeout": 40, "MessageRetentionPeriod": 900,
		"RedrivePolicy": map[string]any{"deadLetterTargetArn": of("Dead"), "maxReceiveCount": 5},
	}}
	r["Dead"] = map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{"FifoQueue": true}}
	r["Mapping"] = map[string]any{"Type": "AWS::Lambda::EventSourceMapping", "Properties": map[string]any{
		"EventSourceArn": of("Work"), "FunctionName": map[string]any{"Ref": "Message"}, "BatchSize": 1,
	}}
	r["WorkPolicy"] = map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
		"Roles": []any{map[string]any{"Ref": "MessageRole"}},
		"PolicyDocument": map[string]any{"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": []any{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, "Resource": of("Work"),
		}}},
	}}
	r.properties("Message")["Environment"] = map[string]any{"Variables": map[string]any{"QUEUE": map[string]any{"Ref": "Work"}}}
}

func TestAQueueIsReadWithTheFunctionThatTakesItsMessages(t *testing.T) {
	d := read(t, withQueue)
	want(t, "queues", d.Queues, []Queue{{
		Name: "Work", Function: "Message", Visibility: 40 * time.Second, Retention: 15 * time.Minute, MaxReceives: 5, DeadLetters: "Dead",
	}})
	want(t, "its URL", d.Functions[0].Environment["QUEUE"], "https://sqs.us-east-1.amazonaws.com/000000000000/Work")
	for _, g := range d.Functions[0].Role.Unused() {
		if strings.HasPrefix(g.Action, "sqs:") && strings.HasSuffix(g.Resource, ":Work") {
			t.Errorf("%s is taken for unused", g.Action)
		}
	}
}

func TestAMappingThatAWSWouldRefuseIsAnError(t *testing.T) {
	for problem, change := range map[string]func(resources){
		"Mapping: only a batch size of 1 is supported":             func(r resources) { r.properties("Mapping")["BatchSize"] = 10 },
		"Mapping: Work is no FIFO queue":                           func(r resources) { delete(r.properties("Work"), "FifoQueue") },
		"Mapping: Dead is no FIFO queue":                           func(r resources) { delete(r.properties("Dead"), "FifoQueue") },
		"timeout of 20s is less than the function's timeout of 29": func(r resources) { r.properties("Work")["VisibilityTimeout"] = 20 },
		"role does not allow sqs:ReceiveMessage":                   func(r resources) { delete(r, "WorkPolicy") },
		`"Other" is no function of the template`:                   func(r resources) { r.properties("Mapping")["FunctionName"] = "Other" },
		"is no queue of the template":                              func(r resources) { r.properties("Mapping")["EventSourceArn"] = "arn:aws:sqs:us-east-1:1:Gone" },
	} {
		_, err := load(t, func(r resources) { withQueue(r); change(r) })
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("want %s\n got %v", problem, err)
		}
	}
}
