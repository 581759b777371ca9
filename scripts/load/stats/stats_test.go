package stats

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestAQuantileIsTheShortestThatAShareDoesNotExceed(t *testing.T) {
	var s Sample
	if got := s.Quantile(0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for _, i := range rand.Perm(100) {
		s.Add(time.Duration(i + 1))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.001: 1, 0.5: 50, 0.501: 51, 0.99: 99, 1: 100} {
		if got := s.Quantile(q); got != want {
			t.Errorf("quantile %v of 1 to 100 is %d", q, got)
		}
	}
	s.Add(1000)
	if got := s.Quantile(1); got != 1000 || s.Count() != 101 {
		t.Errorf("after one more: %d of %d", got, s.Count())
	}
}

func TestAMedianIsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 100}, 3},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("of %v: %v", c.values, got)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("of none: %v", got)
	}
}
