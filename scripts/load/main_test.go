package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/load/scenario"
	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/scripts/local/cloud"
)

// small is a load that is over in a moment.
var small = []string{
	"-rounds", "2", "-clients", "2", "-room", "3", "-crowd", "4", "-connections", "5", "-people", "2", "-duration", "200ms", "-settle", "10ms",
}

// patience bounds a run on a busy machine.
const patience = 5 * time.Minute

func TestItComparesTheLocalCloudWithNode(t *testing.T) {
	local := filepath.Join(t.TempDir(), "local")
	if out, err := exec.Command("go", "build", "-o", local, "../local").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, &out, io.Discard, append(small, "-compare", "-local", local, "-node", "node/server.mjs")); err != nil {
		t.Fatal(err)
	}
	cells := rows(out.String())
	if want := []string{"scenario", "figure", server.Confab, server.Node, "Confab / Node"}; !slices.Equal(cells[0], want) {
		t.Errorf("the header is %q", cells[0])
	}
	for _, sc := range scenario.All {
		if !strings.Contains(out.String(), "| **"+sc.Name+"**: "+sc.What+" |") {
			t.Errorf("%s is missing in\n%s", sc.Name, out.String())
		}
	}
	lost := cells[len(cells)-1]
	if want := []string{"", "deliveries that are missing", "0.00", "0.00", "–"}; !slices.Equal(lost, want) {
		t.Errorf("%q", lost)
	}
}

// rows returns the cells of a table in Markdown.
func rows(table string) (all [][]string) {
	for line := range strings.Lines(table) {
		if cells, found := strings.CutPrefix(strings.TrimSpace(line), "| "); found {
			all = append(all, strings.Split(strings.TrimSuffix(cells, " |"), " | "))
		}
	}
	return all
}

func TestItMeasuresAServerThatRunsAlready(t *testing.T) {
	c, err := cloud.Start(t.Context(), cloud.Options{App: apps.Load})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	var out bytes.Buffer
	if err := run(t.Context(), &out, io.Discard, append(small, "-url", c.URL(), "-scenarios", "echo,messages")); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`\| \*\*echo\*\*: .* \| echoes /s \| [0-9.]+ \|`).MatchString(out.String()) || strings.Contains(out.String(), "processor") {
		t.Error(out.String())
	}
}

func TestALoadHasBounds(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"-clients 10001", "-clients must be from 1 to 10000"},
		{"-crowd 0", "-crowd must be from 1 to 10000"},
		{"-rate -1", "-rate must be from 0 to 100000"},
		{"-duration 6m", "-duration must be above 0 and at most 5m0s"},
		{"-settle 0s", "-settle must be above 0 and at most 5m0s"},
		{"-scenarios echo,storm", `there is no scenario "storm"; choose from crowd, people, echo, broadcast, messages`},
		{"-compare -url http://localhost:1", "-compare starts both servers itself, and does not go with -url"},
		{"soon", `unknown argument "soon"`},
	} {
		if err := run(t.Context(), io.Discard, io.Discard, strings.Fields(c.args)); err == nil || err.Error() != c.says {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}

func TestFiguresOfSeveralRoundsAreMedians(t *testing.T) {
	var r report
	sc := scenario.Scenario{Name: "echo", What: "echoes"}
	for _, v := range []float64{3, 100, 2} {
		r.add(sc, "a", []scenario.Figure{{Name: "echoes", Unit: "/s", Value: v}, {Name: "p50", Unit: "ms", Value: v / 100}})
		r.add(sc, "b", []scenario.Figure{{Name: "echoes", Unit: "/s", Value: 1500}})
	}
	want := `| scenario | figure | a | b | a / b |
| --- | --- | --- | --- | --- |
| **echo**: echoes | echoes /s | 3.00 | 1500 | 0.00 × |
|  | p50 ms | 0.03 | – | – |
`
	if got := r.table([]string{"a", "b"}); got != want {
		t.Errorf("got\n%s", got)
	}
}
