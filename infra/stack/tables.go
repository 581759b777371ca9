package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// tables are those of package schema.
type tables struct {
	realtime, chat awsdynamodb.TableV2
}

func newTables(scope constructs.Construct) tables {
	return tables{realtime: newTable(scope, schema.Realtime), chat: newTable(scope, schema.Chat)}
}

func newTable(scope constructs.Construct, t schema.Table) awsdynamodb.TableV2 {
	removal := awscdk.RemovalPolicy_DESTROY
	if t.Durable {
		removal = awscdk.RemovalPolicy_RETAIN
	}
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	return awsdynamodb.NewTableV2(scope, jsii.String(t.ID), &awsdynamodb.TablePropsV2{
		PartitionKey:        key(schema.PartitionKey),
		SortKey:             key(schema.SortKey),
		TimeToLiveAttribute: jsii.String(schema.TTL),
		Billing:             awsdynamodb.Billing_OnDemand(nil),
		DeletionProtection:  jsii.Bool(t.Durable),
		RemovalPolicy:       removal,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(t.Durable),
		},
	})
}

// grant gives a function what it does with the tables, and no more: nothing scans.
func (t tables) grant(name string, f awslambda.Function) {
	if name == names.Connect {
		t.realtime.Grant(f, actions("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")...)
		return
	}
	t.realtime.Grant(f, actions("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem")...)
	t.chat.Grant(f, actions("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "ConditionCheckItem")...)
}

func actions(names ...string) []*string {
	var all []*string
	for _, name := range names {
		all = append(all, jsii.String("dynamodb:"+name))
	}
	return all
}
