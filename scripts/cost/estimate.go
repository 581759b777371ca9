package main

import "github.com/confab-chat/confab/scripts/prices"

// Estimates are costs beside the bill that are not counted.
type Estimates struct {
	// Traces is the cost of X-Ray with tracing, at most.
	Traces float64 `json:"traces"`
	// SignIn is the cost of Cognito.
	SignIn float64 `json:"signIn"`
}

const (
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
		Traces: traced * prices.Trace,
		SignIn: float64(max(0, w.Users-prices.FreeUsers)) * prices.MonthlyUser,
	}
}
