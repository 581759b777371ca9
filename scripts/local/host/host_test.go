package host

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/apigw"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type handlerFunc func(ctx context.Context, payload []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// newHost returns a host of one function, "f".
func newHost(t *testing.T, o Options, f handlerFunc) *Host {
	o.Functions = map[string]Handler{"f": f}
	o.Log = slog.New(slog.DiscardHandler)
	h := New(o)
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestAPanicIsAnError(t *testing.T) {
	h := newHost(t, Options{}, func(context.Context, []byte) ([]byte, error) { panic("ouch") })
	_, _, err := h.Invoke(t.Context(), "f", nil)
	if err == nil || !strings.Contains(err.Error(), "ouch") {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownFunctionIsAnError(t *testing.T) {
	h := newHost(t, Options{}, nil)
	_, delivered, err := h.Invoke(t.Context(), "g", nil)
	if err == nil {
		t.Error("no error")
	}
	delivered() // may be called all the same
}

func TestWhatAFunctionLeavesRunsOnceItsResponseIsDelivered(t *testing.T) {
	ran := make(chan string, 2)
	h := newHost(t, Options{}, func(ctx context.Context, _ []byte) ([]byte, error) {
		for _, what := range []string{"first", "second"} {
			apigw.AfterResponse(ctx, func(ctx context.Context) {
				if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
					t.Error("the work has no live, bounded context")
				}
				ran <- what
			})
		}
		return []byte("{}"), nil
	})
	_, delivered, err := h.Invoke(t.Context(), "f", nil)
	if err != nil || len(ran) != 0 {
		t.Fatalf("%d ran before the delivery, %v", len(ran), err)
	}
	delivered()
	if got := [2]string{<-ran, <-ran}; got != [2]string{"first", "second"} {
		t.Errorf("ran %v", got)
	}
}

func TestAFunctionThatRunsTooLongTimesOutAndIsBilledForIt(t *testing.T) {
	timesOut(t, nil, 29*time.Second)
	timesOut(t, map[string]time.Duration{"another": time.Second}, 29*time.Second)
	timesOut(t, map[string]time.Duration{"f": time.Minute}, time.Minute)
}

func timesOut(t *testing.T, timeouts map[string]time.Duration, want time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter.Meter{}
		h := newHost(t, Options{Meter: m, Timeouts: timeouts}, func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, nil
		})
		start := time.Now()
		_, _, err := h.Invoke(t.Context(), "f", nil)
		if took := time.Since(start); !errors.Is(err, ErrTimeout) || took != want {
			t.Errorf("after %v: %v", took, err)
		}
		billed := []meter.Invocation{{Function: "f", Count: 1, Seconds: want.Seconds()}}
		if got := m.Report().Invocations; !reflect.DeepEqual(got, billed) {
			t.Errorf("metered %+v", got)
		}
	})
}

func TestAFunctionGoesOnWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := false
		h := newHost(t, Options{}, func(ctx context.Context, _ []byte) ([]byte, error) {
			time.Sleep(10 * time.Second)
			finished = ctx.Err() == nil
			return nil, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := h.Invoke(ctx, "f", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !finished {
			t.Error("it was disturbed")
		}
	})
}

func TestAnAsynchronousInvocationIsTriedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		h := newHost(t, Options{
			RetryDelays: []time.Duration{time.Minute, 2 * time.Minute},
			Async:       map[string]Async{"f": {Retries: 2, Destination: "queue"}},
		}, func(_ context.Context, payload []byte) ([]byte, error) {
			at = append(at, time.Since(start))
			if string(payload) == `"third time lucky"` && len(at) == 3 {
				return nil, nil
			}
			return nil, errors.New("Rain: not today")
		})
		want := []time.Duration{0, time.Minute, 3 * time.Minute}

		_ = h.InvokeAsync("f", []byte(`"third time lucky"`))
		time.Sleep(time.Hour)
		synctest.Wait()
		if !reflect.DeepEqual(at, want) || len(h.Failures()) != 0 {
			t.Errorf("tried at %v, failures %v", at, h.Failures())
		}

		at, start = nil, time.Now()
		_ = h.InvokeAsync("f", []byte(`"never"`))
		time.Sleep(time.Hour)
		synctest.Wait()
		failed := h.Failures()["queue"]
		if len(failed) != 1 || !reflect.DeepEqual(at, want) {
			t.Fatalf("tried at %v, failures %v", at, h.Failures())
		}
		record := Failure{
			Version:   "1.0",
			Timestamp: start.Add(3 * time.Minute).UTC(),
			RequestContext: FailedRequest{
				RequestID:   failed[0].RequestContext.RequestID,
				FunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
				Condition:   "RetriesExhausted",
				InvokeCount: 3,
			},
			RequestPayload:  json.RawMessage(`"never"`),
			ResponseContext: FailedResponse{StatusCode: 200, ExecutedVersion: "$LATEST", FunctionError: "Unhandled"},
			ResponsePayload: FailedPayload{Message: "not today", Type: "Rain"},
		}
		if !reflect.DeepEqual(failed[0], record) {
			t.Errorf("recorded %+v, want %+v", failed[0], record)
		}
	})
}

func TestAnAsynchronousInvocationIsLostWithoutADestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		h := newHost(t, Options{Async: map[string]Async{"f": {Retries: 1}}}, func(context.Context, []byte) ([]byte, error) {
			tries++
			return nil, errors.New("not today")
		})
		_ = h.InvokeAsync("f", []byte("{}"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if tries != 2 || len(h.Failures()) != 0 {
			t.Errorf("%d tries, failures %v", tries, h.Failures())
		}
	})
}

func TestAScheduleInvokesAtEveryMultipleWithEventBridgesEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []events.EventBridgeEvent
		h := newHost(t, Options{}, func(_ context.Context, payload []byte) ([]byte, error) {
			var e events.EventBridgeEvent
			if err := json.Unmarshal(payload, &e); err != nil {
				t.Error(err)
			}
			got = append(got, e)
			return nil, nil
		})
		time.Sleep(1500 * time.Millisecond) // off the minute
		start := time.Now().Truncate(time.Minute)
		h.Schedule("f", time.Minute)
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		if len(got) != 2 {
			t.Fatalf("%d events in two minutes", len(got))
		}
		for i, e := range got {
			want := events.EventBridgeEvent{
				Version: "0", ID: e.ID, DetailType: "Scheduled Event", Source: "aws.events", AccountID: "000000000000", Region: "us-east-1",
				Time: start.Add(time.Duration(i+1) * time.Minute).UTC(), Detail: json.RawMessage("{}"),
				Resources: []string{"arn:aws:events:us-east-1:000000000000:rule/f"},
			}
			if len(e.ID) != 36 || !reflect.DeepEqual(e, want) {
				t.Errorf("event %+v, want %+v", e, want)
			}
		}
		if got[0].ID == got[1].ID {
			t.Error("two events with one id")
		}
	})
}

func TestAScheduledEventMayBeDeliveredTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		payloads := make(chan string, 10)
		h := newHost(t, Options{EventsTwice: true}, func(_ context.Context, payload []byte) ([]byte, error) {
			payloads <- string(payload)
			return nil, nil
		})
		h.Schedule("f", time.Minute)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(payloads) != 2 {
			t.Fatalf("%d deliveries", len(payloads))
		}
		if first, second := <-payloads, <-payloads; first != second {
			t.Errorf("the deliveries are %s and %s", first, second)
		}
	})
}

func TestAScheduleBelowASecondTellsTheExactTime(t *testing.T) {
	payload, err := scheduledEvent("f", time.Unix(1, 250e6))
	if err != nil || !strings.Contains(string(payload), `"time":"1970-01-01T00:00:01.25Z"`) {
		t.Errorf("%s, %v", payload, err)
	}
}

func TestCloseWaitsForFunctionsAndTakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := false
		h := New(Options{Functions: map[string]Handler{"f": handlerFunc(func(context.Context, []byte) ([]byte, error) {
			time.Sleep(time.Second)
			finished = true
			return nil, nil
		})}})
		if err := h.InvokeAsync("f", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := h.Close(t.Context()); err != nil || !finished {
			t.Errorf("finished %v, %v", finished, err)
		}
		if err := h.InvokeAsync("f", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		if _, _, err := h.Invoke(t.Context(), "f", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCloseEndsTheContextOfFunctionsThatGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Functions: map[string]Handler{"f": handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})}})
		_ = h.InvokeAsync("f", nil)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// lambdaClient returns the SDK's client of a host.
func lambdaClient(t *testing.T, h *Host) *lambda.Client {
	server := httptest.NewServer(h)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return lambda.New(lambda.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	})
}

func TestTheInvokeAPIAnswersTheSDK(t *testing.T) {
	payloads := make(chan string, 1)
	h := newHost(t, Options{}, func(_ context.Context, payload []byte) ([]byte, error) {
		if string(payload) == `"fail"` {
			return nil, errors.New("it fails")
		}
		payloads <- string(payload)
		return []byte(`"done"`), nil
	})
	client := lambdaClient(t, h)
	invoke := func(name, payload string, kind types.InvocationType) (*lambda.InvokeOutput, error) {
		return client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(payload), InvocationType: kind})
	}

	for _, name := range []string{"f", "arn:aws:lambda:us-east-1:000000000000:function:f"} {
		out, err := invoke(name, `"in"`, types.InvocationTypeRequestResponse)
		if err != nil || out.StatusCode != 200 || string(out.Payload) != `"done"` || out.FunctionError != nil || <-payloads != `"in"` {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	out, err := invoke("f", `"fail"`, types.InvocationTypeRequestResponse)
	if err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), `"errorMessage":"it fails"`) {
		t.Errorf("a failure: %+v, %v", out, err)
	}
	out, err = invoke("f", `"event"`, types.InvocationTypeEvent)
	if err != nil || out.StatusCode != 202 || <-payloads != `"event"` {
		t.Errorf("an event: %+v, %v", out, err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := invoke("g", `"in"`, types.InvocationTypeEvent); !errors.As(err, &missing) || aws.ToString(missing.Message) != "Function not found: g" {
		t.Errorf("an unknown function: %v", err)
	}
	var tooLarge *types.RequestTooLargeException
	if _, err := invoke("f", `"`+strings.Repeat("x", maxAsyncPayload)+`"`, types.InvocationTypeEvent); !errors.As(err, &tooLarge) {
		t.Errorf("a large event: %v", err)
	}
}
