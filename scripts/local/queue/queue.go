// Package queue stands in for Amazon SQS, and for the event source mappings by which AWS Lambda takes
// messages from it: FIFO queues whose messages a function gets, one message of a group after the
// other, each again until the function has taken it. Enter at [New].
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/wait"
)

// Queue is a FIFO queue and the function that takes its messages, one at a time.
type Queue struct {
	Name, Function string
	// Visibility is how long a message that a function was given is not given to another: 30 s.
	// Retention is how long a message is kept: four days.
	Visibility, Retention time.Duration
	// MaxReceives is how often a message is given to a function before it goes to DeadLetters. Zero:
	// without end.
	MaxReceives int
	DeadLetters string
}

// Functions runs the functions; host.Host does. If an error of Invoke has a method Throttled that
// returns true, the function has not run.
type Functions interface {
	Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error)
}

// Options configure Queues. Functions is required.
type Options struct {
	Queues    []Queue
	Functions Functions
	// Fail is told of a message that goes to a queue of dead letters.
	Fail  func(destination, function string, payload []byte, err error, receives int)
	Meter *meter.Meter
	Log   *slog.Logger
}

// Queues are the queues of an account. They are safe for concurrent use.
type Queues struct {
	options Options
	open    context.Context
	shut    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	queues map[string]*queue
}

// queue is a Queue with its messages.
type queue struct {
	Queue
	// groups are the messages of each group, in order. A group without messages is not there.
	groups map[string][]*message
	// sent is when deduplication ids were used.
	sent     map[string]time.Time
	sequence int
}

// message is a message in a queue.
type message struct {
	id, body, group, deduplicationID string
	sequence                         int
	sentAt, firstReceived            time.Time
	receives                         int
}

// New returns queues.
func New(o Options) *Queues {
	if o.Meter == nil {
		o.Meter = &meter.Meter{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fail == nil {
		o.Fail = func(string, string, []byte, error, int) {}
	}
	q := &Queues{options: o, queues: map[string]*queue{}}
	q.open, q.shut = context.WithCancel(context.Background())
	for _, one := range o.Queues {
		if one.Visibility == 0 {
			one.Visibility = 30 * time.Second
		}
		if one.Retention == 0 {
			one.Retention = 4 * 24 * time.Hour
		}
		q.queues[one.Name] = &queue{Queue: one, groups: map[string][]*message{}, sent: map[string]time.Time{}}
	}
	return q
}

// deduplicationInterval is how long a message with the id of another is dropped (Amazon SQS developer
// guide, "Using the message deduplication ID").
const deduplicationInterval = 5 * time.Minute

// send adds a message, unless one with its deduplication id was sent before.
func (q *Queues) send(to *queue, m *message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if at, again := to.sent[m.deduplicationID]; again && now.Sub(at) < deduplicationInterval {
		return
	}
	for id, at := range to.sent {
		if now.Sub(at) >= deduplicationInterval {
			delete(to.sent, id)
		}
	}
	to.sequence++
	m.id, m.sequence, m.sentAt = uuid.NewString(), to.sequence, now
	to.sent[m.deduplicationID] = now
	to.groups[m.group] = append(to.groups[m.group], m)
	if len(to.groups[m.group]) == 1 && q.open.Err() == nil {
		q.running.Go(func() { q.work(to, m.group) })
	}
}

// work gives the messages of a group to the function until there are none.
func (q *Queues) work(from *queue, group string) {
	for first := q.first(from, group); first != nil; first = q.first(from, group) {
		if !q.give(from, first) {
			return
		}
		q.mu.Lock()
		if from.groups[group] = from.groups[group][1:]; len(from.groups[group]) == 0 {
			delete(from.groups, group)
		}
		q.mu.Unlock()
	}
}

func (q *Queues) first(from *queue, group string) *message {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(from.groups[group]) == 0 {
		return nil
	}
	return from.groups[group][0]
}

// give gives a message to the function until it has taken it, or it goes to the dead letters. It
// reports false if the queues have closed before.
func (q *Queues) give(from *queue, m *message) bool {
	var err error
	for {
		if time.Since(m.sentAt) > from.Retention {
			q.options.Log.Warn("a message has expired in its queue", "queue", from.Name)
			return true
		}
		if from.MaxReceives > 0 && m.receives >= from.MaxReceives {
			q.options.Fail(from.DeadLetters, from.Function, []byte(m.body), err, m.receives)
			return true
		}
		received := time.Now()
		if m.receives++; m.receives == 1 {
			m.firstReceived = received
		}
		q.options.Meter.Call(from.Function, meter.Queues, "ReceiveMessage", false, 0, 0)
		if err = q.invoke(from, m); err == nil {
			q.options.Meter.Call(from.Function, meter.Queues, "DeleteMessage", false, 0, 0)
			return true
		}
		if wait.Sleep(q.open, from.Visibility-time.Since(received)) != nil {
			return false
		}
	}
}

// throttledPause is the time between two tries of an invocation that is throttled.
const throttledPause = 100 * time.Millisecond

// invoke invokes the function with a message. While it is throttled, it waits as long as the message is
// not visible.
func (q *Queues) invoke(from *queue, m *message) error {
	payload, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{m.record(from.Name)}})
	if err != nil {
		return err
	}
	until := time.Now().Add(from.Visibility)
	for {
		_, delivered, err := q.options.Functions.Invoke(q.open, from.Function, payload)
		if err == nil {
			delivered()
		}
		var refused interface{ Throttled() bool }
		if !errors.As(err, &refused) || !refused.Throttled() || time.Now().Add(throttledPause).After(until) || wait.Sleep(q.open, throttledPause) != nil {
			return err
		}
	}
}

// record returns a message as a function gets it.
func (m *message) record(name string) events.SQSMessage {
	return events.SQSMessage{
		MessageId: m.id, ReceiptHandle: m.id, Body: m.body, EventSource: "aws:sqs", AWSRegion: "us-east-1",
		EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:" + name,
		Attributes: map[string]string{
			"ApproximateReceiveCount":          strconv.Itoa(m.receives),
			"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstReceived.UnixMilli(), 10),
			"SentTimestamp":                    strconv.FormatInt(m.sentAt.UnixMilli(), 10),
			"SequenceNumber":                   strconv.Itoa(m.sequence),
			"MessageGroupId":                   m.group,
			"MessageDeduplicationId":           m.deduplicationID,
		},
	}
}

// Idle reports whether no message waits or is with a function.
func (q *Queues) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, one := range q.queues {
		if len(one.groups) > 0 {
			return false
		}
	}
	return true
}

// Close ends the giving of messages. What is in the queues is lost.
func (q *Queues) Close() {
	q.mu.Lock() // so that all work that began is counted
	q.shut()
	q.mu.Unlock()
	q.running.Wait()
}
