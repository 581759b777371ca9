// Package stats has what is known of many measurements: [Sample] of how long things took, and
// [Median] of figures that were measured several times.
package stats

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Sample collects durations. The zero value is ready; it is safe for concurrent use. It keeps every
// duration, so its quantiles are exact: whoever measures bounds how many there are.
type Sample struct {
	mu     sync.Mutex
	took   []time.Duration
	sorted bool
}

// Add adds a duration.
func (s *Sample) Add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took, s.sorted = append(s.took, d), false
}

// Count returns how many durations there are.
func (s *Sample) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.took)
}

// Quantile returns the shortest duration that a share q of all does not exceed: 0.5 for the median.
// It is zero for an empty sample.
func (s *Sample) Quantile(q float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.took) == 0 {
		return 0
	}
	if !s.sorted {
		slices.Sort(s.took)
		s.sorted = true
	}
	rank := int(math.Ceil(q * float64(len(s.took))))
	return s.took[min(max(rank, 1), len(s.took))-1]
}

// Median returns the middle of some values: of an even number the mean of the two in the middle, and
// NaN of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
