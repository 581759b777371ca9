package confab

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// Posts say how fast large fan-outs are posted; see docs/adr/0037.
type Posts struct {
	// PerSecond is how many posts all of them make a second: 60 % of AccountRequests. For every 1,000 of
	// them one function may run.
	PerSecond int
	// Deadline is how long a post is repeated that API Gateway refuses: 30 s.
	Deadline time.Duration
}

// MaxPostDeadline is how long a chunk waits at most, and so how long it makes sense to repeat a post.
const MaxPostDeadline = fanoutMinutes * time.Minute

const (
	// fanoutSeconds is how long the fanout function may run. A chunk whose function has died waits as
	// long for the next, and the others of its lane with it.
	fanoutSeconds = 20
	// fanoutTries is how often a chunk is given to a function. Before the last ones the function gives up
	// by itself, so that what is kept is what no function could even take.
	fanoutTries = 5
	// fanoutMinutes is how long a chunk waits at most. A client that was not reached within a quarter of an
	// hour has come back and caught up.
	fanoutMinutes = 15
)

// newFanouts adds the queue of large fan-outs, and that of what failed for good. Both contain packets
// with their contents, so they are encrypted.
func (r *Realtime) newFanouts() {
	queue := func(id string, props awssqs.QueueProps) awssqs.Queue {
		props.Fifo = jsii.Bool(true)
		props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
		props.EnforceSSL = jsii.Bool(true)
		return awssqs.NewQueue(r.Construct, jsii.String(id), &props)
	}
	r.FailedFanouts = queue("FailedFanouts", awssqs.QueueProps{RetentionPeriod: awscdk.Duration_Days(jsii.Number(4))})
	r.fanouts = queue("Fanouts", awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(fanoutSeconds)),
		RetentionPeriod:   awscdk.Duration_Minutes(jsii.Number(fanoutMinutes)),
		// Each lane is a message group, with a throughput of its own.
		DeduplicationScope:  awssqs.DeduplicationScope_MESSAGE_GROUP,
		FifoThroughputLimit: awssqs.FifoThroughputLimit_PER_MESSAGE_GROUP_ID,
		DeadLetterQueue: &awssqs.DeadLetterQueue{
			Queue: r.FailedFanouts, MaxReceiveCount: jsii.Number(fanoutTries),
		},
	})
}

// takeFanouts lets Lambda give the fanout function what is in the queue, one message of a group at a
// time.
func (r *Realtime) takeFanouts(f awslambda.Function) {
	allow(f.Role(), "sqs", []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}, r.fanouts.QueueArn())
	awslambda.NewEventSourceMapping(f, jsii.String("Queue"), &awslambda.EventSourceMappingProps{
		Target: f, EventSourceArn: r.fanouts.QueueArn(), BatchSize: jsii.Number(1),
	})
}
