// Package prices has AWS's prices, for the local cloud's meter and the calculation of costs.
package prices

import "github.com/confab-chat/confab/shared/names"

// Region and Date say where and when the prices hold.
const (
	Region = "us-east-1"
	Date   = "2026-11-23"
)

// On-demand prices in dollars, for the first tier, without free tiers and volume discounts:
// aws.amazon.com/api-gateway/pricing, /lambda/pricing, /dynamodb/pricing/on-demand,
// /s3/pricing, /sqs/pricing, /cloudwatch/pricing, /xray/pricing, /cognito/pricing.
const (
	// Message is a WebSocket message of up to 32 KB in either direction.
	Message          = 1.00 / 1e6
	ConnectionMinute = 0.25 / 1e6

	Invocation = 0.20 / 1e6
	GBSecond   = 0.0000133334 // arm64

	ReadUnit  = 0.125 / 1e6
	WriteUnit = 0.625 / 1e6

	// StorageWrite is a request of S3 that writes or lists, StorageRead one that reads. To delete is free.
	StorageWrite = 5.00 / 1e6
	StorageRead  = 0.40 / 1e6

	// QueueRequest is a request of a FIFO queue of SQS, with up to 64 KB.
	QueueRequest = 0.50 / 1e6

	// LogByte is a byte that CloudWatch Logs ingests.
	LogByte = 0.50 / 1e9
	// Trace is a trace that X-Ray records.
	Trace = 5.00 / 1e6
	// MonthlyUser is an active user of Cognito's Essentials plan in a month. The first
	// FreeUsers of a month are free.
	MonthlyUser = 0.015
	FreeUsers   = 10_000
)

// MemoryMB is the memory of each function in the stack (infra/confab).
var MemoryMB = map[string]int{
	names.Connect:    256,
	names.Message:    512,
	names.Disconnect: 256,
	names.Fanout:     1024,
	names.Sweep:      512,
	names.API:        256,
	names.Preview:    256,
}

// Lambda returns the cost of a function's invocations, which took so many seconds in total.
// A function that is not in the stack has the price of the largest one.
func Lambda(function string, invocations, seconds float64) float64 {
	mb, ok := MemoryMB[function]
	if !ok {
		mb = MemoryMB[names.Fanout]
	}
	return invocations*Invocation + seconds*float64(mb)/1024*GBSecond
}

// APIGateway returns the cost of WebSocket messages and connection minutes.
func APIGateway(messages, minutes float64) float64 {
	return messages*Message + minutes*ConnectionMinute
}

// DynamoDB returns the cost of read and write units.
func DynamoDB(read, write float64) float64 {
	return read*ReadUnit + write*WriteUnit
}

// Queue returns the cost of so many requests of a FIFO queue, of up to 64 KB each, as nearly all are.
func Queue(requests float64) float64 { return requests * QueueRequest }

// Storage returns the cost of so many requests of an operation of S3.
func Storage(operation string, count float64) float64 {
	switch operation {
	case "GetObject", "HeadObject":
		return count * StorageRead
	case "DeleteObject":
		return 0
	}
	return count * StorageWrite
}
