package metrics

import (
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"
)

// Recorder counts for one function. It is safe for concurrent use. A nil Recorder
// counts nothing.
type Recorder struct {
	out io.Writer
	now func() time.Time

	mu sync.Mutex
	// values by metric, and codes by how often they came up. Both keep their memory
	// from one invocation to the next.
	values map[string]float64
	codes  map[string]int
	// handedOver counts connections whose delivery another function took over.
	handedOver int
	line       []byte
}

// NewRecorder returns a Recorder that writes lines to out: a Lambda function's
// standard output. Each line is one call of Write.
func NewRecorder(out io.Writer) *Recorder {
	return &Recorder{out: out, now: time.Now, values: map[string]float64{}, codes: map[string]int{}}
}

// Add adds to a metric of this package.
func (r *Recorder) Add(metric string, n float64) {
	if r == nil || n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[metric] += n
}

// Slowest notes how long a post took.
func (r *Recorder) Slowest(d time.Duration) {
	if r == nil {
		return
	}
	ms := float64(d.Microseconds()) / 1000
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[SlowestPost] = max(r.values[SlowestPost], ms)
}

// maxCodes bounds the different codes of one line: an application makes up its own.
const maxCodes = 20

// Code adds to a metric, and counts the error code that it happened with.
func (r *Recorder) Code(metric, code string) {
	if r == nil {
		return
	}
	r.Add(metric, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.codes[code]; !known && len(r.codes) >= maxCodes {
		code = "other"
	}
	r.codes[code]++
}

// HandedOver counts connections whose delivery another function took over. It is in
// the line, but no metric: AWS counts that function's invocations.
func (r *Recorder) HandedOver(connections int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handedOver += connections
}

// Flush writes what was counted since the last one as a line, and nothing if that is
// nothing: a metric that nobody reports is not billed. requestID is the invocation's,
// or "".
func (r *Recorder) Flush(requestID string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) == 0 && r.handedOver == 0 {
		return
	}
	r.line = r.appendLine(r.line[:0], requestID)
	// Nobody could be told of a failure but the log, which is what failed.
	_, _ = r.out.Write(r.line)
	clear(r.values)
	clear(r.codes)
	r.handedOver = 0
}

// appendLine appends the line. (CloudWatch embedded metric format specification: root
// node, metadata object, MetricDirective object.) The one dimension set is empty: the
// metrics have no dimensions.
func (r *Recorder) appendLine(b []byte, requestID string) []byte {
	b = append(b, `{"_aws":{"Timestamp":`...)
	b = strconv.AppendInt(b, r.now().UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	if len(r.values) > 0 { // a directive without metrics is none
		b = append(b, `{"Namespace":"`+Namespace+`","Dimensions":[[]],"Metrics":[`...)
	}
	first := true
	for _, m := range all {
		if _, counted := r.values[m.name]; !counted {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"Name":"`...)
		b = append(b, m.name...)
		b = append(b, `","Unit":"`...)
		b = append(b, m.unit...)
		b = append(b, `"}`...)
	}
	if len(r.values) > 0 {
		b = append(b, `]}`...)
	}
	b = append(b, `]}`...)
	for _, m := range all {
		if v, counted := r.values[m.name]; counted {
			b = append(b, `,"`...)
			b = append(b, m.name...)
			b = append(b, `":`...)
			b = strconv.AppendFloat(b, v, 'f', -1, 64)
		}
	}
	if r.handedOver > 0 {
		b = append(b, `,"handedOver":`...)
		b = strconv.AppendInt(b, int64(r.handedOver), 10)
	}
	if len(r.codes) > 0 {
		b = append(b, `,"codes":`...)
		codes, _ := json.Marshal(r.codes) // strings and numbers always have a JSON form
		b = append(b, codes...)
	}
	if requestID != "" {
		b = append(b, `,"requestId":`...)
		id, _ := json.Marshal(requestID)
		b = append(b, id...)
	}
	return append(b, "}\n"...)
}
