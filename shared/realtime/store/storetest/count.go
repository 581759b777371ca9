package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var countTests = []test{
	{"EachCountIsOneMore", eachCountIsOneMore},
	{"KeysAreCountedByThemselves", keysAreCounted},
}

func eachCountIsOneMore(t *testing.T, f *fixture) {
	const n = 8
	counts := make([]int64, n)
	together(n, func(i int) {
		var err error
		if counts[i], err = f.Count(t.Context(), "key", Noon.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	})
	slices.Sort(counts)
	want(t, "counts", counts, []int64{1, 2, 3, 4, 5, 6, 7, 8})
}

func keysAreCounted(t *testing.T, f *fixture) {
	for round := range int64(2) {
		for i := range 3 {
			n, err := f.Count(t.Context(), fmt.Sprint("key ", i), Noon.Add(time.Hour))
			succeed(t, err)
			want(t, "count", n, round+1)
		}
	}
}
