package host

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func TestAnInvocationAboveTheConcurrencyIsThrottledAndNotRun(t *testing.T) {
	for what, o := range map[string]Options{
		"the account's":  {Concurrency: 2},
		"the function's": {Reserved: map[string]int{"f": 2}, Concurrency: 1},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, o, func(context.Context, []byte) ([]byte, error) {
					time.Sleep(time.Second)
					return nil, nil
				})
				results := make(chan error, 3)
				for range 3 {
					go func() {
						_, _, err := h.Invoke(t.Context(), "f", nil)
						results <- err
					}()
				}
				if err := <-results; !errors.Is(err, ErrThrottled) {
					t.Errorf("the first result is %v", err)
				}
				if err := errors.Join(<-results, <-results); err != nil {
					t.Error(err)
				}
				if _, _, err := h.Invoke(t.Context(), "f", nil); err != nil {
					t.Errorf("a place that was left: %v", err)
				}
			})
		})
	}
}

func TestAnAsynchronousInvocationWaitsWhileItIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		h := newHost(t, Options{Concurrency: 1, Async: map[string]Async{"f": {Destination: "failures"}}},
			func(context.Context, []byte) ([]byte, error) {
				time.Sleep(10 * time.Second)
				ran++
				return nil, nil
			})
		for range 3 {
			if err := h.InvokeAsync("f", nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if ran != 3 || len(h.Failures()) > 0 {
			t.Errorf("%d ran, failures %+v", ran, h.Failures())
		}
	})
}

func TestAThrottledInvocationEndsWithTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, Options{Concurrency: 1, Async: map[string]Async{"f": {Destination: "failures"}}},
			func(context.Context, []byte) ([]byte, error) {
				time.Sleep(time.Second)
				return nil, nil
			})
		for range 2 {
			if err := h.InvokeAsync("f", nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := h.Close(t.Context()); err != nil || len(h.Failures()) > 0 {
			t.Errorf("%v, failures %+v", err, h.Failures())
		}
	})
}

func TestTheInvokeAPITellsOfThrottling(t *testing.T) {
	running, proceed := make(chan struct{}), make(chan struct{})
	h := newHost(t, Options{Concurrency: 1}, func(context.Context, []byte) ([]byte, error) {
		close(running)
		<-proceed
		return []byte("{}"), nil
	})
	if err := h.InvokeAsync("f", nil); err != nil {
		t.Fatal(err)
	}
	<-running
	_, err := lambdaClient(t, h).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("{}")})
	close(proceed)
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) {
		t.Errorf("got %v", err)
	}
}
