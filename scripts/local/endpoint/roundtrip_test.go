package endpoint

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/scripts/local/meter"
)

// inside makes the bench's clients call the endpoint without a network.
func (b *bench) inside() *bench {
	b.http = &http.Client{Transport: b.Endpoint}
	b.dynamodb = b.client("KEY")
	return b
}

func TestACallFromThisProcessIsServedAsOneFromTheNetwork(t *testing.T) {
	b := newBench(t, nil).inside()
	item := key("a")
	item["n"] = &types.AttributeValueMemberN{Value: "1"}
	if err := b.put(item, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := b.get("a"); err != nil || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	var refused *types.ConditionalCheckFailedException
	if err := b.put(item, aws.String("attribute_not_exists(pk)")); !errors.As(err, &refused) {
		t.Errorf("a write whose condition fails: %v", err)
	}
	if err := b.post(); err != nil {
		t.Error(err)
	}
	counts := map[string][2]int64{}
	for _, c := range b.Meter.Report().Calls {
		counts[c.Operation] = [2]int64{c.Count, c.Failed}
	}
	for operation, want := range map[string][2]int64{"PutItem": {2, 1}, "GetItem": {1, 0}, "PostToConnection": {1, 0}} {
		if counts[operation] != want {
			t.Errorf("the meter has %s %v, want %v", operation, counts[operation], want)
		}
	}
}

func TestFaultsReachCallsFromThisProcess(t *testing.T) {
	var fault Fault
	b := newBench(t, func(c Call) Fault {
		if c.Service == meter.DynamoDB {
			return fault
		}
		return Fault{}
	}).inside()
	fault = Fault{LoseAnswer: true}
	if err := b.put(key("a"), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an answer that is lost: %v", err)
	}
	fault = Fault{}
	if got, err := b.get("a"); err != nil || len(got) != 2 {
		t.Errorf("what was written then: %v, %v", got, err)
	}
	fault = Fault{Hang: true}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
	if answer, err := b.RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that hangs: %+v, %v", answer, err)
	}
}
