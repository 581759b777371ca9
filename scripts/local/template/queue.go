package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/local/policy"
)

// Queue is a FIFO queue and the function that takes its messages, one at a time.
type Queue struct {
	Name, Function        string
	Visibility, Retention time.Duration
	// MaxReceives is how often a function is given a message before it goes to DeadLetters; 0:
	// without end.
	MaxReceives int
	DeadLetters string
}

// queueProperties are those of a queue, with their defaults where they are zero.
type queueProperties struct {
	FifoQueue                                 bool
	VisibilityTimeout, MessageRetentionPeriod int
	RedrivePolicy                             struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}
}

func (r *reader) queue(arn string) (id string, p queueProperties, err error) {
	id = arn[strings.LastIndexByte(arn, ':')+1:]
	if r.resources[id].Type != "AWS::SQS::Queue" {
		return "", p, fmt.Errorf("%q is no queue of the template", arn)
	}
	if err := r.decode(id, &p); err != nil {
		return "", p, fmt.Errorf("%s: %w", id, err)
	}
	if !p.FifoQueue {
		return "", p, fmt.Errorf("%s is no FIFO queue, which alone is supported here", id)
	}
	p.VisibilityTimeout = cmp.Or(p.VisibilityTimeout, 30) // SQS's defaults
	p.MessageRetentionPeriod = cmp.Or(p.MessageRetentionPeriod, 4*24*60*60)
	return id, p, nil
}

// mapping reads an event source mapping. AWS refuses one whose function may run longer than the queue
// waits for it, or may not take messages.
func (r *reader) mapping(d *Deployment, id string) error {
	var p struct {
		EventSourceArn, FunctionName string
		BatchSize                    int
		Enabled                      *bool
	}
	if err := r.decode(id, &p); err != nil {
		return err
	}
	if p.BatchSize != 1 {
		return errors.New("only a batch size of 1 is supported here")
	}
	if p.Enabled != nil && !*p.Enabled {
		return nil
	}
	name, queue, err := r.queue(p.EventSourceArn)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(d.Functions, func(f Function) bool { return f.Name == p.FunctionName })
	if i < 0 {
		return fmt.Errorf("%q is no function of the template", p.FunctionName)
	}
	visibility := time.Duration(queue.VisibilityTimeout) * time.Second
	if timeout := d.Functions[i].Timeout; visibility < timeout {
		return fmt.Errorf("the queue's visibility timeout of %v is less than the function's timeout of %v", visibility, timeout)
	}
	for _, action := range consumption {
		if !d.Functions[i].Role.Allows(policy.Request{Action: action, Resource: p.EventSourceArn}) {
			return fmt.Errorf("the function's role does not allow %s on %s", action, p.EventSourceArn)
		}
	}
	q := Queue{
		Name: name, Function: p.FunctionName, MaxReceives: queue.RedrivePolicy.MaxReceiveCount,
		Visibility: visibility, Retention: time.Duration(queue.MessageRetentionPeriod) * time.Second,
	}
	if dead := queue.RedrivePolicy.DeadLetterTargetArn; dead != "" {
		if q.DeadLetters, _, err = r.queue(dead); err != nil {
			return err
		}
	}
	d.Queues = append(d.Queues, q)
	return nil
}

// consumption is what Lambda does with a queue, by the function's role.
var consumption = []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
