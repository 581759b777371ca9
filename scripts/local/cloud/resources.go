package cloud

import (
	"context"
	"runtime"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
)

// Resources are what this process and its database hold. They must not grow while the use stays
// the same.
type Resources struct {
	Goroutines int `json:"goroutines"`
	// HeapBytes are those that are in use after a garbage collection.
	HeapBytes uint64 `json:"heapBytes"`
	// Rows are those that have not expired, by table and kind.
	Rows map[string]map[string]dynamo.Rows `json:"rows"`
}

// Resources counts them. It is slow: it collects garbage and reads both tables.
func (c *Cloud) Resources(ctx context.Context) (Resources, error) {
	found := Resources{Rows: map[string]map[string]dynamo.Rows{}}
	for _, t := range c.tables {
		rows, err := dynamo.CountRows(ctx, c.database, t.Name, time.Now())
		if err != nil {
			return Resources{}, err
		}
		found.Rows[t.Name] = rows
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	found.HeapBytes, found.Goroutines = m.HeapAlloc, runtime.NumGoroutine()
	return found, nil
}
