package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func newRecorder() (*Recorder, *bytes.Buffer) {
	return newRecorderOf("Confab")
}

func newRecorderOf(stack string) (*Recorder, *bytes.Buffer) {
	out := &bytes.Buffer{}
	r := NewRecorder(out, stack)
	r.now = func() time.Time { return time.UnixMilli(1_700_000_000_123) }
	return r, out
}

func TestALineHoldsWhatWasCountedAndNothingElse(t *testing.T) {
	r, out := newRecorder()
	r.Add(Posts, 1)
	r.Add(Posts, 20)
	r.Add(PostsGone, 0)
	r.Slowest(1500 * time.Microsecond)
	r.Slowest(250 * time.Microsecond)
	r.Code(Refused, "rate_limited")
	r.Code(Refused, "rate_limited")
	r.Code(Failed, `in"ternal`)
	r.HandedOver(600)
	r.Flush("8f2c")
	const want = `{"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[{"Namespace":"Confab","Dimensions":[["Stack"]],"Metrics":[` +
		`{"Name":"Posts","Unit":"Count"},{"Name":"Refused","Unit":"Count"},{"Name":"Failed","Unit":"Count"}]}]},` +
		`"Stack":"Confab","Posts":21,"Refused":2,"Failed":1,"SlowestPost":1.5,"handedOver":600,"codes":{"in\"ternal":1,"rate_limited":2},"requestId":"8f2c"}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid(out.Bytes()) {
		t.Error("that is no JSON")
	}
}

func TestWithoutAStackMetricsHaveNoDimension(t *testing.T) {
	r, out := newRecorderOf("")
	r.Add(Posts, 1)
	r.Flush("")
	const want = `{"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[{"Namespace":"Confab","Dimensions":[[]],"Metrics":[` +
		`{"Name":"Posts","Unit":"Count"}]}]},"Posts":1}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnInvocationThatCountsNothingWritesNothing(t *testing.T) {
	r, out := newRecorder()
	r.Flush("1")
	r.Add(Posts, 1)
	r.Flush("2")
	out.Reset()
	r.Flush("3")
	if out.Len() > 0 {
		t.Errorf("it wrote %s", out)
	}
}

func TestEveryMetricReachesItsLine(t *testing.T) {
	for _, m := range all {
		r, out := newRecorder()
		r.Add(m.name, 1)
		r.Flush("")
		if want := fmt.Sprintf(`{"Name":"%s","Unit":"%s"}`, m.name, m.unit); !strings.Contains(out.String(), want) || !strings.Contains(out.String(), `"`+m.name+`":1`) {
			t.Errorf("%s: %s", m.name, out)
		}
	}
	if len(all) > 10 {
		t.Errorf("%d metrics: ten are free", len(all))
	}
}

func TestAnApplicationsCodesAreBounded(t *testing.T) {
	r, out := newRecorder()
	for i := range 1000 {
		r.Code(Refused, fmt.Sprint("code", i))
	}
	r.Flush("")
	var line struct {
		Refused int
		Codes   map[string]int
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Refused != 1000 || len(line.Codes) != maxCodes+1 || line.Codes["other"] != 1000-maxCodes {
		t.Errorf("got %+v", line)
	}
}

func TestCountsOfManyGoroutinesAddUpOverAllLines(t *testing.T) {
	r, out := newRecorder()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				r.Add(Posts, 1)
				r.Flush("")
			}
		})
	}
	wg.Wait()
	sum := 0
	for line := range strings.Lines(out.String()) {
		var l struct{ Posts int }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		sum += l.Posts
	}
	if sum != 800 {
		t.Errorf("%d of 800", sum)
	}
}

func TestANilRecorderCountsNothing(t *testing.T) {
	var r *Recorder
	r.Add(Posts, 1)
	r.Slowest(time.Second)
	r.Code(Refused, "x")
	r.HandedOver(1)
	r.Flush("")
}

func BenchmarkInvocation(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	r := NewRecorder(null, "Confab")
	b.ReportAllocs()
	for b.Loop() {
		for range 20 {
			r.Slowest(time.Millisecond)
			r.Add(Posts, 1)
		}
		r.Flush("8f2c0f3e-6f0a-4b0e-9d1c-2f4e0a6d7c11")
	}
}
