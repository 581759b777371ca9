package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/scripts/local/dashboard"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/endpoint"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/realtime"
)

// view is what the dashboard sees of a cloud. It reads the database itself, so that looking costs nothing on the
// meter.
type view struct {
	*Cloud
	faults atomic.Pointer[dashboard.Faults]
	stream dashboard.Stream
}

func newView(c *Cloud) *view {
	v := &view{Cloud: c}
	v.faults.Store(&dashboard.Faults{})
	return v
}

// MaxSockets is how many sockets the dashboard shows.
const MaxSockets = 200

// Sockets implements dashboard.Cloud.
func (v *view) Sockets(ctx context.Context) ([]dashboard.Socket, error) {
	srv := realtime.NewServer(realtime.Options{
		Store: realtimestore.New(realtimestore.Options{Client: v.database, Table: v.engineTable}),
	})
	shown := []dashboard.Socket{}
	for _, name := range v.namespaces() {
		for s, err := range srv.Of(name).Sockets(ctx) {
			if err != nil {
				return nil, err
			}
			var data json.RawMessage
			if err := s.Data(&data); err != nil {
				return nil, err
			}
			slices.Sort(s.Rooms)
			shown = append(shown, dashboard.Socket{ID: s.ID, Namespace: name, Rooms: s.Rooms, Data: data, Connection: s.ConnectionID})
			if len(shown) == MaxSockets {
				return shown, nil
			}
		}
	}
	return shown, nil
}

// namespaces returns those that are known: the application's, and the root.
func (v *view) namespaces() []string {
	all := []string{"/"}
	v.mu.RLock()
	a := v.options.Application
	v.mu.RUnlock()
	if a != nil {
		all = append(all, a.Project.Namespaces...)
	} else if v.options.App != nil {
		srv := realtime.NewServer(realtime.Options{})
		v.options.App(srv)
		all = append(all, srv.Names()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Tables implements dashboard.Cloud. The engine's own comes last.
func (v *view) Tables() []dashboard.Table {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var all, engine []dashboard.Table
	for _, t := range v.tables {
		shown := dashboard.Table{Name: t.Name, Keys: t.Keys}
		if t.Name == v.engineTable {
			engine = append(engine, shown)
		} else {
			all = append(all, shown)
		}
	}
	return append(all, engine...)
}

// maxItems is how many items of a table the dashboard shows.
const maxItems = 200

// Items implements dashboard.Cloud.
func (v *view) Items(ctx context.Context, table string) ([]map[string]any, error) {
	if !slices.ContainsFunc(v.Tables(), func(t dashboard.Table) bool { return t.Name == table }) {
		return nil, fmt.Errorf("there is no table %q", table)
	}
	return dynamo.Items(ctx, v.database, table, maxItems)
}

// Emit implements dashboard.Cloud.
func (v *view) Emit(ctx context.Context, e dashboard.Emission) error {
	v.mu.RLock()
	variables := environment(application, v.at, v.stage, v.options)
	v.mu.RUnlock()
	in := boot.Environment{Getenv: func(name string) string { return variables[name] }, Log: v.options.Log, Services: services{v.Cloud}}
	srv, err := in.Engine(boot.LargeFanouts(in))
	if err != nil {
		return err
	}
	args := make([]any, len(e.Args))
	for i, a := range e.Args {
		args[i] = a
	}
	if len(e.Rooms) > 0 {
		return srv.Of(e.Namespace).To(e.Rooms...).Emit(ctx, e.Event, args...)
	}
	return srv.Of(e.Namespace).Emit(ctx, e.Event, args...)
}

// Faults implements dashboard.Cloud.
func (v *view) Faults() dashboard.Faults { return *v.faults.Load() }

// SetFaults implements dashboard.Cloud.
func (v *view) SetFaults(f dashboard.Faults) { v.faults.Store(&f) }

// intercept chooses the fault of a call: that of the options, or one of the dials.
func (v *view) intercept(call endpoint.Call) endpoint.Fault {
	if v.options.Intercept != nil {
		if f := v.options.Intercept(call); f != (endpoint.Fault{}) {
			return f
		}
	}
	percent, refusal := 0, endpoint.Fault{}
	switch dials := v.faults.Load(); call.Service {
	case meter.DynamoDB:
		percent, refusal = dials.DynamoDB, endpoint.Fault{Status: http.StatusBadRequest, Code: "ThrottlingException"}
	case meter.Management:
		percent, refusal = dials.Connections, endpoint.Fault{Status: http.StatusTooManyRequests, Code: "LimitExceededException"}
	}
	if percent == 0 || rand.IntN(100) >= percent {
		return endpoint.Fault{}
	}
	if rand.IntN(2) == 0 {
		return endpoint.Fault{LoseAnswer: true}
	}
	return refusal
}

// frame tells of a frame.
func (v *view) frame(connection string, fromClient bool, text string) {
	if !v.stream.Watched() {
		return
	}
	from := "server"
	if fromClient {
		from = "client"
	}
	v.stream.Add(dashboard.Entry{Kind: "frame", Connection: connection, From: from, Text: text})
}

// invoked tells of an invocation.
func (v *view) invoked(function string, took time.Duration, err error) {
	if told := v.options.Invoked; told != nil {
		told(function, took, err)
	}
	if !v.stream.Watched() {
		return
	}
	e := dashboard.Entry{Kind: "invocation", Function: function, Millis: float64(took) / float64(time.Millisecond)}
	if err != nil {
		e.Error = err.Error()
	}
	v.stream.Add(e)
}
