package apigw

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// invocation is what Lambda was asked for.
type invocation struct {
	path, kind string
	payload    []byte
}

func TestAFunctionIsInvokedForItsAnswer(t *testing.T) {
	var asked invocation
	answer := func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"a":1}`) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, _ := io.ReadAll(r.Body)
		asked = invocation{r.URL.EscapedPath(), r.Header.Get("X-Amz-Invocation-Type"), payload}
		answer(w)
	}))
	t.Cleanup(server.Close)
	f := Function{Client: gatewayAt(t, server.URL).Client, Name: "preview"}
	got, err := f.Invoke(t.Context(), []byte(`{}`))
	if err != nil || string(got) != `{"a":1}` || asked.path != "/2015-03-31/functions/preview/invocations" || asked.kind != "" || string(asked.payload) != "{}" {
		t.Errorf("%s, %v for %+v", got, err, asked)
	}
	for what, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   error
	}{
		"throttled": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, ErrThrottled},
		"crashed": {func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"x"}`)
		}, ErrFailed},
		"refused": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }, nil},
	} {
		answer = c.answer
		if got, err := f.Invoke(t.Context(), []byte(`{}`)); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %s, %v", what, got, err)
		}
	}
}
