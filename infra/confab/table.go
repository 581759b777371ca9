package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// newTable adds a table of package schema, billed on demand. It can be restored to any
// second of the last 35 days. Unless it is disposable, it is protected from deletion and
// stays when the stack is deleted. The realtime table holds nothing that outlives its
// sessions, but losing it cuts everyone off, and its protection costs cents.
func newTable(scope constructs.Construct, id string, t schema.Table, disposable bool) awsdynamodb.TableV2 {
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	encryption := awsdynamodb.TableEncryptionV2_DynamoOwnedKey()
	if t.Durable {
		encryption = awsdynamodb.TableEncryptionV2_AwsManagedKey()
	}
	return awsdynamodb.NewTableV2(scope, jsii.String(id), &awsdynamodb.TablePropsV2{
		PartitionKey:        key(schema.PartitionKey),
		SortKey:             key(schema.SortKey),
		TimeToLiveAttribute: jsii.String(schema.TTL),
		Billing:             awsdynamodb.Billing_OnDemand(nil),
		Encryption:          encryption,
		DeletionProtection:  jsii.Bool(!disposable),
		RemovalPolicy:       removalPolicy(!disposable),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
	})
}

// removalPolicy says what happens to a resource when the stack is deleted.
func removalPolicy(keep bool) awscdk.RemovalPolicy {
	if keep {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
