package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed operations.json
var operationsJSON []byte

// eachOperation returns the calls of each operation of the chat in a room of 20, with further ways to ask
// for some, as the package's test has counted them.
func eachOperation() (map[string]Calls, error) {
	var all map[string]Calls
	if err := json.Unmarshal(operationsJSON, &all); err != nil {
		return nil, fmt.Errorf("operations.json: %w", err)
	}
	return all, nil
}

// printOperations prints what each operation costs, the dearest first.
func printOperations(out io.Writer, w Workload) error {
	all, err := eachOperation()
	if err != nil {
		return err
	}
	cost := func(name string) float64 { return 1e6 * w.price(all[name]).Total }
	sorted := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		if d := cost(b) - cost(a); d != 0 {
			return int(d * 1e6)
		}
		return strings.Compare(a, b)
	})
	var t strings.Builder
	fmt.Fprintf(&t, "\nA million of each operation, by somebody in a room of 20, told to all whom it tells:\n\n")
	fmt.Fprintf(&t, "%-24s %12s %9s %9s %9s %9s\n", "", "AWS calls", "written", "read", "messages", "cost")
	for _, name := range sorted {
		c := all[name]
		fmt.Fprintf(&t, "%-24s %12.1f %9.1f %9.1f %9.1f %9s\n", name, c.AWS, c.WriteUnits, c.ReadUnits, c.In+c.Out, dollars(cost(name)))
	}
	_, err = io.WriteString(out, t.String())
	return err
}
