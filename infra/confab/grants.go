package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// What each function may do. The lists follow from the calls of the stores; none of them
// scans. The application's handlers may use the engine's whole API. A disconnect handler
// runs wherever a post finds that its connection is gone, which is in every function but
// connect.

// realtimeActions returns the operations of DynamoDB that a function performs on the
// realtime table.
func realtimeActions(function string, recovery bool) []string {
	if function == names.Connect {
		return []string{"PutItem"}
	}
	actions := []string{"Query", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"}
	if function == names.Message || function == names.Sweep && recovery {
		actions = append(actions, "PutItem") // answers of clients, parts of binary packets; that a client has left
	}
	if function == names.Sweep || recovery {
		actions = append(actions, "GetItem") // when a slot was last pinged; the clock of the recovery log, the session to recover
	}
	return actions
}

// chatActions returns the operations of DynamoDB that a function performs on the chat
// table.
func chatActions(function string) []string {
	switch function {
	case names.Connect:
		return nil
	case names.Message, names.API:
		return []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem"}
	case names.Sweep: // also finishes what others began
		return []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem"}
	default: // the presence of the user whose connection ends, and who is told of it
		return []string{"PutItem", "UpdateItem", "Query"}
	}
}

// connectionMethods returns the methods of @connections that a function calls: POST to
// send, DELETE to close.
func connectionMethods(function string) []string {
	if function == names.Connect {
		return []string{"POST"}
	}
	return []string{"POST", "DELETE"}
}

// handsOver reports whether a function hands large fan-outs to the fanout function, or what is left of
// them.
func handsOver(function string) bool { return function != names.Connect }

// letInvokeItself allows a function to hand parts of its work over to other invocations of itself.
// The policy is not the role's own, on which the function depends: that would be a circle.
func letInvokeItself(f awslambda.Function, role awsiam.Role) {
	policy := awsiam.NewPolicy(f, jsii.String("InvokeItself"), &awsiam.PolicyProps{
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("lambda:InvokeFunction"),
			Resources: &[]*string{f.FunctionArn()},
		})},
	})
	policy.AttachToRole(role)
}

// allow adds a statement to a function's role.
func allow(role awsiam.IRole, service string, actions []string, resources ...*string) {
	if len(actions) == 0 {
		return
	}
	var qualified []*string
	for _, action := range actions {
		qualified = append(qualified, jsii.String(service+":"+action))
	}
	role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   &qualified,
		Resources: &resources,
	}))
}

// connectionsARN returns the ARN of all connections of a stage, for one method.
func connectionsARN(scope constructs.Construct, apiID, stage *string, method string) *string {
	return executeAPI(scope, apiID, *stage+"/"+method+"/@connections/*")
}

// executeAPI returns the ARN of a path below an API: a stage and a route of it.
func executeAPI(scope constructs.Construct, apiID *string, path string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("execute-api"),
		Resource:     apiID,
		ResourceName: jsii.String(path),
	})
}

// restrictInvocation narrows a route's permission to invoke its function to one source. The
// CDK would leave stage and method open.
func restrictInvocation(route constructs.IConstruct, source *string) {
	for _, child := range *route.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if permission, ok := child.(awslambda.CfnPermission); ok {
			permission.SetSourceArn(source)
		}
	}
}
