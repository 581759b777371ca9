package apigw

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// sent is what SQS was asked for.
type sent struct {
	path, target, kind string
	message            map[string]string
}

// queueAnswering returns a Handover whose SQS answers with the statuses in turn, and what it was
// asked for.
func queueAnswering(t *testing.T, statuses ...int) (*Handover, *[]sent) {
	t.Helper()
	var asked []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s := sent{path: r.URL.EscapedPath(), target: r.Header.Get("X-Amz-Target"), kind: r.Header.Get("Content-Type")}
		if err := json.Unmarshal(body, &s.message); err != nil {
			t.Error(err)
		}
		asked = append(asked, s)
		w.WriteHeader(statuses[min(len(asked), len(statuses))-1])
	}))
	t.Cleanup(server.Close)
	return &Handover{Client: gatewayAt(t, server.URL).Client, QueueURL: "https://sqs.eu-west-1.amazonaws.com/1/fanout.fifo"}, &asked
}

func TestADeliveryIsOneMessageInTheGroupOfItsLane(t *testing.T) {
	h, asked := queueAnswering(t, http.StatusOK)
	want := realtime.Delivery{
		Frames:    [][]byte{[]byte(`42["hello"]`)},
		Namespace: "/",
		Members:   []store.Member{{ConnectionID: "c", SocketID: "s", Room: "r"}},
		Volatile:  true,
		Packet:    "PACKET",
		Part:      7,
		Lane:      5,
	}
	if err := h.HandOver(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if len(*asked) != 1 {
		t.Fatalf("%d messages", len(*asked))
	}
	got := (*asked)[0]
	var body realtime.Delivery
	if err := json.Unmarshal([]byte(got.message["MessageBody"]), &body); err != nil || !reflect.DeepEqual(body, want) {
		t.Errorf("got  %+v, %v\nwant %+v", body, err, want)
	}
	delete(got.message, "MessageBody")
	if want := (sent{"/", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", map[string]string{
		"QueueUrl": h.QueueURL, "MessageGroupId": "5", "MessageDeduplicationId": "PACKET-7",
	}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAMessageThatSQSThrottlesIsSentAgain(t *testing.T) {
	h, asked := queueAnswering(t, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusOK)
	if err := h.HandOver(t.Context(), realtime.Delivery{}); err != nil || len(*asked) != 3 {
		t.Errorf("%v after %d messages", err, len(*asked))
	}
}

func TestAMessageThatSQSRefusesIsAnError(t *testing.T) {
	for status, times := range map[int]int{http.StatusTooManyRequests: 3, http.StatusBadRequest: 1} {
		h, asked := queueAnswering(t, status)
		var refused *awsapi.Error
		err := h.HandOver(t.Context(), realtime.Delivery{})
		if !errors.As(err, &refused) || refused.Status != status || len(*asked) != times {
			t.Errorf("status %d: %v after %d messages", status, err, len(*asked))
		}
	}
}

func TestADeliveryThatNoMessageCanCarryIsAnError(t *testing.T) {
	h, asked := queueAnswering(t, http.StatusOK)
	large := realtime.Delivery{Frames: [][]byte{make([]byte, maxMessage)}}
	if err := h.HandOver(t.Context(), large); err == nil || len(*asked) != 0 {
		t.Errorf("%v after %d messages", err, len(*asked))
	}
}

func TestAMessageThatIsNoDeliveryStaysInTheQueue(t *testing.T) {
	payload, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{Body: "{"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fanout(newServer(&connections{})).Invoke(t.Context(), payload); err == nil {
		t.Error("it is taken")
	}
}
