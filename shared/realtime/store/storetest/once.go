package storetest

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var onceTests = []test{
	{"OneOfManyBegins", oneOfManyBegins},
	{"WhatIsDoneGivesItsResult", doneGivesItsResult},
	{"WhatIsAbandonedBeginsAgain", abandonedBeginsAgain},
	{"AnAttemptThatWasNotFinishedPassesOn", unfinishedAttemptPassesOn},
	{"AResultIsForgottenAfterItsTime", resultIsForgotten},
}

// begin begins at a time after noon; the attempt is kept for an hour.
func (f *fixture) begin(t *testing.T, key string, after time.Duration) (store.Attempt, error) {
	now := Noon.Add(after)
	return f.Begin(t.Context(), key, now, now.Add(time.Hour))
}

func oneOfManyBegins(t *testing.T, f *fixture) {
	var winners atomic.Int64
	together(8, func(int) {
		switch a, err := f.begin(t, "key", 0); {
		case err == nil && a.Claim != "":
			winners.Add(1)
		case !errors.Is(err, store.ErrClaimed):
			t.Errorf("got %+v, %v", a, err)
		}
	})
	want(t, "winners", winners.Load(), 1)
	_, err := f.begin(t, "another key", 0)
	wantErr(t, "another key", err, nil)
}

func doneGivesItsResult(t *testing.T, f *fixture) {
	a, err := f.begin(t, "key", 0)
	succeed(t, err)
	wantErr(t, "by another", f.Finish(t.Context(), "key", "another", json.RawMessage(`[0]`), Noon.Add(time.Hour)), store.ErrClaimed)
	wantErr(t, "unknown", f.Finish(t.Context(), "unknown", a.Claim, json.RawMessage(`[0]`), Noon.Add(time.Hour)), store.ErrClaimed)
	wantErr(t, "by its own", f.Finish(t.Context(), "key", a.Claim, json.RawMessage(`[1]`), Noon.Add(time.Hour)), nil)
	wantErr(t, "abandon what is done", f.Abandon(t.Context(), "key", a.Claim), nil)
	got, err := f.begin(t, "key", 2*store.ClaimLease)
	succeed(t, err)
	want(t, "done", got, store.Attempt{Result: json.RawMessage(`[1]`)})
}

func abandonedBeginsAgain(t *testing.T, f *fixture) {
	a, err := f.begin(t, "key", 0)
	succeed(t, err)
	wantErr(t, "by another", f.Abandon(t.Context(), "key", "another"), nil)
	_, err = f.begin(t, "key", time.Second)
	wantErr(t, "still claimed", err, store.ErrClaimed)
	for range 2 {
		wantErr(t, "by its own", f.Abandon(t.Context(), "key", a.Claim), nil)
	}
	_, err = f.begin(t, "key", time.Second)
	wantErr(t, "again", err, nil)
}

func unfinishedAttemptPassesOn(t *testing.T, f *fixture) {
	first, err := f.begin(t, "key", 0)
	succeed(t, err)
	_, err = f.begin(t, "key", store.ClaimLease-time.Second)
	wantErr(t, "within the lease", err, store.ErrClaimed)
	second, err := f.begin(t, "key", store.ClaimLease+time.Second)
	succeed(t, err)
	wantErr(t, "the first finishes late",
		f.Finish(t.Context(), "key", first.Claim, json.RawMessage(`[1]`), Noon.Add(time.Hour)), store.ErrClaimed)
	wantErr(t, "the second finishes",
		f.Finish(t.Context(), "key", second.Claim, json.RawMessage(`[2]`), Noon.Add(time.Hour)), nil)
}

func resultIsForgotten(t *testing.T, f *fixture) {
	a, err := f.begin(t, "key", 0)
	succeed(t, err)
	succeed(t, f.Finish(t.Context(), "key", a.Claim, json.RawMessage(`[1]`), Noon.Add(time.Minute)))
	again, err := f.begin(t, "key", 2*time.Minute)
	succeed(t, err)
	if again.Claim == "" || again.Claim == a.Claim {
		t.Errorf("got %+v", again)
	}
}
