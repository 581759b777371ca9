package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/confab-chat/confab/scripts/local/meter"
)

// worker is a function that takes messages.
type worker struct {
	mu sync.Mutex
	// took are the messages that it was given, with what tells one receive from another.
	took []string
	// now counts the messages that it works on, by group.
	now  map[string]int
	fail func(body string, receives int) error
}

func (w *worker) Invoke(_ context.Context, function string, payload []byte) ([]byte, func(), error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil || len(e.Records) != 1 || function != "f" {
		return nil, nil, fmt.Errorf("%s is given %s", function, payload)
	}
	m := e.Records[0]
	group := m.Attributes["MessageGroupId"]
	var receives int
	_, _ = fmt.Sscan(m.Attributes["ApproximateReceiveCount"], &receives)
	w.mu.Lock()
	if w.now == nil {
		w.now = map[string]int{}
	}
	if w.now[group]++; w.now[group] > 1 {
		w.took = append(w.took, "two of a group at once")
	}
	w.took = append(w.took, fmt.Sprintf("%s %s %d", group, m.Body, receives))
	w.mu.Unlock()
	time.Sleep(time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now[group]--
	if w.fail != nil {
		if err := w.fail(m.Body, receives); err != nil {
			return nil, nil, err
		}
	}
	return nil, func() {}, nil
}

func (w *worker) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.took
}

// send sends a message by SQS's protocol.
func send(q *Queues, group, id, body string) *httptest.ResponseRecorder {
	payload, _ := json.Marshal(map[string]string{
		"QueueUrl": "https://sqs.us-east-1.amazonaws.com/0/work", "MessageGroupId": group, "MessageDeduplicationId": id, "MessageBody": body,
	})
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(payload)))
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	w := httptest.NewRecorder()
	q.ServeHTTP(w, r)
	return w
}

func TestMessagesOfAGroupComeOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := &worker{}, &meter.Meter{}
		q := New(Options{Queues: []Queue{{Name: "work", Function: "f"}}, Functions: w, Meter: m})
		defer q.Close()
		for i := range 3 {
			send(q, "a", fmt.Sprint("a", i), fmt.Sprint(i))
		}
		for synctest.Wait(); !q.Idle(); synctest.Wait() {
			time.Sleep(time.Second)
		}
		if want := []string{"a 0 1", "a 1 1", "a 2 1"}; !reflect.DeepEqual(w.taken(), want) {
			t.Errorf("took %q", w.taken())
		}
		send(q, "a", "x", "x")
		send(q, "b", "y", "y")
		start := time.Now()
		for synctest.Wait(); !q.Idle(); synctest.Wait() {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("two groups wait for each other: %v", took)
		}
		want := []meter.Call{
			{Function: "f", Service: meter.Queues, Operation: "DeleteMessage", Count: 5},
			{Function: "f", Service: meter.Queues, Operation: "ReceiveMessage", Count: 5},
		}
		if got := m.Report().Calls; !reflect.DeepEqual(got, want) {
			t.Errorf("metered %+v", got)
		}
	})
}

func TestAMessageOfTheSameIDIsDroppedForFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &worker{}
		q := New(Options{Queues: []Queue{{Name: "work", Function: "f"}}, Functions: w})
		defer q.Close()
		send(q, "a", "same", "1")
		time.Sleep(4 * time.Minute)
		send(q, "a", "same", "2")
		time.Sleep(2 * time.Minute)
		send(q, "a", "same", "3")
		time.Sleep(time.Minute)
		if want := []string{"a 1 1", "a 3 1"}; !reflect.DeepEqual(w.taken(), want) {
			t.Errorf("took %q", w.taken())
		}
	})
}

func TestAMessageThatFailsIsGivenAgainAndKeepsItsGroupWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		died := errors.New("died")
		w := &worker{fail: func(body string, receives int) error {
			if body == "bad" || body == "once" && receives == 1 {
				return died
			}
			return nil
		}}
		var failed []string
		q := New(Options{
			Queues:    []Queue{{Name: "work", Function: "f", Visibility: 10 * time.Second, MaxReceives: 3, DeadLetters: "dead"}},
			Functions: w,
			Fail: func(destination, function string, payload []byte, err error, receives int) {
				failed = append(failed, fmt.Sprint(destination, " ", function, " ", string(payload), " ", err, " ", receives))
			},
		})
		defer q.Close()
		for _, body := range []string{"once", "bad", "good"} {
			send(q, "a", body, body)
		}
		start := time.Now()
		for synctest.Wait(); !q.Idle(); synctest.Wait() {
			time.Sleep(time.Second)
		}
		if want := []string{"a once 1", "a once 2", "a bad 1", "a bad 2", "a bad 3", "a good 1"}; !reflect.DeepEqual(w.taken(), want) {
			t.Errorf("took %q", w.taken())
		}
		if want := []string{"dead f bad died 3"}; !reflect.DeepEqual(failed, want) {
			t.Errorf("failed %q", failed)
		}
		if took := time.Since(start); took != 42*time.Second { // four times the visibility, and two seconds of work
			t.Errorf("it took %v", took)
		}
	})
}

func TestWhatSQSWouldRefuseIsRefused(t *testing.T) {
	q := New(Options{Queues: []Queue{{Name: "other", Function: "f"}}, Functions: &worker{}})
	defer q.Close()
	if w := send(q, "a", "1", "x"); w.Code != http.StatusBadRequest || w.Header().Get("X-Amzn-ErrorType") != "QueueDoesNotExist" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	q = New(Options{Queues: []Queue{{Name: "work", Function: "f"}}, Functions: &worker{}})
	defer q.Close()
	for code, answer := range map[string]*httptest.ResponseRecorder{
		"MissingParameter":      send(q, "", "1", "x"),
		"InvalidParameterValue": send(q, "a", "1", strings.Repeat("x", maxMessage+1)),
	} {
		if answer.Code != http.StatusBadRequest || answer.Header().Get("X-Amzn-ErrorType") != code {
			t.Errorf("%d %s, want %s", answer.Code, answer.Body, code)
		}
	}
}
