package simulate

import (
	"context"
	"os"
	"testing"
)

// TestHistoriesOnTheEngine runs histories on the real stores, through the SDK, on the embedded
// engine.
func TestHistoriesOnTheEngine(t *testing.T) {
	if os.Getenv("SEED") != "" && os.Getenv("ENGINE") == "" {
		t.Skip("TestHistories runs the seed")
	}
	d, end, err := startDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	runHistories(t, 2, func() (func(*world) stores, error) { return d.next(t.Context()) })
}

// next deletes the tables of the last world, and makes some for another.
func (d *database) next(ctx context.Context) (func(*world) stores, error) {
	if d.tables > 0 {
		if err := d.drop(ctx); err != nil {
			return nil, err
		}
	}
	return d.stores(ctx)
}
