package endpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/meter"
)

// database sends requests to DynamoDB. It asks for their consumed capacity, and signs them
// again, because only this process knows the functions' keys.
type database struct {
	account   dynamo.Account
	signer    *v4.Signer
	transport *http.Transport
}

func newDatabase(a dynamo.Account) *database {
	return &database{
		account: a,
		signer:  v4.NewSigner(),
		// The default keeps two idle connections, and a busy chat has many calls.
		transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, DisableCompression: true},
	}
}

// RoundTrip implements http.RoundTripper.
func (d *database) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the call: %w", err)
	}
	_ = r.Body.Close()
	body = askForCapacity(body)
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Content-Length", "Accept-Encoding"} {
		out.Header.Del(name)
	}
	hash := sha256.Sum256(body)
	err = d.signer.SignHTTP(r.Context(), d.account.Credentials, out, hex.EncodeToString(hash[:]), meter.DynamoDB, d.account.Region, time.Now())
	if err != nil {
		return nil, fmt.Errorf("sign the call: %w", err)
	}
	return d.transport.RoundTrip(out)
}

// askForCapacity makes a request return its consumed capacity. A body that is not a JSON
// object is left to the database, which refuses it.
func askForCapacity(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return body
	}
	fields["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	asking, err := json.Marshal(fields)
	if err != nil {
		return body
	}
	return asking
}

// consumed returns the capacity units in an answer of DynamoDB. A write whose condition
// fails consumes at least one, which its answer does not tell.
func consumed(operation string, answer []byte) (read, write float64) {
	var fields struct {
		Type             string `json:"__type"`
		ConsumedCapacity json.RawMessage
	}
	if json.Unmarshal(answer, &fields) != nil {
		return 0, 0
	}
	if errorName(fields.Type) == "ConditionalCheckFailedException" {
		return 0, 1
	}
	type capacity struct{ CapacityUnits float64 }
	var all []capacity
	if fields.ConsumedCapacity == nil {
		return 0, 0
	} else if json.Unmarshal(fields.ConsumedCapacity, &all) != nil {
		all = make([]capacity, 1)
		if json.Unmarshal(fields.ConsumedCapacity, &all[0]) != nil {
			return 0, 0
		}
	}
	var units float64
	for _, c := range all {
		units += c.CapacityUnits
	}
	switch operation {
	case "GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems":
		return units, 0
	default:
		return 0, units
	}
}
