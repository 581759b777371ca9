package handover

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// client keeps the invocations that it is asked for.
type client struct {
	invocations []*lambda.InvokeInput
	err         error
}

func (c *client) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	c.invocations = append(c.invocations, in)
	return &lambda.InvokeOutput{}, c.err
}

func TestADeliveryIsOneAsynchronousInvocation(t *testing.T) {
	c := &client{}
	want := realtime.Delivery{
		Frames:    [][]byte{[]byte(`42["hello"]`)},
		Namespace: "/",
		Members:   []store.Member{{ConnectionID: "c", SocketID: "s", Room: "r"}},
		Volatile:  true,
	}
	if err := (&Lambda{Client: c, Function: "fanout"}).HandOver(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if len(c.invocations) != 1 {
		t.Fatalf("%d invocations", len(c.invocations))
	}
	in := c.invocations[0]
	if *in.FunctionName != "fanout" || in.InvocationType != types.InvocationTypeEvent {
		t.Errorf("%s is invoked by %s", *in.FunctionName, in.InvocationType)
	}
	var got realtime.Delivery
	if err := json.Unmarshal(in.Payload, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestAFailedInvocationIsAnError(t *testing.T) {
	c := &client{err: errors.New("throttled")}
	if err := (&Lambda{Client: c}).HandOver(t.Context(), realtime.Delivery{}); !errors.Is(err, c.err) {
		t.Error(err)
	}
}

func TestADeliveryThatNoInvocationCanCarryIsAnError(t *testing.T) {
	c := &client{}
	large := realtime.Delivery{Frames: [][]byte{make([]byte, maxPayload)}}
	if err := (&Lambda{Client: c}).HandOver(t.Context(), large); err == nil || len(c.invocations) != 0 {
		t.Errorf("%v after %d invocations", err, len(c.invocations))
	}
}
