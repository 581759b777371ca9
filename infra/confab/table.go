package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// Keeping says what keeps tables, users and files from being deleted.
type Keeping struct {
	// Disposable deletes everything with the stack, including messages and users.
	Disposable bool
	// Unprotected lets anybody delete tables and the user pool who may. While they are protected,
	// CloudFormation itself cannot delete them, and so cannot undo a first deployment that fails.
	Unprotected bool
}

// protected says whether the protection from deletion is on.
func (k Keeping) protected() bool { return !k.Disposable && !k.Unprotected }

// policy says what happens to a resource when it leaves the stack. In the deployment that made it, it
// goes with what was made beside it: nothing can be in it yet.
func (k Keeping) policy() awscdk.RemovalPolicy {
	if k.Disposable {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// Warm is how many units a second a table takes at once: AWS's own 12,000 reads and 4,000 writes for what
// is zero. They are no bound, and billed once, when they are raised. AWS never lowers them, so a
// later deployment must not ask for less.
type Warm struct{ Reads, Writes float64 }

func (w Warm) throughput() *awsdynamodb.WarmThroughput {
	if w == (Warm{}) {
		return nil
	}
	units := func(n float64) *float64 {
		if n == 0 {
			return nil
		}
		return jsii.Number(n)
	}
	return &awsdynamodb.WarmThroughput{ReadUnitsPerSecond: units(w.Reads), WriteUnitsPerSecond: units(w.Writes)}
}

// tableSpec says what a table has of its own.
type tableSpec struct {
	// partition and sort are its key; sort may be nil.
	partition, sort *awsdynamodb.Attribute
	// ttl is the attribute with the second at which an item expires; "": none does.
	ttl string
	// durable tables hold what outlives sessions, and are encrypted with a key whose use is in the
	// account's audit trail.
	durable bool
}

// ofSchema describes a table of package schema.
func ofSchema(t schema.Table) tableSpec {
	return tableSpec{attribute(schema.PartitionKey, "S"), attribute(schema.SortKey, "S"), schema.TTL, t.Durable}
}

// attribute returns an attribute of a key, with one of DynamoDB's types S, N and B.
func attribute(name, kind string) *awsdynamodb.Attribute {
	kinds := map[string]awsdynamodb.AttributeType{
		"S": awsdynamodb.AttributeType_STRING, "N": awsdynamodb.AttributeType_NUMBER, "B": awsdynamodb.AttributeType_BINARY,
	}
	return &awsdynamodb.Attribute{Name: jsii.String(name), Type: kinds[kind]}
}

// newTable adds a table, billed on demand. It can be restored to any second of the last 35 days. The
// realtime table holds nothing that outlives its sessions, but losing it cuts everyone off, and its
// protection costs cents.
func newTable(scope constructs.Construct, id string, t tableSpec, keeping Keeping, warm Warm) awsdynamodb.TableV2 {
	encryption := awsdynamodb.TableEncryptionV2_DynamoOwnedKey()
	if t.durable {
		encryption = awsdynamodb.TableEncryptionV2_AwsManagedKey()
	}
	props := &awsdynamodb.TablePropsV2{
		PartitionKey:       t.partition,
		SortKey:            t.sort,
		Billing:            awsdynamodb.Billing_OnDemand(nil),
		WarmThroughput:     warm.throughput(),
		Encryption:         encryption,
		DeletionProtection: jsii.Bool(keeping.protected()),
		RemovalPolicy:      keeping.policy(),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
	}
	if t.ttl != "" {
		props.TimeToLiveAttribute = jsii.String(t.ttl)
	}
	return awsdynamodb.NewTableV2(scope, jsii.String(id), props)
}
