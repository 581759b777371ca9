package awsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
)

var key = aws.Credentials{AccessKeyID: "ID", SecretAccessKey: "secret", SessionToken: "session"}

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil })

// service answers calls by a handler.
func service(t *testing.T, handler http.HandlerFunc) (*Client, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := New(Options{
		Service: "execute-api", Region: "eu-west-1", Endpoint: server.URL + "/a%2Fb", Credentials: credentials, Transport: http.DefaultTransport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, server.URL
}

func TestACallHasTheAddressAndTheBodyOfTheSDKs(t *testing.T) {
	var got []string
	client, url := service(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, strings.Join([]string{r.Method, r.RequestURI, r.Host, string(body), r.Header.Get("X-Amz-Security-Token")}, " "))
	})
	sdk := management.New(management.Options{Region: "eu-west-1", BaseEndpoint: aws.String(url + "/a%2Fb"), Credentials: credentials})
	for _, id := range []string{"L0SM9cOFvHcCIhw=", "a/b c", "ü+%:@~"} {
		got = nil
		if err := client.Call(t.Context(), http.MethodPost, "/@connections/"+Escape(id), nil, []byte("hello")); err != nil {
			t.Error(err)
		}
		if _, err := sdk.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("hello")}); err != nil {
			t.Error(err)
		}
		if len(got) != 2 || got[0] != got[1] {
			t.Errorf("calls of %q are %q", id, got)
		}
	}
}

func TestACallIsSignedByVersion4(t *testing.T) {
	client, _ := service(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hash := sha256.Sum256(body)
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		again, _ := http.NewRequest(r.Method, "http://"+r.Host+r.RequestURI, strings.NewReader(string(body)))
		again.Header.Set("X-Amz-Invocation-Type", r.Header.Get("X-Amz-Invocation-Type"))
		if err := v4.NewSigner().SignHTTP(t.Context(), key, again, hex.EncodeToString(hash[:]), "execute-api", "eu-west-1", at); err != nil {
			t.Error(err)
		}
		if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want || !strings.Contains(got, "x-amz-invocation-type") {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	header := http.Header{"X-Amz-Invocation-Type": {"Event"}}
	if err := client.Call(t.Context(), http.MethodPost, "/@connections/"+Escape("a/b="), header, []byte("hello")); err != nil {
		t.Error(err)
	}
}

func TestARefusalSaysItsStatusItsCodeAndItsMessage(t *testing.T) {
	const body = `{"__type":"com.amazonaws#TooManyRequestsException","message":"Rate exceeded"}`
	cases := []struct {
		what      string
		status    int
		header    string
		body      string
		want      Error
		temporary bool
	}{
		{"in the header", 410, "GoneException:http://internal.amazon.com/", "", Error{410, "GoneException", ""}, false},
		{"in the body", 429, "", body, Error{429, "TooManyRequestsException", "Rate exceeded"}, true},
		{"of SQS", 400, "", `{"__type":"com.amazonaws.sqs#RequestThrottled","message":""}`, Error{400, "RequestThrottled", ""}, true},
		{"in neither", 502, "", "<html>", Error{502, "", ""}, true},
		{"in a long answer", 500, "", strings.Repeat("x", 2*maxAnswer), Error{500, "", ""}, true},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			client, _ := service(t, func(w http.ResponseWriter, r *http.Request) {
				if c.header != "" {
					w.Header().Set("X-Amzn-ErrorType", c.header)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			var got *Error
			if err := client.Call(t.Context(), http.MethodPost, "/", nil, nil); !errors.As(err, &got) || *got != c.want || got.Temporary() != c.temporary {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestWhatNobodyAnswersIsAnErrorOfTheNetwork(t *testing.T) {
	client, err := New(Options{Service: "lambda", Endpoint: "http://127.0.0.1:1", Credentials: credentials, Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	var network net.Error
	if err := client.Call(t.Context(), http.MethodPost, "/", nil, nil); !errors.As(err, &network) {
		t.Error(err)
	}
}

func TestAnEndpointMustBeAURLWithAHost(t *testing.T) {
	for _, endpoint := range []string{"", "lambda", "http://%zz"} {
		if _, err := New(Options{Service: "lambda", Endpoint: endpoint}); err == nil || !strings.Contains(err.Error(), "lambda") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
