package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// tables returns the tables by their logical ids. These are pinned, because with another id
// a table would be replaced by an empty one.
func tables(m template) map[string]resource {
	found := m.of("AWS::DynamoDB::GlobalTable")
	for id, r := range found {
		r.Metadata = nil // where in the tree of constructs it stands
		found[id] = r
	}
	return found
}

func TestTheTablesAreThoseOfTheSchema(t *testing.T) {
	key := func(name, kind string) any { return map[string]any{"AttributeName": name, "KeyType": kind} }
	attribute := func(name string) any { return map[string]any{"AttributeName": name, "AttributeType": "S"} }
	table := func(durable bool) resource {
		replica := map[string]any{
			"Region":                           map[string]any{"Ref": "AWS::Region"},
			"DeletionProtectionEnabled":        true,
			"PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true},
		}
		r := resource{
			Type: "AWS::DynamoDB::GlobalTable",
			Properties: map[string]any{
				"KeySchema":               []any{key(schema.PartitionKey, "HASH"), key(schema.SortKey, "RANGE")},
				"AttributeDefinitions":    []any{attribute(schema.PartitionKey), attribute(schema.SortKey)},
				"BillingMode":             "PAY_PER_REQUEST",
				"TimeToLiveSpecification": map[string]any{"AttributeName": schema.TTL, "Enabled": true},
				"Replicas":                []any{replica},
			},
			DeletionPolicy:      "RetainExceptOnCreate",
			UpdateReplacePolicy: "Retain",
		}
		// Without a KMS key, DynamoDB encrypts with its own key.
		r.Properties["SSESpecification"] = map[string]any{"SSEEnabled": false}
		if durable {
			r.Properties["SSESpecification"] = map[string]any{"SSEEnabled": true, "SSEType": "KMS"}
		}
		return r
	}
	want(t, "tables", tables(synth(t)), map[string]resource{
		"RealtimeTable": table(schema.Realtime.Durable),
		"ChatTable":     table(schema.Chat.Durable),
	})
}

// poolsWith are the settings that change the user pool, or remove it.
var poolsWith = []string{"selfSignUp", "issuer", "userPool"}

func TestNoOtherSettingTouchesATableOrTheUserPool(t *testing.T) {
	before, pool := tables(synth(t)), synth(t).of("AWS::Cognito::UserPool")
	for _, parameters := range [][]string{
		{"requestsPerSecond=100", "burst=50"},
		{"allowedOrigins=https://example.com", "connectSources=https://example.org"},
		{"domainName=chat.example.com", "certificateArn=" + certificate, "hostedZoneId=Z1", "hostedZoneName=example.com"},
		{"guests=true"},
		{"selfSignUp=true"},
		{"issuer=https://id.example.com", "clientId=page"},
		{"userPool=false", "guests=true"},
		{"page=false"},
		{"webAcl=" + webACL},
		{"recovery=2m", "tracing=true", "logRetentionDays=7", "logLevel=debug", "postsPerSecond=4000"},
		{"presence=everyone", "presenceGrace=1m"},
		{"heartbeat=noop", "routeResponse=filled"},
		{"admin=" + admin, "architecture=x86_64", "apiGatewayLogRole=false"},
		{"alarmEmail=ops@example.com", "monthlyBudget=50"},
	} {
		m := synth(t, parameters...)
		want(t, "tables with "+parameters[0], tables(m), before)
		setting, _, _ := strings.Cut(parameters[0], "=")
		if !slices.Contains(poolsWith, setting) {
			want(t, "the pool with "+parameters[0], m.of("AWS::Cognito::UserPool"), pool)
		}
	}
}

const admin = "ada:$2a$10$sHCozwFiWuyWE8NL4cq9vOkaZzAecEJwQhk8B8aEH6Zql4EMJAAAK"

const webACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/chat/00000000-0000-0000-0000-000000000000"

func TestTablesAreWarmedAsAskedAndChangeInNothingElse(t *testing.T) {
	before := tables(synth(t))
	for id, warmed := range tables(synth(t, "warmReads=20000", "warmWrites=10000")) {
		want(t, id, warmed.Properties["WarmThroughput"], any(map[string]any{"ReadUnitsPerSecond": 20_000.0, "WriteUnitsPerSecond": 10_000.0}))
		want(t, id+" otherwise", without(warmed.Properties, "WarmThroughput"), before[id].Properties)
	}
}

func TestGivingUpTheDataReplacesNoTable(t *testing.T) {
	before, after := tables(synth(t)), tables(synth(t, "retainData=false"))
	want(t, "logical ids", keys(after), keys(before))
	for id := range after {
		want(t, id+"'s deletion policy", after[id].DeletionPolicy, "Delete")
		// CloudFormation updates these in place; everything else must be equal.
		want(t, id, without(after[id].Properties, "Replicas"), without(before[id].Properties, "Replicas"))
		want(t, id+" is protected", at(after[id].Properties["Replicas"], "DeletionProtectionEnabled"), any(false))
	}
}

// CloudFormation cannot delete what is protected, and so cannot undo the deployment that made it.
func TestAFirstDeploymentThatFailsLeavesNoDataBehind(t *testing.T) {
	m := synth(t, "deletionProtection=false")
	kept := map[string]string{}
	for id, r := range m.Resources {
		if r.DeletionPolicy != "" && r.DeletionPolicy != "Delete" {
			kept[r.Type] = r.DeletionPolicy + " " + r.UpdateReplacePolicy
		}
		protection := r.Properties["DeletionProtection"]
		if replica := at(r.Properties["Replicas"], "DeletionProtectionEnabled"); replica != nil {
			protection = replica
		}
		if protection != nil && protection != false && protection != "INACTIVE" {
			t.Errorf("%s is protected: %v", id, protection)
		}
	}
	want(t, "what stays when the stack goes", kept, map[string]string{
		"AWS::DynamoDB::GlobalTable": "RetainExceptOnCreate Retain",
		"AWS::Cognito::UserPool":     "RetainExceptOnCreate Retain",
		"AWS::S3::Bucket":            "RetainExceptOnCreate Retain",
		// Others use them: see newLogRole.
		"AWS::ApiGateway::Account": "Retain Retain",
		"AWS::IAM::Role":           "Retain Retain",
	})
}

func TestTablesAndUsersAreProtectedFromDeletion(t *testing.T) {
	m, protected := synth(t), map[string]any{}
	for id, table := range tables(m) {
		protected[id] = at(table.Properties["Replicas"], "DeletionProtectionEnabled")
	}
	protected["Users"] = m.one(t, "AWS::Cognito::UserPool").Properties["DeletionProtection"]
	want(t, "protected", protected, map[string]any{"RealtimeTable": true, "ChatTable": true, "Users": "ACTIVE"})
}

func without(properties map[string]any, name string) map[string]any {
	rest := maps.Clone(properties)
	delete(rest, name)
	return rest
}
