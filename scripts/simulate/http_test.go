package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// routes are the methods and paths of the HTTP API by the events that do the same.
var routes = map[string][2]string{
	"createRoom":    {http.MethodPost, "/api/rooms"},
	"listRooms":     {http.MethodGet, "/api/rooms"},
	"joinRoom":      {http.MethodPost, "/api/rooms/{roomId}/join"},
	"leaveRoom":     {http.MethodPost, "/api/rooms/{roomId}/leave"},
	"sendMessage":   {http.MethodPost, "/api/rooms/{roomId}/messages"},
	"history":       {http.MethodGet, "/api/rooms/{roomId}/messages"},
	"editMessage":   {http.MethodPatch, "/api/rooms/{roomId}/messages/{seq}"},
	"deleteMessage": {http.MethodDelete, "/api/rooms/{roomId}/messages/{seq}"},
	"mentions":      {http.MethodGet, "/api/mentions"},
	"sync":          {http.MethodPost, "/api/sync"},
	"thread":        {http.MethodGet, "/api/rooms/{roomId}/messages/{seq}/thread"},
	"changes":       {http.MethodGet, "/api/rooms/{roomId}/changes"},
}

// overHTTP returns the request of the HTTP API that asks for the same.
func (r *request) overHTTP() *http.Request {
	method, path := routes[r.event][0], routes[r.event][1]
	body := maps.Clone(r.body)
	for _, name := range []string{"roomId", "seq"} {
		if strings.Contains(path, "{"+name+"}") {
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(fmt.Sprint(body[name])))
			delete(body, name)
		}
	}
	content := ""
	if method == http.MethodGet || method == http.MethodDelete {
		query := url.Values{}
		for name, value := range body {
			query.Set(name, fmt.Sprint(value))
		}
		path += "?" + query.Encode()
	} else if len(body) > 0 {
		content = encode(body)
	}
	out := httptest.NewRequest(method, path, strings.NewReader(content))
	out.Header.Set("Authorization", "Bearer "+r.device.user.id)
	if content != "" {
		out.Header.Set("Content-Type", "application/json")
	}
	return out
}

// askByHTTP asks over the HTTP API, which a device may do without being online.
func (d *device) askByHTTP(r *request) {
	w := d.world
	r.id, r.device, r.sent, r.sentAt = len(w.requests)+1, d, w.tick(), time.Now()
	w.requests = append(w.requests, r)
	d.noteSending(r)
	out := r.overHTTP()
	what := fmt.Sprintf("api %s %s of %s (request %d)", out.Method, out.URL, d.name, r.id)
	w.may(0, func() {
		in := httptest.NewRecorder()
		w.invoke(what, func(ctx context.Context, s *realtime.Server) {
			w.apis[s].ServeHTTP(in, out.WithContext(ctx))
		}, func(died bool) {
			if died {
				return // the gateway answers 503, of which a client learns nothing
			}
			w.may(0, func() {
				w.note("      %s gets %d %s", d.name, in.Code, abridge(in.Body.Bytes()))
				var a answer
				if err := json.Unmarshal(in.Body.Bytes(), &a); err != nil {
					w.violate("no JSON", "%s was answered with %q", what, in.Body)
					return
				}
				d.answered(r, a)
			}, "answer to %s", what)
		})
	}, "%s", what)
}
