package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
)

//go:embed hostile.json
var hostileJSON []byte

// hostileHours returns what an hour of one hostile person costs at most with default settings,
// in dollars, by what they do. The package's test measures it. Refused requests by HTTP and
// connections that are refused before it is known whose they are come on top.
func hostileHours() (map[string]float64, error) {
	var hours map[string]float64
	if err := json.Unmarshal(hostileJSON, &hours); err != nil {
		return nil, fmt.Errorf("hostile.json: %w", err)
	}
	return hours, nil
}

// dearest returns the largest of some costs, and what for.
func dearest(hours map[string]float64) (what string, dollars float64) {
	for name, d := range hours {
		if d > dollars || d == dollars && name < what {
			what, dollars = name, d
		}
	}
	return what, dollars
}

// printHostile prints what one hostile person can cost.
func printHostile(out io.Writer) error {
	hours, err := hostileHours()
	if err != nil {
		return err
	}
	what, most := dearest(hours)
	_, err = fmt.Fprintf(out, "\nOne hostile person costs %s an hour at most, by %s, with default settings.\n", dollars(most), what)
	return err
}
