package endpoint

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/dynamo/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is an endpoint before a real engine, and the clients of the function "f".
type bench struct {
	*Endpoint
	url      string
	http     *http.Client
	dynamodb *dynamodb.Client
}

func newBench(t *testing.T, intercept func(Call) Fault) *bench {
	t.Helper()
	engine, err := dynamo.Start(t.Context(), dynamo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamo.CreateTables(t.Context(), engine.Client(), dynamo.Tables("")); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(engine.URL())
	if err != nil {
		t.Fatal(err)
	}
	says := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
		})
	}
	e := New(Endpoint{
		DynamoDB: target, Account: dynamo.Local, Management: says(200), Lambda: says(202), Queues: says(200),
		Meter: &meter.Meter{}, Caller: caller, Intercept: intercept,
	})
	server := httptest.NewServer(e)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
		e.Close()
		engine.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	b := &bench{Endpoint: e, url: server.URL, http: &http.Client{Transport: transport}}
	b.dynamodb = b.client("KEY")
	return b
}

func credentials(key string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret"}, nil
	})
}

func (b *bench) client(key string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &b.url, HTTPClient: b.http, Credentials: credentials(key), Retryer: aws.NopRetryer{}})
}

func (b *bench) management() *management.Client {
	return management.New(management.Options{Region: "us-east-1", BaseEndpoint: aws.String(b.url + "/local"), HTTPClient: b.http, Credentials: credentials("KEY"), Retryer: aws.NopRetryer{}})
}

func (b *bench) post() error {
	_, err := b.management().PostToConnection(context.Background(), &management.PostToConnectionInput{ConnectionId: aws.String("JC1dgf9yoAMCK-g="), Data: []byte("x")})
	return err
}

func key(sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		schema.PartitionKey: &types.AttributeValueMemberS{Value: "p"},
		schema.SortKey:      &types.AttributeValueMemberS{Value: sort},
	}
}

func (b *bench) put(item map[string]types.AttributeValue, condition *string) error {
	_, err := b.dynamodb.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(schema.Chat.ID), Item: item, ConditionExpression: condition})
	return err
}

func (b *bench) get(sort string) (map[string]types.AttributeValue, error) {
	out, err := b.dynamodb.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String(schema.Chat.ID), Key: key(sort), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

func TestEveryCallIsCountedWithItsFunctionAndCapacity(t *testing.T) {
	b := newBench(t, nil)
	large := key("large")
	large["text"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 2500)} // 3 write units, 1 read unit
	if err := b.put(large, nil); err != nil {
		t.Fatal(err)
	}
	var exists *types.ConditionalCheckFailedException
	if err := b.put(large, aws.String("attribute_not_exists(pk)")); !errors.As(err, &exists) {
		t.Fatal(err)
	}
	if item, err := b.get("large"); err != nil || !reflect.DeepEqual(item, large) {
		t.Fatalf("%v, %v", item, err)
	}
	_, err := b.dynamodb.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String(schema.Chat.ID), Item: key("1")}},
		{Put: &types.Put{TableName: aws.String(schema.Chat.ID), Item: key("2")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.post(); err != nil {
		t.Fatal(err)
	}
	l := lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: &b.url, HTTPClient: b.http, Credentials: credentials("KEY")})
	if _, err := l.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("g"), InvocationType: "Event"}); err != nil {
		t.Fatal(err)
	}
	want := []meter.Call{
		{Function: "f", Service: meter.DynamoDB, Operation: "GetItem", Count: 1, ReadUnits: 1},
		{Function: "f", Service: meter.DynamoDB, Operation: "PutItem", Count: 2, Failed: 1, WriteUnits: 4},
		{Function: "f", Service: meter.DynamoDB, Operation: "TransactWriteItems", Count: 1, WriteUnits: 4},
		{Function: "f", Service: meter.Management, Operation: "PostToConnection", Count: 1},
		{Function: "f", Service: meter.Lambda, Operation: "Invoke", Count: 1},
	}
	if got := b.Meter.Report().Calls; !reflect.DeepEqual(got, want) {
		t.Errorf("metered\n%+v\nwant\n%+v", got, want)
	}
}

func TestACallThatNoFunctionSignedIsRefused(t *testing.T) {
	b := newBench(t, nil)
	_, err := b.client("STRANGER").ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err == nil || !strings.Contains(err.Error(), "UnrecognizedClientException") {
		t.Errorf("a stranger: %v", err)
	}
	answer, err := b.http.Get(b.url)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("without a signature: status %d", answer.StatusCode)
	}
}

func TestAFaultAnswersInsteadOfTheService(t *testing.T) {
	var calls []Call
	b := newBench(t, func(c Call) Fault {
		calls = append(calls, c)
		switch c.Operation {
		case "PutItem":
			return Fault{Status: 400, Code: "ProvisionedThroughputExceededException"}
		case "PostToConnection":
			return Fault{Status: 410, Code: "GoneException"}
		}
		return Fault{}
	})
	var throttled *types.ProvisionedThroughputExceededException
	if err := b.put(key("1"), nil); !errors.As(err, &throttled) {
		t.Errorf("put: %v", err)
	}
	if item, err := b.get("1"); err != nil || item != nil {
		t.Errorf("it was stored all the same: %v, %v", item, err)
	}
	var gone *managementtypes.GoneException
	if err := b.post(); !errors.As(err, &gone) {
		t.Errorf("post: %v", err)
	}
	want := []Call{{"f", meter.DynamoDB, "PutItem"}, {"f", meter.DynamoDB, "GetItem"}, {"f", meter.Management, "PostToConnection"}}
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("calls %v", calls)
	}
}

func TestALostAnswerIsThatOfACallThatHappened(t *testing.T) {
	b := newBench(t, func(c Call) Fault { return Fault{LoseAnswer: c.Operation == "PutItem"} })
	if err := b.put(key("1"), nil); err == nil {
		t.Error("the answer is not lost")
	}
	if item, err := b.get("1"); err != nil || !reflect.DeepEqual(item, key("1")) {
		t.Errorf("the item: %v, %v", item, err)
	}
}

func TestAnErrorMayHideACallThatHappened(t *testing.T) {
	b := newBench(t, func(c Call) Fault {
		if c.Operation == "PutItem" {
			return Fault{LoseAnswer: true, Status: 500, Code: "InternalServerError"}
		}
		return Fault{}
	})
	var internal *types.InternalServerError
	if err := b.put(key("1"), nil); !errors.As(err, &internal) {
		t.Errorf("got %v", err)
	}
	if item, err := b.get("1"); err != nil || !reflect.DeepEqual(item, key("1")) {
		t.Errorf("the item: %v, %v", item, err)
	}
}

func TestACallThatHangsEndsWithItsCaller(t *testing.T) {
	b := newBench(t, func(Call) Fault { return Fault{Hang: true} })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.dynamodb.ListTables(ctx, &dynamodb.ListTablesInput{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestTheDatabaseIsAskedByOneAccount: DynamoDB Local keeps separate tables for each
// key, and AWS knows none of the functions' keys.
func TestTheDatabaseIsAskedByOneAccount(t *testing.T) {
	seen := make(chan http.Header, 1)
	database := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header
		_, _ = io.WriteString(w, `{"TableNames":[]}`)
	}))
	defer database.Close()
	target, err := url.Parse(database.URL)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Endpoint{
		DynamoDB: target, Meter: &meter.Meter{}, Caller: caller,
		Account: dynamo.Account{Region: "eu-west-1", Credentials: aws.Credentials{AccessKeyID: "MINE", SecretAccessKey: "s", SessionToken: "token"}},
	})
	defer e.Close()
	server := httptest.NewServer(e)
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	b := &bench{url: server.URL, http: &http.Client{Transport: transport}}
	if _, err := b.client("KEY").ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Fatal(err)
	}
	h := <-seen
	if a := h.Get("Authorization"); !strings.Contains(a, "Credential=MINE/") || !strings.Contains(a, "/eu-west-1/dynamodb/aws4_request") || h.Get("X-Amz-Security-Token") != "token" {
		t.Errorf("asked with %s, token %s", a, h.Get("X-Amz-Security-Token"))
	}
}

func caller(key string) (function string, known bool) { return "f", key == "KEY" }
