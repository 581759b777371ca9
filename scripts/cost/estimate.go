package main

import "github.com/confab-chat/confab/scripts/prices"

// Estimates are costs beside the bill that are not counted.
type Estimates struct {
	// Logs is the cost of the functions' logs and the access logs.
	Logs float64 `json:"logs"`
	// Traces is the cost of X-Ray, at most.
	Traces float64 `json:"traces"`
	// SignIn is the cost of Cognito.
	SignIn float64 `json:"signIn"`
}

const (
	// bytesLogged is what an invocation logs, with CloudWatch's overhead: Lambda's start and
	// report, the line of metrics, and the record of the access log.
	bytesLogged = 1500
	// Lambda's active tracing traces the first request of each second, and tracedShare of
	// the others.
	tracesFree  = 1.0
	tracedShare = 0.05
)

func newEstimates(w Workload, all Calls) Estimates {
	var invocations float64
	for _, n := range all.Invocations {
		invocations += n
	}
	traced := min(invocations, tracesFree*minutesInMonth*60)
	traced += (invocations - traced) * tracedShare
	return Estimates{
		Logs:   invocations * bytesLogged * prices.LogByte,
		Traces: traced * prices.Trace,
		SignIn: float64(max(0, w.Users-prices.FreeUsers)) * prices.MonthlyUser,
	}
}
