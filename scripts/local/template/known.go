package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// known are the properties of the types that are read. The properties before the bar are
// read too; those after it make no difference here. Any other property is an error, because
// it may make a difference on AWS.
var known = map[string]string{
	"AWS::ApiGatewayV2::Api":           "ProtocolType CorsConfiguration | Name Description RouteSelectionExpression",
	"AWS::ApiGatewayV2::Authorizer":    "ApiId AuthorizerType IdentitySource JwtConfiguration | Name",
	"AWS::ApiGatewayV2::Integration":   "ApiId IntegrationType IntegrationUri PayloadFormatVersion |",
	"AWS::ApiGatewayV2::Route":         "ApiId RouteKey Target AuthorizationType AuthorizerId RouteResponseSelectionExpression |",
	"AWS::ApiGatewayV2::RouteResponse": "ApiId RouteId RouteResponseKey |",
	"AWS::ApiGatewayV2::Stage":         "ApiId StageName AutoDeploy DefaultRouteSettings | AccessLogSettings Tags",
	"AWS::DynamoDB::GlobalTable": "KeySchema AttributeDefinitions TimeToLiveSpecification GlobalSecondaryIndexes LocalSecondaryIndexes" +
		" | BillingMode Replicas SSESpecification WarmThroughput",
	"AWS::DynamoDB::Table": "KeySchema AttributeDefinitions TimeToLiveSpecification GlobalSecondaryIndexes LocalSecondaryIndexes" +
		" | BillingMode SSESpecification PointInTimeRecoverySpecification DeletionProtectionEnabled Tags",
	"AWS::Events::Rule":              "ScheduleExpression State Targets | Description",
	"AWS::IAM::Policy":               "PolicyDocument Roles | PolicyName",
	"AWS::IAM::Role":                 "AssumeRolePolicyDocument Policies | ManagedPolicyArns Description Tags",
	"AWS::Lambda::EventInvokeConfig": "FunctionName Qualifier MaximumRetryAttempts DestinationConfig | MaximumEventAgeInSeconds",
	"AWS::Lambda::Function": "Code Environment Runtime Timeout Role MemorySize Architectures ReservedConcurrentExecutions" +
		" | Description Handler LoggingConfig TracingConfig Tags",
	"AWS::Lambda::EventSourceMapping": "EventSourceArn FunctionName BatchSize Enabled | Tags",
	"AWS::SQS::Queue": "FifoQueue VisibilityTimeout RedrivePolicy MessageRetentionPeriod" +
		" | DeduplicationScope FifoThroughputLimit SqsManagedSseEnabled Tags",
	"AWS::Lambda::Permission": "Action FunctionName Principal SourceArn |",
	"AWS::S3::Bucket":         "| BucketEncryption CorsConfiguration LifecycleConfiguration OwnershipControls PublicAccessBlockConfiguration Tags",
}

// check returns an error if the local cloud does not support a property of a resource.
func (r resource) check() error {
	properties, ok := known[r.Type]
	if !ok {
		return nil
	}
	if r.Condition != "" {
		return errors.New("conditions are not supported here")
	}
	names := strings.Fields(properties)
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the local cloud does not support this property: %s", name)
		}
	}
	return nil
}
