package metrics

import (
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"
)

// Recorder counts for one function. It is safe for concurrent use. A nil Recorder counts
// nothing.
type Recorder struct {
	out io.Writer
	now func() time.Time

	mu sync.Mutex
	// values has a number for each metric, and codes a count for each error code. Both keep
	// their memory from one invocation to the next.
	values map[string]float64
	codes  map[string]int
	// handedOver counts connections that another function delivers to.
	handedOver int
	line       []byte

	// directive begins the description of a line's metrics, and dimension is the stack that it names.
	directive, dimension string
}

// NewRecorder returns a Recorder that writes to out, which is standard output on Lambda.
// Each line is one call of Write. Its metrics are those of a stack; "" if there is none.
func NewRecorder(out io.Writer, stack string) *Recorder {
	r := &Recorder{out: out, now: time.Now, values: map[string]float64{}, codes: map[string]int{}}
	names := ""
	if stack != "" {
		value, _ := json.Marshal(stack) // a string always has a JSON form
		names, r.dimension = `"`+Stack+`"`, `,"`+Stack+`":`+string(value)
	}
	r.directive = `{"Namespace":"` + Namespace + `","Dimensions":[[` + names + `]],"Metrics":[`
	return r
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

// Slowest adds the time of a post, of which the longest counts.
func (r *Recorder) Slowest(d time.Duration) {
	if r == nil {
		return
	}
	ms := float64(d.Microseconds()) / 1000
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[SlowestPost] = max(r.values[SlowestPost], ms)
}

// maxCodes bounds how many codes one line has: applications have codes of their own.
const maxCodes = 20

// Code adds one to a metric and to an error code.
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

// HandedOver counts connections that another function delivers to. The line has the
// number, but it is no metric, because AWS counts that function's invocations.
func (r *Recorder) HandedOver(connections int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handedOver += connections
}

// Flush writes a line with what was counted since the last Flush. It writes nothing if that
// is nothing, because CloudWatch bills no metric without data. requestID is the
// invocation's, or "".
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
	// A failure could be reported to the log only, and it is the log that failed.
	_, _ = r.out.Write(r.line)
	clear(r.values)
	clear(r.codes)
	r.handedOver = 0
}

// appendLine appends the line: see the CloudWatch embedded metric format specification,
// root node, metadata object and MetricDirective object. encoding/json is not used for the whole
// line, because it would allocate at each invocation.
func (r *Recorder) appendLine(b []byte, requestID string) []byte {
	b = append(b, `{"_aws":{"Timestamp":`...)
	b = strconv.AppendInt(b, r.now().UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	if len(r.values) > 0 { // a directive needs a metric
		b = append(b, r.directive...)
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
	if len(r.values) > 0 {
		b = append(b, r.dimension...)
	}
	for _, m := range all {
		if v, counted := r.values[m.name]; counted {
			b = append(b, `,"`...)
			b = append(b, m.name...)
			b = append(b, `":`...)
			b = strconv.AppendFloat(b, v, 'f', -1, 64)
		}
	}
	if v, counted := r.values[SlowestPost]; counted {
		b = append(b, `,"`+SlowestPost+`":`...)
		b = strconv.AppendFloat(b, v, 'f', -1, 64)
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
