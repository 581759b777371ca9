package apigw

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// invocation is what Lambda was asked for.
type invocation struct {
	path, kind string
	payload    []byte
}

// lambdaAnswering returns a Handover whose Lambda answers with the statuses in turn, and the
// invocations that it was asked for.
func lambdaAnswering(t *testing.T, statuses ...int) (*Handover, *[]invocation) {
	t.Helper()
	var asked []invocation
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, _ := io.ReadAll(r.Body)
		asked = append(asked, invocation{r.URL.EscapedPath(), r.Header.Get("X-Amz-Invocation-Type"), payload})
		w.WriteHeader(statuses[min(len(asked), len(statuses))-1])
	}))
	t.Cleanup(server.Close)
	return &Handover{Client: gatewayAt(t, server.URL).Client, Function: "arn:aws:lambda:eu-west-1:1:function:fanout"}, &asked
}

func TestADeliveryIsOneAsynchronousInvocation(t *testing.T) {
	h, asked := lambdaAnswering(t, http.StatusAccepted)
	want := realtime.Delivery{
		Frames:    [][]byte{[]byte(`42["hello"]`)},
		Namespace: "/",
		Members:   []store.Member{{ConnectionID: "c", SocketID: "s", Room: "r"}},
		Volatile:  true,
	}
	if err := h.HandOver(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if len(*asked) != 1 {
		t.Fatalf("%d invocations", len(*asked))
	}
	in := (*asked)[0]
	if in.path != "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Afanout/invocations" || in.kind != "Event" {
		t.Errorf("%s is invoked by %q", in.path, in.kind)
	}
	var got realtime.Delivery
	if err := json.Unmarshal(in.payload, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestAnInvocationThatLambdaThrottlesIsTriedAgain(t *testing.T) {
	h, asked := lambdaAnswering(t, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusAccepted)
	if err := h.HandOver(t.Context(), realtime.Delivery{}); err != nil || len(*asked) != 3 {
		t.Errorf("%v after %d invocations", err, len(*asked))
	}
}

func TestAFailedInvocationIsAnError(t *testing.T) {
	for status, times := range map[int]int{http.StatusTooManyRequests: 3, http.StatusNotFound: 1} {
		h, asked := lambdaAnswering(t, status)
		var refused *awsapi.Error
		err := h.HandOver(t.Context(), realtime.Delivery{})
		if !errors.As(err, &refused) || refused.Status != status || len(*asked) != times {
			t.Errorf("status %d: %v after %d invocations", status, err, len(*asked))
		}
	}
}

func TestADeliveryThatNoInvocationCanCarryIsAnError(t *testing.T) {
	h, asked := lambdaAnswering(t, http.StatusAccepted)
	large := realtime.Delivery{Frames: [][]byte{make([]byte, maxPayload)}}
	if err := h.HandOver(t.Context(), large); err == nil || len(*asked) != 0 {
		t.Errorf("%v after %d invocations", err, len(*asked))
	}
}
