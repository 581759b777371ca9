package application

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
)

func TestPreviewsComeFromTheirFunctionIfThereIsOne(t *testing.T) {
	var status int
	var body, asked string
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		asked = r.URL.Path + " " + string(sent)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(lambda.Close)
	environment := map[string]string{"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": lambda.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}
	e := boot.Environment{Getenv: func(name string) string { return environment[name] }}
	var o chat.Options
	if err := setPreviewer(e, &o); err != nil || o.Previewer != nil {
		t.Fatalf("without a function: %v, %v", o.Previewer, err)
	}
	environment[names.EnvPreviewFunction] = "preview"
	if err := setPreviewer(e, &o); err != nil {
		t.Fatal(err)
	}
	status, body = http.StatusOK, `{"page":{"host":"h","site":"s","title":"t","description":"d"}}`
	got, err := o.Previewer.Preview(t.Context(), "https://example.com")
	if want := (chat.LinkPreview{Host: "h", Site: "s", Title: "t", Description: "d"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if asked != `/2015-03-31/functions/preview/invocations {"url":"https://example.com"}` {
		t.Error(asked)
	}
	for what, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"nothing to show": {http.StatusOK, `{}`, chat.ErrNoPreview},
		"throttled":       {http.StatusTooManyRequests, ``, chat.ErrBusy},
		"broken":          {http.StatusOK, `x`, nil},
		"refused":         {http.StatusForbidden, ``, nil},
	} {
		status, body = c.status, c.body
		if got, err := o.Previewer.Preview(t.Context(), "https://example.com"); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
