package endpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/meter"
)

// database sends requests to DynamoDB. It asks for their consumed capacity, and signs them
// again, because only this process knows the functions' keys.
type database struct {
	url       *url.URL
	account   dynamo.Account
	signer    *v4.Signer
	transport *http.Transport
}

// maxConnections is how many calls the database works on at once. It writes one after the other, so
// more would not be faster, and while a call waits here it costs the database nothing if its caller
// gives up. Thousands that had given up would keep it busy for minutes.
const maxConnections = 64

func newDatabase(at *url.URL, a dynamo.Account) *database {
	return &database{
		url:     at,
		account: a,
		signer:  v4.NewSigner(),
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
			MaxConnsPerHost: maxConnections, MaxIdleConnsPerHost: maxConnections,
		},
	}
}

// ServeHTTP implements http.Handler: it answers a call as the database does.
func (d *database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := d.send(r)
	if err != nil {
		writeError(w, http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
		return
	}
	defer answer.Body.Close()
	maps.Copy(w.Header(), answer.Header)
	w.Header().Del("Connection") // which is about the one to the database
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		panic(http.ErrAbortHandler) // half an answer is none
	}
}

// send sends a function's call to the database.
func (d *database) send(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the call: %w", err)
	}
	body = askForCapacity(body)
	out, err := http.NewRequestWithContext(r.Context(), r.Method, d.url.JoinPath(r.URL.Path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Content-Type", "X-Amz-Target"} {
		out.Header[name] = r.Header[name]
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
