package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/metrics"
)

// metricOf is a metric of CloudWatch.
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

// counted is a sum that the functions count themselves. It is over all of Confab in the
// account: dimensions would multiply what CloudWatch bills.
func counted(name string) awscloudwatch.Metric {
	return metricOf(metrics.Namespace, name, "Sum", nil)
}

// socketMetric is a sum of the WebSocket API's: ConnectCount, MessageCount and so on.
func (r *Realtime) socketMetric(name string) awscloudwatch.Metric {
	return metricOf("AWS/ApiGateway", name, "Sum", map[string]*string{
		"ApiId": r.API.ApiId(), "Stage": r.Stage.StageName(),
	})
}

// tableMetric is a sum of a table's.
func tableMetric(t awsdynamodb.TableV2, name string) awscloudwatch.Metric {
	return metricOf("AWS/DynamoDB", name, "Sum", map[string]*string{"TableName": t.TableName()})
}
