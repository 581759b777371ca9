package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// known are the properties of the types that are read, by type: those that are read too,
// and behind the bar those that make no difference here. Any other is an error, because
// it might make one on AWS.
var known = map[string]string{
	"AWS::ApiGatewayV2::Api":           "ProtocolType CorsConfiguration | Name Description RouteSelectionExpression",
	"AWS::ApiGatewayV2::Authorizer":    "ApiId AuthorizerType IdentitySource JwtConfiguration | Name",
	"AWS::ApiGatewayV2::Integration":   "ApiId IntegrationType IntegrationUri PayloadFormatVersion |",
	"AWS::ApiGatewayV2::Route":         "ApiId RouteKey Target AuthorizationType AuthorizerId RouteResponseSelectionExpression |",
	"AWS::ApiGatewayV2::RouteResponse": "ApiId RouteId RouteResponseKey |",
	"AWS::ApiGatewayV2::Stage":         "ApiId StageName AutoDeploy DefaultRouteSettings | AccessLogSettings Tags",
	"AWS::DynamoDB::GlobalTable": "KeySchema AttributeDefinitions TimeToLiveSpecification GlobalSecondaryIndexes LocalSecondaryIndexes" +
		" | BillingMode Replicas SSESpecification",
	"AWS::DynamoDB::Table": "KeySchema AttributeDefinitions TimeToLiveSpecification GlobalSecondaryIndexes LocalSecondaryIndexes" +
		" | BillingMode SSESpecification PointInTimeRecoverySpecification DeletionProtectionEnabled Tags",
	"AWS::Events::Rule":              "ScheduleExpression State Targets | Description",
	"AWS::IAM::Policy":               "PolicyDocument Roles | PolicyName",
	"AWS::IAM::Role":                 "AssumeRolePolicyDocument Policies | ManagedPolicyArns Description Tags",
	"AWS::Lambda::EventInvokeConfig": "FunctionName Qualifier MaximumRetryAttempts DestinationConfig | MaximumEventAgeInSeconds",
	"AWS::Lambda::Function": "Code Environment Runtime Timeout Role MemorySize Architectures ReservedConcurrentExecutions" +
		" | Description Handler LoggingConfig TracingConfig Tags",
	"AWS::Lambda::Permission": "Action FunctionName Principal SourceArn |",
}

// check finds what of a resource the local cloud does not know.
func (r resource) check() error {
	properties, ok := known[r.Type]
	if !ok {
		return nil
	}
	if r.Condition != "" {
		return errors.New("conditions are not known here")
	}
	names := strings.Fields(properties)
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the local cloud does not know this property: %s", name)
		}
	}
	return nil
}
