package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/names"
)

// addDashboard adds a dashboard of traffic, durations, errors and billed units. A dashboard
// with up to fifty metrics is free.
func (r *Realtime) addDashboard() {
	r.Dashboard = awscloudwatch.NewDashboard(r.Construct, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
	})
	message := r.functions[names.Message]
	duration := func(statistic string) awscloudwatch.IMetric {
		return message.MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String(statistic), Label: jsii.String(statistic)})
	}
	var crashes []awscloudwatch.IMetric
	for _, name := range names.Functions() {
		if f, ok := r.functions[name]; ok {
			crashes = append(crashes, f.MetricErrors(&awscloudwatch.MetricOptions{Label: jsii.String(name)}))
		}
	}
	r.Dashboard.AddWidgets(
		graph("Messages and connections a minute (each message is billed)", r.socketMetric("MessageCount"), r.socketMetric("ConnectCount")),
		graph("Duration of a message, in milliseconds", duration("p50"), duration("p99")),
		graph("Posts: all, connection gone (410), throttled or failed (429, 5xx); packets given up", confabMetric(metrics.Posts), confabMetric(metrics.PostsGone),
			confabMetric(metrics.PostsBusy), confabMetric(metrics.GivenUp)),
	)
	r.Dashboard.AddWidgets(
		graph("Errors: logged, internal errors to clients, refusals to clients; crashed functions",
			append([]awscloudwatch.IMetric{confabMetric(metrics.ErrorsLogged), confabMetric(metrics.Failed), confabMetric(metrics.Refused)}, crashes...)...),
		graph("Concurrent functions, and throttled ones", metricOf("AWS/Lambda", "ConcurrentExecutions", "Maximum", nil), metricOf("AWS/Lambda", "Throttles", "Sum", nil)),
		graph("Large fan-outs: chunks that wait, and seconds that the oldest does; kept failures, of sweeps too",
			r.fanouts.MetricApproximateNumberOfMessagesVisible(nil), r.fanouts.MetricApproximateAgeOfOldestMessage(nil),
			r.FailedFanouts.MetricApproximateNumberOfMessagesVisible(nil), r.Failures.MetricApproximateNumberOfMessagesVisible(nil)),
	)
	r.Dashboard.AddWidgets(
		graph("Connections opened, ended, and visited by the sweep", confabMetric(metrics.ConnectionsOpened),
			confabMetric(metrics.ConnectionsEnded), confabMetric(metrics.ConnectionsSwept)),
		capacity("The realtime table: units consumed (billed) and throttled", r.Table),
	)
}

// addDashboard adds the widgets of the chat.
func (c *Chat) addDashboard() {
	c.Realtime.Dashboard.AddWidgets(append(c.Realtime.httpGraphs(c.HTTP),
		capacity("The chat table: units consumed (billed) and throttled", c.Table))...)
}

// httpGraphs are those of an HTTP API.
func (r *Realtime) httpGraphs(h api.HttpApi) []awscloudwatch.IWidget {
	sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}
	return []awscloudwatch.IWidget{
		graph("The HTTP API's function: errors, and milliseconds (p99)", r.functions[names.API].MetricErrors(nil),
			r.functions[names.API].MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String("p99")})),
		graph("HTTP requests, and their errors", h.MetricCount(sum), h.MetricClientError(sum), h.MetricServerError(sum)),
	}
}

func graph(title string, series ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &series, Width: jsii.Number(8), Period: awscdk.Duration_Minutes(jsii.Number(1)),
	})
}

func capacity(title string, t awsdynamodb.TableV2) awscloudwatch.IWidget {
	return graph(title,
		tableMetric(t, "ConsumedWriteCapacityUnits"), tableMetric(t, "ConsumedReadCapacityUnits"),
		tableMetric(t, "WriteThrottleEvents"), tableMetric(t, "ReadThrottleEvents"))
}
