package meter

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/scripts/prices"
)

func TestTheReportCountsAndPricesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		m.Call("message", DynamoDB, "UpdateItem", false, 0, 2)
		m.Call("message", DynamoDB, "UpdateItem", true, 0, 1)
		m.Call("api", DynamoDB, "Query", false, 1.5, 0)
		m.Call("message", Storage, "HeadObject", false, 0, 0)
		m.Call("message", Storage, "CopyObject", false, 0, 0)
		m.Call("message", Storage, "DeleteObject", false, 0, 0)
		m.Call("message", Management, "PostToConnection", false, 0, 0)
		m.MessageIn(1)
		m.MessageIn(32 << 10)
		m.MessageOut(32<<10 + 1)
		m.MessageOut(0)
		m.Connected("a")
		m.Connected("b")
		m.Invoked("message", 1500*time.Microsecond) // billed as 2 ms
		m.Worked("message", time.Millisecond)
		time.Sleep(time.Minute)
		m.Disconnected("a")
		time.Sleep(time.Minute)

		want := Report{
			Calls: []Call{
				{"api", DynamoDB, "Query", 1, 0, 1.5, 0},
				{"message", DynamoDB, "UpdateItem", 2, 1, 0, 3},
				{"message", Management, "PostToConnection", 1, 0, 0, 0},
				{"message", Storage, "CopyObject", 1, 0, 0, 0},
				{"message", Storage, "DeleteObject", 1, 0, 0, 0},
				{"message", Storage, "HeadObject", 1, 0, 0, 0},
			},
			TotalCalls:        7,
			ConnectionMinutes: 3,
			Invocations:       []Invocation{{"message", 1, 0.003}},
		}
		want.Messages.In, want.Messages.Out = 2, 3
		got := m.Report()
		dollars := got.Dollars
		got.Dollars = Dollars{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		for _, price := range []struct {
			of        string
			got, want float64
		}{
			{"API Gateway", dollars.APIGateway, 5*1.00e-6 + 3*0.25e-6},
			{"Lambda", dollars.Lambda, 0.20e-6 + 0.003*0.5*0.0000133334},
			{"DynamoDB", dollars.DynamoDB, 1.5*0.125e-6 + 3*0.625e-6},
			{"S3", dollars.S3, 5.00e-6 + 0.40e-6},
			{"all", dollars.Total, dollars.APIGateway + dollars.Lambda + dollars.DynamoDB + dollars.S3},
		} {
			if math.Abs(price.got-price.want) > 1e-15 {
				t.Errorf("%s costs %g, want %g", price.of, price.got, price.want)
			}
		}

		m.Reset()
		time.Sleep(30 * time.Second)
		want = Report{Calls: []Call{}, Invocations: []Invocation{}, ConnectionMinutes: 0.5}
		want.Dollars = Dollars{APIGateway: 0.5 * prices.ConnectionMinute, Total: 0.5 * prices.ConnectionMinute}
		if got := m.Report(); !reflect.DeepEqual(got, want) {
			t.Errorf("after a reset: %+v", got)
		}
	})
}

func TestTheReportsJSON(t *testing.T) {
	var m Meter
	m.Call("api", DynamoDB, "GetItem", false, 0.5, 0)
	m.Invoked("api", time.Millisecond)
	r := m.Report()
	r.Dollars = Dollars{1, 2, 3, 4, 5, 15}
	got, err := json.Marshal(r)
	const want = `{"calls":[{"function":"api","service":"dynamodb","operation":"GetItem","count":1,"failed":0,"readUnits":0.5,"writeUnits":0}],` +
		`"totalCalls":1,"messages":{"in":0,"out":0},"connectionMinutes":0,"invocations":[{"function":"api","count":1,"seconds":0.001}],` +
		`"dollars":{"apiGateway":1,"lambda":2,"dynamodb":3,"s3":4,"sqs":5,"total":15}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestTheTableForPeople(t *testing.T) {
	var m Meter
	m.Call("api", DynamoDB, "GetItem", false, 0.5, 0)
	m.Invoked("api", time.Millisecond)
	m.MessageOut(5)
	var b strings.Builder
	if err := m.Report().Print(&b); err != nil {
		t.Fatal(err)
	}
	const want = `function  call              count  failed  read units  write units
api       dynamodb GetItem  1      0       0.5         0.0
api       ran               1              0.001 s     

0 messages in, 1 out, 0.0 connection minutes
API Gateway $0.000001, Lambda $0.000000, DynamoDB $0.000000, S3 $0.000000, SQS $0.000000: on AWS $0.000001 in all
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
