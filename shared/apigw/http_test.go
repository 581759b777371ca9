package apigw

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestAnHTTPHandlerSeesTheRequestAndItsAnswerComesBack(t *testing.T) {
	h := HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Saw", r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("q")+" "+r.Header.Get("Authorization")+" "+string(body)+" "+r.Host)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot) // the first one counts
		_, _ = w.Write([]byte("done"))
	}))
	e := events.APIGatewayV2HTTPRequest{
		RawPath: "/api/a b", RawQueryString: "q=1", Headers: map[string]string{"authorization": "Bearer x"},
		Body: "aGk=", IsBase64Encoded: true,
	}
	e.RequestContext.HTTP.Method = "POST"
	e.RequestContext.DomainName = "example.com"
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var got events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(result, &got); err != nil {
		t.Fatal(err)
	}
	want := events.APIGatewayV2HTTPResponse{
		StatusCode: 201, Body: "done", Cookies: []string{"a=b"},
		Headers: map[string]string{"X-Saw": "POST /api/a b 1 Bearer x hi example.com"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBinaryAnswersAreEncoded(t *testing.T) {
	h := HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0x00}) }))
	result, err := h.Invoke(t.Context(), []byte(`{"rawPath":"/","requestContext":{"http":{"method":"GET"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(result, &got); err != nil || got.Body != "/wA=" || !got.IsBase64Encoded || got.StatusCode != 200 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestARequestThatCannotBeReadIsRefused(t *testing.T) {
	h := HTTP(http.NotFoundHandler())
	result, err := h.Invoke(t.Context(), []byte(`{"rawPath":"/","body":"!","isBase64Encoded":true,"requestContext":{"http":{"method":"POST"}}}`))
	var got events.APIGatewayV2HTTPResponse
	if err != nil || json.Unmarshal(result, &got) != nil || got.StatusCode != 400 {
		t.Errorf("got %s, %v", result, err)
	}
}
