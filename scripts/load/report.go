package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/scripts/load/scenario"
	"github.com/confab-chat/confab/scripts/load/stats"
)

// report collects figures of all rounds.
type report struct{ rows []*row }

// row is one figure of a scenario.
type row struct {
	scenario   scenario.Scenario
	name, unit string
	// values are those of all rounds, by server.
	values map[string][]float64
}

// add adds what one round has found of a server.
func (r *report) add(sc scenario.Scenario, server string, figures []scenario.Figure) {
	for _, f := range figures {
		i := slices.IndexFunc(r.rows, func(there *row) bool { return there.scenario.Name == sc.Name && there.name == f.Name })
		if i < 0 {
			i = len(r.rows)
			r.rows = append(r.rows, &row{scenario: sc, name: f.Name, unit: f.Unit, values: map[string][]float64{}})
		}
		r.rows[i].values[server] = append(r.rows[i].values[server], f.Value)
	}
}

// table returns the medians as a table in Markdown, with a column for each server, and with how the
// first compares to the second where there are two.
func (r *report) table(servers []string) string {
	header := append([]string{"scenario", "figure"}, servers...)
	if len(servers) == 2 {
		header = append(header, servers[0]+" / "+servers[1])
	}
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(header)
	line(slices.Repeat([]string{"---"}, len(header)))
	last := ""
	for _, row := range r.rows {
		cells := []string{"", strings.TrimSpace(row.name + " " + row.unit)}
		if row.scenario.Name != last {
			last = row.scenario.Name
			cells[0] = "**" + last + "**: " + row.scenario.What
		}
		var medians []float64
		for _, server := range servers {
			median := stats.Median(row.values[server])
			medians = append(medians, median)
			cells = append(cells, number(median))
		}
		if len(servers) == 2 {
			cells = append(cells, ratio(medians[0], medians[1]))
		}
		line(cells)
	}
	return b.String()
}

// number writes a value with three digits that count, and none of less than a hundredth.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// ratio compares two values, if that means something.
func ratio(a, b float64) string {
	if math.IsNaN(a) || math.IsNaN(b) || a <= 0 || b <= 0 {
		return "–"
	}
	return number(a/b) + " ×"
}
