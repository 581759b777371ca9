package apigw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"

	"github.com/confab-chat/confab/shared/realtime"
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
	return &Gateway{Client: management.New(management.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = 200 * time.Millisecond
		}),
		Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	})}
}

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
			check("close", g.Close(t.Context(), "id"), c.close)
		})
	}
}

func TestNobodyListeningIsBusy(t *testing.T) {
	g := answering(t, 200, "", 0)
	g.Client = management.New(management.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), Retryer: aws.NopRetryer{}, Credentials: aws.AnonymousCredentials{},
	})
	if err := g.Post(t.Context(), "id", nil); !errors.Is(err, realtime.ErrBusy) {
		t.Error(err)
	}
}
