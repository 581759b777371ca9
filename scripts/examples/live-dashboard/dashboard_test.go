package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/confabtest"
)

// feed sends a body with a token, and expects a status.
func feed(t *testing.T, app *confabtest.Server, token string, body any, status int) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/measurements", strings.NewReader(string(encoded)))
	r.Header.Set("Authorization", token)
	if w := app.Serve(r); w.Code != status {
		t.Fatalf("%s: %d %s, not %d", encoded, w.Code, w.Body, status)
	}
}

const token = "Bearer of the feed"

func start(t *testing.T) *confabtest.Server {
	return confabtest.New(t, LiveDashboard, confabtest.Variables{"FEED_TOKEN": "of the feed"})
}

func TestClientsSeeWhatIsMeasuredAndWhatWasMeasuredLast(t *testing.T) {
	app := start(t)
	ada := app.Connect("/", nil)
	ada.Expect("measured", []Measurement{})
	first := []Measurement{{"cpu", 0.4, 1}, {"orders", 7, 1}}
	feed(t, app, token, first, http.StatusNoContent)
	ada.Expect("measured", first)
	next := []Measurement{{"cpu", 0.5, 2}}
	feed(t, app, token, next, http.StatusNoContent)
	ada.Expect("measured", next)
	app.Connect("/", nil).Expect("measured", []Measurement{next[0], first[1]})
	ada.ExpectNone()
}

func TestABatchThatIsRepeatedOrLateChangesNothing(t *testing.T) {
	app := start(t)
	feed(t, app, token, []Measurement{{"cpu", 0.5, 2}}, http.StatusNoContent)
	ada := app.Connect("/", nil)
	ada.Expect("measured", []Measurement{{"cpu", 0.5, 2}})
	feed(t, app, token, []Measurement{{"cpu", 0.5, 2}}, http.StatusNoContent)
	feed(t, app, token, []Measurement{{"cpu", 0.4, 1}}, http.StatusNoContent)
	ada.ExpectNone()
	feed(t, app, token, []Measurement{{"cpu", 0.4, 1}, {"orders", 7, 1}}, http.StatusNoContent)
	ada.Expect("measured", []Measurement{{"orders", 7, 1}})
}

func TestNobodyElseFeeds(t *testing.T) {
	app, unset := start(t), confabtest.New(t, LiveDashboard)
	ada := app.Connect("/", nil)
	ada.Expect("measured")
	batch := []Measurement{{"cpu", 0.4, 1}}
	for _, wrong := range []string{"", "of the feed", "Bearer", "Bearer "} {
		feed(t, app, wrong, batch, http.StatusUnauthorized)
		feed(t, unset, wrong, batch, http.StatusUnauthorized)
	}
	for _, wrong := range []any{
		"cpu", []Measurement{}, []Measurement{{"", 1, 1}}, []Measurement{{"cpu", 1, 0}}, []Measurement{{strings.Repeat("x", maxName+1), 1, 1}},
		slices.Repeat(batch, maxBatch+1),
	} {
		feed(t, app, token, wrong, http.StatusBadRequest)
	}
	ada.ExpectNone()
}
