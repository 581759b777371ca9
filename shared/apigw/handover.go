package apigw

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
)

// Handover passes large fan-outs to the fanout function through a FIFO queue of Amazon SQS, in which a
// message group is a lane. So SQS gives one delivery of a lane after the other, in order, and each
// again if its function dies. The function's handler is made by [Fanout].
type Handover struct {
	// Client calls SQS.
	Client *awsapi.Client
	// QueueURL is the queue's.
	QueueURL string
}

var _ realtime.Handover = (*Handover)(nil)

// maxMessage is the largest message of a queue. Since 2025 a queue may allow more.
const maxMessage = 256 << 10

// message is the input of SendMessage (Amazon SQS API reference).
type message struct {
	QueueURL        string `json:"QueueUrl"`
	Body            string `json:"MessageBody"`
	Group           string `json:"MessageGroupId"`
	DeduplicationID string `json:"MessageDeduplicationId"`
}

// HandOver implements realtime.Handover with SendMessage. When it sends a message again that SQS had taken
// all the same, the queue drops it.
func (h *Handover) HandOver(ctx context.Context, d realtime.Delivery) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	if len(body) > maxMessage {
		return fmt.Errorf("hand over: %d bytes are more than the %d that a message may have", len(body), maxMessage)
	}
	request, err := json.Marshal(message{
		QueueURL: h.QueueURL, Body: string(body), Group: strconv.Itoa(d.Lane), DeduplicationID: d.Packet + "-" + strconv.Itoa(d.Part),
	})
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	header := http.Header{"X-Amz-Target": {"AmazonSQS.SendMessage"}, "Content-Type": {"application/x-amz-json-1.0"}}
	if err := postAgain(ctx, h.Client, "/", header, request); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}
