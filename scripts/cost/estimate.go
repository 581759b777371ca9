package main

import "github.com/confab-chat/confab/scripts/prices"

// Estimates are costs beside the bill that are not counted.
type Estimates struct {
	// Traces is the cost of X-Ray with tracing, at most.
	Traces float64 `json:"traces"`
	// SignIn is the cost of Cognito.
	SignIn float64 `json:"signIn"`
	// Noops are the part of the bill for noops that answer a CONNECT or a pong: what the setting
	// mode.FilledRouteResponse saves.
	Noops float64 `json:"noops"`
}

const (
	// Lambda's active tracing traces the first request of each second, and tracedShare of
	// the others.
	tracesFree  = 1.0
	tracedShare = 0.05
)

// noopsFor returns how many noops answer messages that have no answer of their own: a connection's
// CONNECT, whose reply is posted, and its pongs.
func (w Workload) noopsFor(m Measured) float64 {
	_, beat := m.heartbeat(w.Heartbeat)
	return w.Connections()*m.Connect.In + float64(w.Minutes)/round*beat.In
}

func newEstimates(w Workload, m Measured, all Calls) Estimates {
	var invocations float64
	for _, n := range all.Invocations {
		invocations += n
	}
	traced := min(invocations, tracesFree*minutesInMonth*60)
	traced += (invocations - traced) * tracedShare
	return Estimates{
		Traces: traced * prices.Trace,
		SignIn: float64(max(0, w.Users-prices.FreeUsers)) * prices.MonthlyUser,
		Noops:  prices.APIGateway(w.noopsFor(m), 0),
	}
}
