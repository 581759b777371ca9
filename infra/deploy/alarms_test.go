package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// alarms returns the metrics that each alarm watches.
func alarms(m template) []string {
	var found []string
	for _, a := range m.of("AWS::CloudWatch::Alarm") {
		what := flat(a.Properties["Namespace"]) + " " + flat(a.Properties["MetricName"]) + " " +
			flat(a.Properties["Statistic"]) + flat(a.Properties["ExtendedStatistic"])
		dimensions, _ := a.Properties["Dimensions"].([]any)
		for _, d := range dimensions {
			what += " " + m.named(flat(at(d, "Value")))
		}
		found = append(found, what)
	}
	slices.Sort(found)
	return found
}

// freeAlarms is how many metrics with alarms are free in an account.
const freeAlarms = 10

func TestAlarmsWatchWhatHurtsAndAreFree(t *testing.T) {
	watched := alarms(synth(t))
	want(t, "alarms", watched, []string{
		"AWS/ApiGateway 5xx Sum ${HTTP API}",
		"AWS/Lambda Duration p99 ${message}",
		"AWS/Lambda Errors Sum ${connect}",
		"AWS/Lambda Errors Sum ${message}",
		"AWS/Lambda Throttles Sum",
		"AWS/SQS ApproximateAgeOfOldestMessage Maximum ${Fanouts.QueueName}",
		"AWS/SQS ApproximateNumberOfMessagesVisible Maximum ${Queue.QueueName}",
		"Confab Failed Sum ${AWS::StackName}",
		"Confab GivenUp Sum ${AWS::StackName}",
		"Confab PostsGone Sum ${AWS::StackName}",
	})
	if len(watched) > freeAlarms {
		t.Errorf("%d alarms cost money in an idle chat", len(watched))
	}
}

func TestAMailAddressIsToldOfAlarmsAndOfTheBudget(t *testing.T) {
	m := synth(t, "alarmEmail=ops@example.com", "monthlyBudget=50")
	subscription := m.one(t, "AWS::SNS::Subscription").Properties
	want(t, "the subscription", flat(subscription["Protocol"])+" "+flat(subscription["Endpoint"]), "email ops@example.com")
	for id, a := range m.of("AWS::CloudWatch::Alarm") {
		want(t, id, flat(a.Properties["AlarmActions"]), `[{"Ref":"`+strings.Trim(flat(subscription["TopicArn"]), "${}")+`"}]`)
	}
	var publishers []string
	for _, s := range at(m.one(t, "AWS::SNS::TopicPolicy").Properties["PolicyDocument"], "Statement").([]any) {
		if at(s, "Effect") == "Allow" {
			publishers = append(publishers, flat(at(s, "Action"))+" "+flat(at(s, "Principal"))+" "+flat(at(s, "Condition")))
		}
	}
	want(t, "who may publish", publishers, []string{
		`sns:Publish {"Service":"cloudwatch.amazonaws.com"} {"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}`,
	})
	budget := m.one(t, "AWS::Budgets::Budget").Properties
	want(t, "the budget", flat(at(budget["Budget"], "BudgetLimit")), `{"Amount":50,"Unit":"USD"}`)
	var thresholds []string
	for _, n := range budget["NotificationsWithSubscribers"].([]any) {
		thresholds = append(thresholds, flat(at(n, "Notification", "NotificationType"))+" "+
			flat(at(n, "Notification", "Threshold"))+" "+flat(at(n, "Subscribers", "Address")))
	}
	want(t, "thresholds", thresholds, []string{"ACTUAL 80 ops@example.com", "ACTUAL 100 ops@example.com", "FORECASTED 100 ops@example.com"})
}

func TestABudgetThatIsSpentStopsEveryFunction(t *testing.T) {
	m := synth(t, "alarmEmail=ops@example.com", "monthlyBudget=50", "stopAtBudget=true")
	budget := ""
	for id := range m.of("AWS::Budgets::Budget") {
		budget = id
	}
	stopped := map[string]bool{}
	for id, a := range m.of("AWS::Budgets::BudgetsAction") {
		p := a.Properties
		want(t, id, strings.Join([]string{flat(p["ActionType"]), flat(p["ApprovalModel"]), flat(p["NotificationType"]),
			flat(at(p["ActionThreshold"], "Value")), flat(p["BudgetName"])}, " "),
			"APPLY_IAM_POLICY AUTOMATIC ACTUAL 100 ${"+budget+"}")
		for _, role := range at(p["Definition"], "IamActionDefinition", "Roles").([]any) {
			stopped[strings.Trim(flat(role), "${}")] = true
		}
		policy := strings.Trim(flat(at(p["Definition"], "IamActionDefinition", "PolicyArn")), "${}")
		statement := at(m.Resources[policy].Properties["PolicyDocument"], "Statement").([]any)[0]
		want(t, "what is denied", flat(at(statement, "Effect"))+" "+flat(at(statement, "Action"))+" "+flat(at(statement, "Resource")),
			`Deny ["dynamodb:*","execute-api:*","lambda:InvokeFunction"] *`)
	}
	for name, f := range m.functions() {
		role := strings.TrimSuffix(strings.Trim(flat(f.Properties["Role"]), "${}"), ".Arn")
		if !stopped[role] {
			t.Errorf("%s, which has the role %s, goes on; stopped are %v", name, role, stopped)
		}
	}
	want(t, "actions without stopAtBudget", len(synth(t, "alarmEmail=ops@example.com", "monthlyBudget=50").of("AWS::Budgets::BudgetsAction")), 0)
}

func TestWithoutAMailAddressNobodyIsTold(t *testing.T) {
	m := synth(t)
	want(t, "topics and budgets", len(m.of("AWS::SNS::Topic"))+len(m.of("AWS::Budgets::Budget")), 0)
	for id, a := range m.of("AWS::CloudWatch::Alarm") {
		want(t, id, a.Properties["AlarmActions"], nil)
	}
}

func TestTheDashboardIsOne(t *testing.T) {
	body := flat(synth(t).one(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"])
	want(t, "metrics of other stacks", strings.Count(body, `"Confab"`), strings.Count(body, `"Stack","${AWS::StackName}"`))
	shown := map[string]bool{}
	for _, metric := range []string{
		"MessageCount", "ConnectCount", "Duration", "Posts", "PostsGone", "PostsBusy", "GivenUp", "Failed", "Refused", "ConnectionsSwept", "Errors", "Throttles",
		"ConcurrentExecutions", "ApproximateAgeOfOldestMessage", "ConsumedWriteCapacityUnits", "WriteThrottleEvents", "5xx",
	} {
		shown[metric] = strings.Contains(body, `"`+metric+`"`)
	}
	for metric := range maps.Keys(shown) {
		if !shown[metric] {
			t.Errorf("the dashboard lacks %s", metric)
		}
	}
}
