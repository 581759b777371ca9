package chat_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestAGuestSignsInByName(t *testing.T) {
	f := newFixture(t)
	status, session := f.request("POST", "/api/session", "", `{"name":"  Ada "}`)
	user, _ := session["user"].(object)
	want(t, "status", status, http.StatusOK)
	want(t, "name", user["name"], "Ada")
	token, _ := session["token"].(string)
	status, rooms := f.request("GET", "/api/rooms", token, "")
	want(t, "status of rooms", status, http.StatusOK)
	want(t, "rooms", rooms, object{"ok": true, "rooms": []any{}, "invitations": []any{}, "open": []any{}})
	for _, body := range []string{``, `null`, `[]`, `{"name":7}`, `{"name":""}`, `{"name":"a"} x`, `{"name":"` + strings.Repeat("x", 41) + `"}`} {
		status, answer := f.request("POST", "/api/session", "", body)
		want(t, "status of "+body, status, http.StatusBadRequest)
		want(t, "code of "+body, answer["error"].(object)["code"], "bad_request")
	}
}

func TestTheHTTPAPIMirrorsTheEvents(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	token, bob := f.signIn("Bob")
	get := func(path string) object {
		t.Helper()
		status, answer := f.request("GET", path, token, "")
		want(t, "status of GET "+path, status, http.StatusOK)
		return answer
	}
	post := func(created int, path, body string) object {
		t.Helper()
		status, answer := f.request("POST", path, token, body)
		want(t, "status of POST "+path, status, created)
		return answer
	}
	room := post(http.StatusCreated, "/api/rooms", `{"name":"Letters","tempId":"t"}`)["room"].(object)
	want(t, "heard", ada.heard("roomChanged"), []object{{"room": room}})
	id := room["id"].(string)
	ada.do("joinRoom", object{"roomId": id})
	path := "/api/rooms/" + id
	sent := post(http.StatusCreated, path+"/messages", `{"text":"By post","tempId":"p-1","roomId":"`+id+`"}`)["message"].(object)
	want(t, "sender", sent["sender"], bob)
	want(t, "Ada hears", ada.heard("newMessage"), []any{sent})
	want(t, "a retry", post(http.StatusCreated, path+"/messages", `{"text":"By post","tempId":"p-1"}`)["message"], sent)
	for query, ask := range map[string]object{
		"": {}, "?limit=1": {"limit": 1}, "?before=1": {"before": 1}, "?after=0&limit=5": {"after": 0, "limit": 5},
	} {
		ask["roomId"] = id
		want(t, "history "+query, get(path+"/messages"+query), ada.do("history", ask))
	}
	want(t, "list", get("/api/rooms")["rooms"].([]any)[0].(object)["head"], 1)
	want(t, "presence", get("/api/users/"+ada.user.ID+"/presence"), object{"ok": true, "online": true, "version": 1})
	want(t, "leave", post(http.StatusOK, path+"/leave", ""), object{"ok": true})
	status, _ := f.request("GET", path+"/messages", token, "")
	want(t, "status for a former member", status, http.StatusForbidden)
	want(t, "join", post(http.StatusOK, path+"/join", "")["messages"], []any{sent})
	want(t, "health", get("/api/health"), object{"ok": true})
}

func TestHTTPStatusesFollowTheCodes(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	token, _ := f.signIn("Eve")
	private := "/api/rooms/" + ada.create("private")
	for _, c := range []struct {
		method, path, token, body string
		status                    int
		code                      string
	}{
		{"GET", "/api/rooms", "", "", 401, "unauthorized"},
		{"GET", "/api/rooms", token + "x", "", 401, "unauthorized"},
		{"POST", "/api/rooms", "", `{"name":"x"}`, 401, "unauthorized"},
		{"GET", "/api/users/u_x/presence", "", "", 401, "unauthorized"},
		{"GET", private + "/messages", token, "", 403, "forbidden"},
		{"POST", private + "/messages", token, `{"text":"x","tempId":"t"}`, 403, "forbidden"},
		{"POST", private + "/messages", token, `{"text":"x","tempId":"t","roomId":"r_other"}`, 400, "bad_request"},
		{"POST", private + "/join", token, "", 404, "not_found"},
		{"POST", private + "/leave", token, "", 404, "not_found"},
		{"POST", "/api/rooms/r_unknown/leave", token, "", 404, "not_found"},
		{"POST", private + "/join", token, `{"name":"x"}`, 400, "bad_request"},
		{"POST", "/api/rooms/r_unknown/join", token, "", 404, "not_found"},
		{"GET", "/api/nothing", token, "", 404, "not_found"},
		{"GET", "/api/rooms/", token, "", 404, "not_found"},
		{"GET", "/api/rooms/..%2f..%2fx/messages", token, "", 404, "not_found"},
		{"GET", "/api/rooms/../rooms", token, "", 404, "not_found"},
		{"GET", "/api/rooms?x=1", token, "", 400, "bad_request"},
		{"POST", "/api/rooms", token, "", 400, "bad_request"},
		{"POST", "/api/rooms", token, `{"name":"x"`, 400, "bad_request"},
		{"POST", "/api/rooms", token, `{"name":"x"}{}`, 400, "bad_request"},
		{"GET", private + "/messages?limit=x", token, "", 400, "bad_request"},
		{"GET", private + "/messages?limit=0", token, "", 400, "bad_request"},
		{"GET", private + "/messages?limit=", token, "", 400, "bad_request"},
		{"GET", private + "/messages?limit=1&limit=1", token, "", 400, "bad_request"},
		{"GET", private + "/messages?Limit=1", token, "", 400, "bad_request"},
		{"GET", private + "/messages?limit=%zz", token, "", 400, "bad_request"},
		{"GET", private + "/messages?limit=99999999999", token, "", 400, "bad_request"},
		{"GET", private + "/messages?before=1&after=1", token, "", 400, "bad_request"},
		{"GET", "/api/users/%23/presence", token, "", 400, "bad_request"},
		{"POST", "/api/rooms", token, `{"name":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "too_large"},
	} {
		status, answer := f.request(c.method, c.path, c.token, c.body)
		e, _ := answer["error"].(object)
		what := fmt.Sprintf("%s %s %.40s", c.method, c.path, c.body)
		want(t, what, []any{status, answer["ok"], e["code"]}, []any{c.status, false, c.code})
	}
	f.calls.failing(func(string) error { return &types.ProvisionedThroughputExceededException{} })
	status, answer := f.request("GET", "/api/rooms", token, "")
	want(t, "a throttled database", []any{status, answer["error"].(object)["code"]}, []any{503, "unavailable"})
	f.calls.failing(func(string) error { return fmt.Errorf("secret detail") })
	status, answer = f.request("GET", "/api/rooms", token, "")
	want(t, "a broken database", []any{status, answer}, []any{500, object{
		"ok": false, "error": object{"code": "internal", "message": "Something went wrong on our side."},
	}})
}

func TestAnotherMethodIsRefusedWithThoseAllowed(t *testing.T) {
	f := newFixture(t)
	for path, allowed := range map[string]string{
		"/api/health": "GET, HEAD", "/api/session": "GET, HEAD, POST", "/api/rooms": "GET, HEAD, POST",
		"/api/rooms/r_x/join": "POST", "/api/rooms/r_x/messages": "GET, HEAD, POST", "/api/users/u_x/presence": "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS"} {
			w := httptest.NewRecorder()
			f.http.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			want(t, method+" "+path, []any{w.Code, w.Header().Get("Allow"), w.Body.String()}, []any{405, allowed,
				`{"ok":false,"error":{"code":"method_not_allowed","message":"This path takes ` + allowed + ` only."}}`})
		}
	}
}

// CloudFront adds no header of its own that says so.
func TestNobodyKeepsAnAnswer(t *testing.T) {
	f := newFixture(t)
	for path, status := range map[string]int{"/api/session": 200, "/api/rooms": 401, "/api/nothing": 404} {
		w := httptest.NewRecorder()
		f.http.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		want(t, path, []any{w.Code, w.Header().Get("Cache-Control")}, []any{status, "no-store"})
	}
}

func TestTheDescriptionsOfTheAPINeedNoTokenAndAreCached(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/api/openapi.json", "/api/asyncapi.json"} {
		first := httptest.NewRecorder()
		f.http.ServeHTTP(first, httptest.NewRequest("GET", path, nil))
		want(t, path, first.Code, 200)
		want(t, "how long "+path+" is kept", first.Header().Get("Cache-Control"), "public, max-age=3600")
		if !json.Valid(first.Body.Bytes()) || !strings.Contains(first.Body.String(), `"sendMessage"`) {
			t.Errorf("%s: %.200s", path, first.Body)
		}
		again := httptest.NewRequest("GET", path, nil)
		again.Header.Set("If-None-Match", first.Header().Get("ETag"))
		second := httptest.NewRecorder()
		f.http.ServeHTTP(second, again)
		want(t, path+" again", second.Code, 304)
	}
}

func TestAnIdOrASearchOfDigitsIsText(t *testing.T) {
	f := newFixture(t)
	_, session := f.request("POST", "/api/session", "", `{"name":"Ada"}`)
	token, _ := session["token"].(string)
	for path, status := range map[string]int{
		"/api/users/12345/presence": 200, "/api/rooms/7/messages?after=0": 403, "/api/rooms/open?search=2026": 200, "/api/rooms/7/members?after=5": 403,
	} {
		got, answer := f.request("GET", path, token, "")
		if got != status {
			t.Errorf("%s: %d %v, want %d", path, got, answer, status)
		}
	}
}

func TestARevisionBehindTheLastPossibleOneIsRefused(t *testing.T) {
	f := newFixture(t)
	_, session := f.request("POST", "/api/session", "", `{"name":"Ada"}`)
	token, _ := session["token"].(string)
	_, made := f.request("POST", "/api/rooms", token, `{"name":"Room"}`)
	room, _ := made["room"].(object)
	status, answer := f.request("GET", fmt.Sprintf("/api/rooms/%s/changes?after=9223372036854775807", room["id"]), token, "")
	if status != 400 {
		t.Errorf("got %d %v", status, answer)
	}
}
