package main

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

// compareOperations compares what operations call today with operations.json, or writes it.
func compareOperations(t *testing.T, today map[string]Calls) {
	t.Helper()
	if *update {
		encoded, err := json.MarshalIndent(today, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		operationsJSON = append(encoded, '\n') // for the documentation's test
		if err := os.WriteFile("operations.json", operationsJSON, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	all, err := eachOperation()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range today {
		want, measured := all[name]
		if !measured {
			t.Errorf("%s: operations.json has no calls. Run: go test ./scripts/cost -update", name)
		}
		// Sizes of items, the moments of reactions, and which of several endings comes first differ from run to run.
		for what, n := range map[string][2]float64{
			"calls": {got.AWS, want.AWS}, "units written": {got.WriteUnits, want.WriteUnits},
			"messages in": {got.In, want.In}, "messages out": {got.Out, want.Out},
		} {
			if math.Abs(n[0]-n[1]) > max(1, n[1]/4) {
				t.Errorf("%s: %g %s, operations.json says %g", name, n[0], what, n[1])
			}
		}
	}
}

// TestEveryOperationHasItsCost: what there is only by HTTP is an event under another name.
func TestEveryOperationHasItsCost(t *testing.T) {
	all, err := eachOperation()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range chat.Operations() {
		if o.HTTPOnly {
			continue
		}
		if c := all[o.Name]; c.AWS == 0 || c.In == 0 {
			t.Errorf("%s has no cost in operations.json: %+v. Run: go test ./scripts/cost -update", o.Name, c)
		}
	}
}
