package policy

import (
	"reflect"
	"testing"
)

func TestARoleAllowsWhatAStatementAllowsAndNoneDenies(t *testing.T) {
	role := NewRole([]Statement{
		{Actions: []string{"dynamodb:Get*", "dynamodb:PutItem"}, Resources: []string{"arn:t"}},
		{Actions: []string{"execute-api:ManageConnections"}, Resources: []string{"arn:a/prod/*/@connections/*"}},
		{Deny: true, Actions: []string{"*"}, Resources: []string{"arn:a/prod/DELETE/*"}},
	})
	for _, c := range []struct {
		action, resource string
		allowed          bool
	}{
		{"dynamodb:GetItem", "arn:t", true},
		{"DynamoDB:getitem", "arn:t", true},
		{"dynamodb:GetItem", "arn:T", false},
		{"dynamodb:GetItem", "arn:t/index/i", false},
		{"dynamodb:DeleteItem", "arn:t", false},
		{"execute-api:ManageConnections", "arn:a/prod/POST/@connections/x=", true},
		{"execute-api:ManageConnections", "arn:a/prod/DELETE/@connections/x=", false},
		{"execute-api:ManageConnections", "arn:a/dev/POST/@connections/x=", false},
	} {
		if got := role.Allows(Request{c.action, c.resource}); got != c.allowed {
			t.Errorf("%s on %s: %v", c.action, c.resource, got)
		}
	}
	want := []Grant{{"dynamodb:PutItem", "arn:t"}}
	if got := role.Unused(); !reflect.DeepEqual(got, want) {
		t.Errorf("unused: %v", got)
	}
}

func TestCallsNeedTheActionsOfWhatTheyDo(t *testing.T) {
	here := Place{Region: "us-east-1", Account: "000000000000", API: "api"}
	table := func(name string) string { return "arn:aws:dynamodb:us-east-1:000000000000:table/" + name }
	for _, c := range []struct {
		service, operation, method, path, body string
		want                                   []Request
	}{
		{"dynamodb", "PutItem", "", "", `{"TableName":"t"}`, []Request{{"dynamodb:PutItem", table("t")}}},
		{"dynamodb", "Query", "", "", `{"TableName":"t","IndexName":"i"}`, []Request{{"dynamodb:Query", table("t") + "/index/i"}}},
		{"dynamodb", "BatchWriteItem", "", "", `{"RequestItems":{"t":[]}}`, []Request{{"dynamodb:BatchWriteItem", table("t")}}},
		{
			"dynamodb", "TransactWriteItems", "", "",
			`{"TransactItems":[{"Put":{"TableName":"t"}},{"ConditionCheck":{"TableName":"u"}}]}`,
			[]Request{{"dynamodb:PutItem", table("t")}, {"dynamodb:ConditionCheckItem", table("u")}},
		},
		{
			"execute-api", "", "POST", "/prod/@connections/abc%3D", "",
			[]Request{{"execute-api:ManageConnections", "arn:aws:execute-api:us-east-1:000000000000:api/prod/POST/@connections/abc="}},
		},
		{
			"lambda", "", "POST", "/2015-03-31/functions/f/invocations", "",
			[]Request{{"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:000000000000:function:f"}},
		},
	} {
		got, err := here.Requests(Call{c.service, c.operation, c.method, c.path, []byte(c.body)})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: %v, %v", c.service, c.operation, got, err)
		}
	}
}
