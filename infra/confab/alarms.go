package confab

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/names"
)

// AlarmProps say who is told when something is wrong. The zero value makes alarms that
// show in the console and tell nobody.
type AlarmProps struct {
	// Email is told; it has to confirm the first mail.
	Email string
	// Topic is told too.
	Topic awssns.ITopic
	// MonthlyBudget, in dollars, makes a budget for the account that tells Email at 80 %
	// and 100 % of it, and when the month is forecast to exceed it. Zero: none.
	MonthlyBudget float64
}

// alarms adds alarms with one set of actions.
//
// There are ten metrics with an alarm in a chat, and not more: so many are free in an
// account, and a chat in which nobody talks costs nothing. So an alarm watches where a
// fault shows, and not each place where it may arise.
type alarms struct {
	scope   constructs.Construct
	actions []awscloudwatch.IAlarmAction
}

func newAlarms(scope constructs.Construct, props AlarmProps) alarms {
	a := alarms{scope: constructs.NewConstruct(scope, jsii.String("Alarms"))}
	if props.Topic != nil {
		a.actions = append(a.actions, awscloudwatchactions.NewSnsAction(props.Topic))
	}
	if props.Email != "" {
		a.actions = append(a.actions, awscloudwatchactions.NewSnsAction(newMail(a.scope, props.Email)))
	}
	if props.Email != "" && props.MonthlyBudget > 0 {
		newBudget(a.scope, props)
	}
	return a
}

// newMail adds a topic whose messages go to a mail address. A policy of its own, which
// enforcing TLS makes, replaces the one that lets the account's alarms in.
func newMail(scope constructs.Construct, address string) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("Mail"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(address), nil))
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	return topic
}

// alarm is raised when a metric was above a bound in so many of the last window minutes.
type alarm struct {
	description     string
	metric          awscloudwatch.Metric
	above           float64
	minutes, window float64 // window: minutes
}

// add adds an alarm; docs/operations.md knows it by its id.
func (a alarms) add(id string, when alarm) {
	if when.window == 0 {
		when.window = when.minutes
	}
	// Periods of a minute: the sums are per minute.
	metric := when.metric.With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(1))})
	props := &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String("Confab " + id + ": " + when.description),
		Metric:             metric,
		Threshold:          jsii.Number(when.above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		EvaluationPeriods:  jsii.Number(when.window),
		DatapointsToAlarm:  jsii.Number(when.minutes),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // nobody talks
	}
	if strings.HasPrefix(*when.metric.Statistic(), "p") {
		props.EvaluateLowSampleCountPercentile = jsii.String("ignore") // the slowest of a few is no percentile
	}
	made := awscloudwatch.NewAlarm(a.scope, jsii.String(id), props)
	for _, action := range a.actions {
		made.AddAlarmAction(action)
		made.AddOkAction(action)
	}
}

// addAlarms adds the alarms of the engine.
func (r *Realtime) addAlarms() {
	r.alarms = newAlarms(r.Construct, r.props.Alarms)
	r.alarms.add("Failed", alarm{
		description: "events fail for reasons of ours: clients are told \"internal\" or \"unavailable\"",
		metric:      counted(metrics.Failed), above: 0, minutes: 3, window: 5,
	})
	r.alarms.add("MessageErrors", alarm{
		description: "the message function crashes or runs out of time; clients are not answered",
		metric:      r.functions[names.Message].MetricErrors(nil), above: 0, minutes: 3, window: 5,
	})
	r.alarms.add("ConnectErrors", alarm{
		description: "connections cannot be opened",
		metric:      r.functions[names.Connect].MetricErrors(nil), above: 0, minutes: 3, window: 5,
	})
	r.alarms.add("SlowMessages", alarm{
		description: "one message in a hundred takes longer than three seconds",
		metric:      r.functions[names.Message].MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String("p99")}),
		above:       3000, minutes: 5,
	})
	r.alarms.add("Throttles", alarm{
		description: "the account runs as many functions at once as it may; raise its concurrency",
		// Of the whole account, as the limit is: other stacks may take what this one lacks.
		metric: metricOf("AWS/Lambda", "Throttles", "Sum", nil), above: 0, minutes: 2, window: 5,
	})
	r.alarms.add("Failures", alarm{
		description: "fan-outs or sweeps failed for good; see the queue",
		metric:      r.Failures.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		above:       0, minutes: 1,
	})
	r.alarms.add("FanoutBacklog", alarm{
		description: "large rooms get their messages more than 30 seconds late",
		metric: metricOf("AWS/Lambda", "AsyncEventAge", "Maximum", map[string]*string{
			"FunctionName": r.functions[names.Fanout].FunctionName(),
		}),
		above: 30_000, minutes: 3, window: 5,
	})
	r.alarms.add("BusyPosts", alarm{
		description: "API Gateway refuses posts for now (429, 5xx); raise its quota of requests",
		metric:      counted(metrics.PostsBusy), above: 300, minutes: 3, window: 5,
	})
	r.alarms.add("GonePosts", alarm{
		description: "many posts find their connection gone (410): clients lose their lines, or endings fail",
		metric:      counted(metrics.PostsGone), above: 1000, minutes: 5,
	})
}

// addAlarms adds those of the chat.
func (c *Chat) addAlarms() {
	c.Realtime.alarms.add("HTTPErrors", alarm{
		description: "the HTTP API fails",
		metric:      c.HTTP.MetricServerError(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}),
		above:       0, minutes: 3, window: 5,
	})
}

// newBudget adds a budget of the account's costs. A budget of this stack alone would need
// a cost allocation tag, which takes a day to be switched on by hand.
func newBudget(scope constructs.Construct, props AlarmProps) {
	notify := func(kind string, percent float64) *awsbudgets.CfnBudget_NotificationWithSubscribersProperty {
		return &awsbudgets.CfnBudget_NotificationWithSubscribersProperty{
			Notification: &awsbudgets.CfnBudget_NotificationProperty{
				NotificationType:   jsii.String(kind),
				ComparisonOperator: jsii.String("GREATER_THAN"),
				Threshold:          jsii.Number(percent),
				ThresholdType:      jsii.String("PERCENTAGE"),
			},
			Subscribers: &[]any{&awsbudgets.CfnBudget_SubscriberProperty{
				SubscriptionType: jsii.String("EMAIL"), Address: jsii.String(props.Email),
			}},
		}
	}
	awsbudgets.NewCfnBudget(scope, jsii.String("Budget"), &awsbudgets.CfnBudgetProps{
		Budget: &awsbudgets.CfnBudget_BudgetDataProperty{
			BudgetType:  jsii.String("COST"),
			TimeUnit:    jsii.String("MONTHLY"),
			BudgetLimit: &awsbudgets.CfnBudget_SpendProperty{Amount: jsii.Number(props.MonthlyBudget), Unit: jsii.String("USD")},
		},
		NotificationsWithSubscribers: &[]any{notify("ACTUAL", 80), notify("ACTUAL", 100), notify("FORECASTED", 100)},
	})
}
