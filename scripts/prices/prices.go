// Package prices is the one table of what AWS charges, for the local cloud's meter and
// the calculation of costs.
package prices

import "github.com/confab-chat/confab/shared/names"

// Region and Date are where and when the prices hold.
const (
	Region = "us-east-1"
	Date   = "2026-11-23"
)

// Prices in dollars, on demand, without free tiers and volume discounts. They are those
// of the first tier:
// aws.amazon.com/api-gateway/pricing, /lambda/pricing, /dynamodb/pricing/on-demand,
// /cloudwatch/pricing, /xray/pricing, /cognito/pricing.
const (
	// Message is a WebSocket message of up to 32 KB in either direction.
	Message          = 1.00 / 1e6
	ConnectionMinute = 0.25 / 1e6

	Invocation = 0.20 / 1e6
	GBSecond   = 0.0000133334 // arm64

	ReadUnit  = 0.125 / 1e6
	WriteUnit = 0.625 / 1e6

	// LogByte is a byte of a log that CloudWatch takes in.
	LogByte = 0.50 / 1e9
	// Trace is a trace that X-Ray records.
	Trace = 5.00 / 1e6
	// MonthlyUser is a user of Cognito's Essentials plan who signs in in a month, beyond the
	// FreeUsers of every month.
	MonthlyUser = 0.015
	FreeUsers   = 10_000
)

// MemoryMB is what the stack gives each function (infra/confab).
var MemoryMB = map[string]int{
	names.Connect:    256,
	names.Message:    512,
	names.Disconnect: 256,
	names.Fanout:     1024,
	names.Sweep:      512,
	names.API:        256,
}

// Lambda returns what invocations of a function cost that ran for so many seconds in
// all. What the stack does not know is priced as the largest function.
func Lambda(function string, invocations, seconds float64) float64 {
	mb, ok := MemoryMB[function]
	if !ok {
		mb = MemoryMB[names.Fanout]
	}
	return invocations*Invocation + seconds*float64(mb)/1024*GBSecond
}

// APIGateway returns what WebSocket messages and connection minutes cost.
func APIGateway(messages, minutes float64) float64 {
	return messages*Message + minutes*ConnectionMinute
}

// DynamoDB returns what read and write units cost.
func DynamoDB(read, write float64) float64 {
	return read*ReadUnit + write*WriteUnit
}
