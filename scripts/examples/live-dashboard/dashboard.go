package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/confab-chat/confab/shared/confab"
)

// Measurement is what was measured last of something.
type Measurement struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// At is when it was measured, in milliseconds since 1970.
	At int64 `json:"at"`
}

// Latest is a measurement as it is kept, in one partition with all others.
type Latest struct {
	List string `json:"list"`
	Measurement
}

const (
	// latest is the partition of them.
	latest = "all"
	// maxBatch is how many measurements may come at once, and maxBody their bytes.
	maxBatch = 100
	maxBody  = 64 << 10
	maxName  = 40
)

// LiveDashboard declares the application.
func LiveDashboard(app *confab.App) {
	d := &dashboard{
		app: app,
		latest: confab.NewTable[Latest](app, "latest", confab.Key{Partition: "list", Sort: "name"},
			confab.InEvents.Only("Query"), confab.InRoutes.Only("GetItem", "PutItem")),
		token: app.Secret("FEED_TOKEN"),
	}
	app.OnConnection(d.welcome)
	app.HTTP("POST /measurements", d.feed)
	app.Page("web")
}

type dashboard struct {
	app    *confab.App
	latest *confab.Table[Latest]
	token  string
}

// welcome shows a client what was measured last.
func (d *dashboard) welcome(ctx context.Context, s *confab.Socket) error {
	all := []Measurement{}
	for l, err := range d.latest.Query(ctx, latest) {
		if err != nil {
			return err
		}
		all = append(all, l.Measurement)
	}
	return s.Emit(ctx, "measured", all)
}

// feed takes measurements, and shows those to all clients that are new. A queue delivers at least once and in any order, so
// a batch may be repeated, and what is older than the latest changes nothing.
func (d *dashboard) feed(w http.ResponseWriter, r *http.Request) {
	if d.token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+d.token)) != 1 {
		http.Error(w, "The token is not that of the feed.", http.StatusUnauthorized)
		return
	}
	var batch []Measurement
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&batch); err != nil || !valid(batch) {
		http.Error(w, `Send 1 to 100 measurements: [{"name":"cpu","value":0.4,"at":1700000000000}]`, http.StatusBadRequest)
		return
	}
	if err := d.show(r.Context(), batch); err != nil {
		slog.ErrorContext(r.Context(), "show measurements", "error", err)
		http.Error(w, "Send the batch again.", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func valid(batch []Measurement) bool {
	for _, m := range batch {
		if m.Name == "" || len(m.Name) > maxName || m.At <= 0 {
			return false
		}
	}
	return len(batch) > 0 && len(batch) <= maxBatch
}

// show keeps what is newer than the latest, and shows it. What was kept before a failure is shown at once, because the
// repetition of the batch would take it for old.
func (d *dashboard) show(ctx context.Context, batch []Measurement) (err error) {
	var changed []Measurement
	for _, m := range batch {
		var isNew bool
		if isNew, err = d.keep(ctx, m); err != nil {
			break
		}
		if isNew {
			changed = append(changed, m)
		}
	}
	if len(changed) > 0 {
		err = errors.Join(err, d.app.Emit(ctx, "measured", changed))
	}
	return err
}

var errOld = errors.New("a later measurement is known")

// keep keeps a measurement, and reports whether it is newer than what was kept.
func (d *dashboard) keep(ctx context.Context, m Measurement) (bool, error) {
	err := d.latest.Insert(ctx, Latest{latest, m})
	if errors.Is(err, confab.ErrExists) {
		_, err = d.latest.Update(ctx, func(l *Latest) error {
			if m.At <= l.At {
				return errOld
			}
			l.Measurement = m
			return nil
		}, latest, m.Name)
	}
	if errors.Is(err, errOld) {
		return false, nil
	}
	return err == nil, err
}
