// Package meter counts the use of AWS and its cost: calls by function and operation,
// DynamoDB's capacity units, requests of S3 and SQS, API Gateway's messages and connection minutes, and Lambda's
// invocations and their durations. Enter at [Meter]; [Report] has the result.
package meter

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Services that are metered.
const (
	DynamoDB   = "dynamodb"
	Management = "execute-api"
	Lambda     = "lambda"
	Storage    = "s3"
	Queues     = "sqs"
)

// Meter counts. The zero value is ready; it is safe for concurrent use.
type Meter struct {
	mu          sync.Mutex
	calls       map[callKey]*tally
	in, out     int64
	connections time.Duration
	open        map[string]time.Time
	invocations map[string]*work
}

type callKey struct{ function, service, operation string }

type tally struct {
	count, failed int64
	read, write   float64
}

type work struct {
	count    int64
	duration time.Duration
}

// Call counts a call that a function made, with the capacity units it consumed.
func (m *Meter) Call(function, service, operation string, failed bool, read, write float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[callKey]*tally{}
	}
	key := callKey{function, service, operation}
	t := m.calls[key]
	if t == nil {
		t = &tally{}
		m.calls[key] = t
	}
	t.count++
	if failed {
		t.failed++
	}
	t.read += read
	t.write += write
}

// messageUnit is what API Gateway bills as one message: every 32 KB.
const messageUnit = 32 << 10

func messages(bytes int) int64 { return int64(max(1, (bytes+messageUnit-1)/messageUnit)) }

// MessageIn counts a message from a client.
func (m *Meter) MessageIn(bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.in += messages(bytes)
}

// MessageOut counts a message to a client.
func (m *Meter) MessageOut(bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out += messages(bytes)
}

// Connected begins the time of a connection.
func (m *Meter) Connected(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[string]time.Time{}
	}
	m.open[id] = time.Now()
}

// Disconnected ends the time of a connection.
func (m *Meter) Disconnected(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since, ok := m.open[id]; ok {
		m.connections += time.Since(since)
		delete(m.open, id)
	}
}

// Invoked counts an invocation of a function and its duration, which is billed in whole
// milliseconds.
func (m *Meter) Invoked(function string, d time.Duration) {
	m.work(function, 1, d)
}

// Worked counts the time that an invocation took after its response.
func (m *Meter) Worked(function string, d time.Duration) {
	m.work(function, 0, d)
}

func (m *Meter) work(function string, count int64, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.invocations == nil {
		m.invocations = map[string]*work{}
	}
	w := m.invocations[function]
	if w == nil {
		w = &work{}
		m.invocations[function] = w
	}
	w.count += count
	w.duration += (d + time.Millisecond - 1).Truncate(time.Millisecond)
}

// Reset sets everything to zero. The time of open connections begins again.
func (m *Meter) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls, m.invocations = nil, nil
	m.in, m.out, m.connections = 0, 0, 0
	for id := range m.open {
		m.open[id] = time.Now()
	}
}

// Report is the result of a meter.
type Report struct {
	// Calls are the AWS calls by function, service and operation.
	Calls []Call `json:"calls"`
	// TotalCalls is the sum of their counts.
	TotalCalls int64 `json:"totalCalls"`
	// Messages are counted in units of 32 KB.
	Messages struct {
		In  int64 `json:"in"`
		Out int64 `json:"out"`
	} `json:"messages"`
	ConnectionMinutes float64      `json:"connectionMinutes"`
	Invocations       []Invocation `json:"invocations"`
	Dollars           Dollars      `json:"dollars"`
}

// Call is how often a function called an operation.
type Call struct {
	Function   string  `json:"function"`
	Service    string  `json:"service"`
	Operation  string  `json:"operation"`
	Count      int64   `json:"count"`
	Failed     int64   `json:"failed"`
	ReadUnits  float64 `json:"readUnits"`
	WriteUnits float64 `json:"writeUnits"`
}

// Invocation is how often a function ran, and how long in total.
type Invocation struct {
	Function string  `json:"function"`
	Count    int64   `json:"count"`
	Seconds  float64 `json:"seconds"`
}

// Report returns the counts so far.
func (m *Meter) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Report{Calls: []Call{}, Invocations: []Invocation{}}
	for key, t := range m.calls {
		r.Calls = append(r.Calls, Call{key.function, key.service, key.operation, t.count, t.failed, t.read, t.write})
		r.TotalCalls += t.count
	}
	slices.SortFunc(r.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	r.Messages.In, r.Messages.Out = m.in, m.out
	minutes := m.connections
	for _, since := range m.open {
		minutes += time.Since(since)
	}
	r.ConnectionMinutes = minutes.Minutes()
	for function, w := range m.invocations {
		r.Invocations = append(r.Invocations, Invocation{function, w.count, w.duration.Seconds()})
	}
	slices.SortFunc(r.Invocations, func(a, b Invocation) int { return cmp.Compare(a.Function, b.Function) })
	r.Dollars = r.price()
	return r
}
