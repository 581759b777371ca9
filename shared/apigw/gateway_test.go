package apigw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/sdkhttp"
)

// answering returns a Gateway whose @connections API answers with a status and an
// error code.
func answering(t *testing.T, status int, code string, delay time.Duration) *Gateway {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server sees a caller leave only afterwards
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
		if code != "" {
			w.Header().Set("X-Amzn-ErrorType", code)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, "{}")
	}))
	t.Cleanup(server.Close)
	return gatewayAt(t, server.URL)
}

// gatewayAt returns a Gateway with an @connections API at an endpoint.
func gatewayAt(t testing.TB, endpoint string) *Gateway {
	t.Helper()
	client, err := awsapi.New(awsapi.Options{
		Service: "execute-api", Region: "us-east-1", Endpoint: endpoint, Credentials: credentials,
		Transport: sdkhttp.NewTransport(sdkhttp.Options{ResponseTimeout: 200 * time.Millisecond, MaxIdle: 64}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Gateway{Client: client}
}

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
})

func TestWhatAnswersOfTheConnectionsAPIMean(t *testing.T) {
	other := errors.New("another error")
	cases := []struct {
		what        string
		status      int
		code        string
		delay       time.Duration
		post, close error
	}{
		{"success", 200, "", 0, nil, nil},
		{"gone", 410, "GoneException", 0, realtime.ErrGone, nil},
		{"too large", 413, "PayloadTooLargeException", 0, realtime.ErrTooLarge, realtime.ErrTooLarge},
		{"throttled", 429, "LimitExceededException", 0, realtime.ErrBusy, realtime.ErrBusy},
		{"a server error", 500, "InternalServerError", 0, realtime.ErrBusy, realtime.ErrBusy},
		{"no answer in time", 200, "", time.Minute, realtime.ErrUnanswered, realtime.ErrUnanswered},
		{"forbidden", 403, "ForbiddenException", 0, other, other},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			g := answering(t, c.status, c.code, c.delay)
			check := func(call string, got, want error) {
				t.Helper()
				if want == other {
					if got == nil || errors.Is(got, realtime.ErrGone) || errors.Is(got, realtime.ErrBusy) || errors.Is(got, realtime.ErrTooLarge) {
						t.Errorf("%s: %v", call, got)
					}
				} else if !errors.Is(got, want) {
					t.Errorf("%s: got %v, want %v", call, got, want)
				}
			}
			check("post", g.Post(t.Context(), "id", []byte("x")), c.post)
			if got := g.Post(t.Context(), "id", []byte("x")); c.post == realtime.ErrGone && errors.Unwrap(got) != realtime.ErrGone {
				t.Errorf("post: %v says more than that the connection is gone", got)
			}
			check("close", g.Close(t.Context(), "id"), c.close)
		})
	}
}

func TestNobodyListeningIsBusy(t *testing.T) {
	g := gatewayAt(t, "http://127.0.0.1:1")
	if err := g.Post(t.Context(), "id", nil); !errors.Is(err, realtime.ErrBusy) {
		t.Error(err)
	}
}

// BenchmarkPost posts a frame of a chat's size, by Gateway and by the SDK's client.
func BenchmarkPost(b *testing.B) {
	frame := []byte(`42["newMessage",` + strings.Repeat(" ", 200) + `{}]`)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	gateway := gatewayAt(b, server.URL+"/live")
	client := management.New(management.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL + "/live"), HTTPClient: sdkhttp.New(sdkhttp.Options{MaxIdle: 64}),
		Retryer: aws.NopRetryer{}, Credentials: credentials,
	})
	for _, c := range []struct {
		name string
		post func() error
	}{
		{"Gateway", func() error { return gateway.Post(b.Context(), "L0SM9cOFvHcCIhw=", frame) }},
		{"SDK", func() error {
			_, err := client.PostToConnection(b.Context(), &management.PostToConnectionInput{ConnectionId: aws.String("L0SM9cOFvHcCIhw="), Data: frame})
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.post(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
