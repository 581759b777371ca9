package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/names"
)

// addDashboard adds a dashboard: what comes in, what goes out, how long it takes, what
// goes wrong, and what it is billed by. A dashboard is free up to fifty metrics.
func (r *Realtime) addDashboard() {
	r.Dashboard = awscloudwatch.NewDashboard(r.Construct, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
	})
	message, fanout := r.functions[names.Message], r.functions[names.Fanout]
	duration := func(statistic string) awscloudwatch.IMetric {
		return message.MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String(statistic), Label: jsii.String(statistic)})
	}
	var errors []awscloudwatch.IMetric
	for _, name := range names.Functions() {
		if f, ok := r.functions[name]; ok {
			errors = append(errors, f.MetricErrors(&awscloudwatch.MetricOptions{Label: jsii.String(name)}))
		}
	}
	r.Dashboard.AddWidgets(
		graph("Messages and connections a minute (each message is billed)", r.socketMetric("MessageCount"), r.socketMetric("ConnectCount")),
		graph("A message takes, in milliseconds", duration("p50"), duration("p99")),
		graph("Posts: all, connection gone (410), refused for now (429, 5xx)", counted(metrics.Posts), counted(metrics.PostsGone), counted(metrics.PostsBusy)),
	)
	r.Dashboard.AddWidgets(
		graph("Errors: logged, told to clients, refused to clients; functions that crashed",
			append([]awscloudwatch.IMetric{counted(metrics.ErrorsLogged), counted(metrics.Failed), counted(metrics.Refused)}, errors...)...),
		graph("Functions at once, and refused", metricOf("AWS/Lambda", "ConcurrentExecutions", "Maximum", nil), metricOf("AWS/Lambda", "Throttles", "Sum", nil)),
		graph("Fan-out: age of what waits, failures kept",
			metricOf("AWS/Lambda", "AsyncEventAge", "Maximum", map[string]*string{"FunctionName": fanout.FunctionName()}),
			r.Failures.MetricApproximateNumberOfMessagesVisible(nil)),
	)
	r.Dashboard.AddWidgets(
		graph("Connections opened, ended, and seen by the sweep", counted(metrics.ConnectionsOpened),
			counted(metrics.ConnectionsEnded), counted(metrics.ConnectionsSwept)),
		capacity("The realtime table: units consumed (billed) and refused", r.Table),
	)
}

// addDashboard adds what the chat has of its own.
func (c *Chat) addDashboard() {
	c.Realtime.Dashboard.AddWidgets(
		graph("The HTTP API's function: errors, and milliseconds (p99)", c.Realtime.functions[names.API].MetricErrors(nil),
			c.Realtime.functions[names.API].MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String("p99")})),
		capacity("The chat table: units consumed (billed) and refused", c.Table),
		graph("HTTP requests, and their errors", c.HTTP.MetricCount(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}),
			c.HTTP.MetricClientError(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}),
			c.HTTP.MetricServerError(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")})),
	)
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &metrics, Width: jsii.Number(8), Period: awscdk.Duration_Minutes(jsii.Number(1)),
	})
}

func capacity(title string, t awsdynamodb.TableV2) awscloudwatch.IWidget {
	return graph(title,
		tableMetric(t, "ConsumedWriteCapacityUnits"), tableMetric(t, "ConsumedReadCapacityUnits"),
		tableMetric(t, "WriteThrottleEvents"), tableMetric(t, "ReadThrottleEvents"))
}
