package confab

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
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

// AlarmProps configure alarms. The zero value makes alarms that show in the console and
// notify no one.
type AlarmProps struct {
	// Email is notified. Its owner must confirm the first mail.
	Email string
	// Topic is notified too.
	Topic awssns.ITopic
	// MonthlyBudget is a budget for the whole account in dollars. Email is notified at 80 %
	// and 100 % of it, and when the forecast for the month exceeds it. Zero: no budget.
	MonthlyBudget float64
	// StopAtBudget takes the functions' permissions away when MonthlyBudget is spent.
	StopAtBudget bool
}

// alarms adds alarms with one set of actions.
//
// A chat has ten metrics with an alarm, because ten are free in an account and an idle chat
// costs nothing. So alarms watch symptoms, not every possible cause.
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
	return a
}

// newMail adds a topic whose messages go to a mail address. Enforcing TLS gives the topic a
// policy, which replaces the default one that admits the account's alarms. So they are
// allowed again.
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

// alarm is raised when a metric exceeds a bound in so many of the last window minutes.
type alarm struct {
	description     string
	metric          awscloudwatch.Metric
	above           float64
	minutes, window float64 // window: minutes
}

// add adds an alarm. docs/operations.md lists alarms by their ids.
func (a alarms) add(id string, spec alarm) {
	if spec.window == 0 {
		spec.window = spec.minutes
	}
	// Periods of a minute: the sums are per minute.
	metric := spec.metric.With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(1))})
	props := &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String("Confab " + id + ": " + spec.description),
		Metric:             metric,
		Threshold:          jsii.Number(spec.above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		EvaluationPeriods:  jsii.Number(spec.window),
		DatapointsToAlarm:  jsii.Number(spec.minutes),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // an idle chat has no data
	}
	if strings.HasPrefix(*spec.metric.Statistic(), "p") {
		props.EvaluateLowSampleCountPercentile = jsii.String("ignore") // the slowest of a few is no percentile
	}
	added := awscloudwatch.NewAlarm(a.scope, jsii.String(id), props)
	for _, action := range a.actions {
		added.AddAlarmAction(action)
		added.AddOkAction(action)
	}
}

// addAlarms adds the alarms of the engine.
func (r *Realtime) addAlarms() {
	r.alarms = newAlarms(r.Construct, r.props.Alarms)
	r.alarms.add("Failed", alarm{
		description: "events fail through no fault of the client, which gets \"internal\" or \"unavailable\"",
		metric:      confabMetric(metrics.Failed), above: 0, minutes: 3, window: 5,
	})
	r.alarms.add("MessageErrors", alarm{
		description: "the message function crashes or times out; clients get no answer",
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
		description: "the account's concurrency is used up; raise its quota",
		// Of the whole account, like the quota: other stacks share it.
		metric: metricOf("AWS/Lambda", "Throttles", "Sum", nil), above: 0, minutes: 2, window: 5,
	})
	r.alarms.add("Failures", alarm{
		description: "sweeps, or schedules of the application, failed for good; see the queue",
		metric:      r.Failures.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		above:       0, minutes: 1,
	})
	r.alarms.add("FanoutBacklog", alarm{
		description: "large rooms get their messages more than 30 seconds late",
		metric:      r.fanouts.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		above:       30, minutes: 3, window: 5,
	})
	r.alarms.add("GivenUp", alarm{
		description: "packets do not reach their receivers: API Gateway refuses posts until their deadline (429, 5xx), or does not answer",
		metric:      confabMetric(metrics.GivenUp), above: 60, minutes: 1,
	})
	r.alarms.add("GonePosts", alarm{
		description: "many posts find their connection gone (410): clients lose their connections, or cleaning up fails",
		metric:      confabMetric(metrics.PostsGone), above: 1000, minutes: 5,
	})
}

// watchHTTP adds the alarm of an HTTP API.
func (r *Realtime) watchHTTP(h api.HttpApi) {
	r.alarms.add("HTTPErrors", alarm{
		description: "the HTTP API fails",
		metric:      h.MetricServerError(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}),
		above:       0, minutes: 3, window: 5,
	})
}
