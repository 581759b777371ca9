package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// newTable adds a table of package schema, billed on demand. What is durable can be
// restored to any second of the last 35 days, and is encrypted with a key whose use is in
// the account's audit trail. What is protected can be restored too, cannot be deleted by
// mistake, and stays when the stack goes.
func newTable(scope constructs.Construct, id string, t schema.Table, protected bool) awsdynamodb.TableV2 {
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
		DeletionProtection:  jsii.Bool(protected),
		RemovalPolicy:       removal(protected),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(t.Durable || protected),
		},
	})
}

// removal is what becomes of a resource when the stack is deleted.
func removal(keep bool) awscdk.RemovalPolicy {
	if keep {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
