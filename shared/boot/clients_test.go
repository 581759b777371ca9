package boot

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

func TestAPostThatHangsIsGivenUpWithoutARepetition(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // the server notices afterwards only that the client has left
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	e := Environment{Getenv: func(name string) string {
		return map[string]string{
			names.EnvManagementEndpoint: server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
		}[name]
	}}
	client, err := e.management()
	if err != nil {
		t.Fatal(err)
	}
	gateway := apigw.Gateway{Client: client}
	if err := gateway.Post(t.Context(), "id", []byte("2")); !errors.Is(err, realtime.ErrUnanswered) || posts.Load() != 1 {
		t.Errorf("after %d posts: %v", posts.Load(), err)
	}
}
