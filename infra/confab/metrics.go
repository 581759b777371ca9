package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/metrics"
)

// metricOf returns a metric of CloudWatch.
func metricOf(namespace, name, statistic string, dimensions map[string]*string) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace:  jsii.String(namespace),
		MetricName: jsii.String(name),
		Statistic:  jsii.String(statistic),
	}
	if len(dimensions) > 0 {
		props.DimensionsMap = &dimensions
	}
	return awscloudwatch.NewMetric(props)
}

// confabMetric returns the sum of a metric that the functions of this stack themselves write.
func confabMetric(name string) awscloudwatch.Metric {
	return metricOf(metrics.Namespace, name, "Sum", map[string]*string{metrics.Stack: awscdk.Aws_STACK_NAME()})
}

// socketMetric returns the sum of a metric of the WebSocket API, such as MessageCount.
func (r *Realtime) socketMetric(name string) awscloudwatch.Metric {
	return metricOf("AWS/ApiGateway", name, "Sum", map[string]*string{
		"ApiId": r.API.ApiId(), "Stage": r.Stage.StageName(),
	})
}

// tableMetric returns the sum of a metric of a table.
func tableMetric(t awsdynamodb.TableV2, name string) awscloudwatch.Metric {
	return metricOf("AWS/DynamoDB", name, "Sum", map[string]*string{"TableName": t.TableName()})
}
