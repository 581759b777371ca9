package main

import "github.com/confab-chat/confab/scripts/prices"

// Estimates are what an installation pays beside the bill and nothing here counts.
type Estimates struct {
	// Logs are those of the functions and of the access logs.
	Logs float64 `json:"logs"`
	// Traces are X-Ray's, at most.
	Traces float64 `json:"traces"`
	// SignIn is Cognito's.
	SignIn float64 `json:"signIn"`
}

const (
	// bytesLogged is what an invocation logs: Lambda's start and report, the line of metrics,
	// and the access log's record, with CloudWatch's overhead.
	bytesLogged = 1500
	// tracesFree of a second are traced all, and of the rest tracedShare (AWS Lambda,
	// "active tracing").
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
