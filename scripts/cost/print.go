package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/scripts/prices"
)

// Print writes a bill and the comparison as text.
func Print(out io.Writer, b Bill, rivals []Rival) error {
	w := b.Workload
	var t strings.Builder
	fmt.Fprintf(&t, "%s users, %s messages to rooms of %d, %s connection minutes a month\n"+
		"= %s connections of %v, %s at a time on average\n\n",
		count(float64(w.Users)), count(float64(w.Messages)), w.Room, count(float64(w.Minutes)),
		count(w.Connections()), w.Session, count(w.Concurrent()))

	const row = "%-52s %12s %12s %9s %9s %7s %9s\n"
	fmt.Fprintf(&t, row, "", "times", "API Gateway", "Lambda", "DynamoDB", "Logs", "all")
	line := func(what, times string, d Dollars) {
		fmt.Fprintf(&t, row, what, times, dollars(d.APIGateway), dollars(d.Lambda), dollars(d.DynamoDB), dollars(d.Logs), dollars(d.Total))
	}
	for _, l := range b.Lines {
		line(l.What, count(l.Count), l.Dollars)
	}
	line("THIS WORKLOAD", "", b.Subtotal)
	for _, l := range b.Presence {
		line(l.What, count(l.Count), l.Dollars)
	}
	line("WITH PRESENCE", "", b.Total)

	fmt.Fprintf(&t, "\nCounted: messages, capacity units, invocations. Assumed: %v an invocation (-ms).\n"+
		"Prices: AWS %s, on demand, no free tier, %s.\n"+
		"Estimated, not included: traces %s at most with tracing=true; sign-in with Cognito %s (%s users are free).\n"+
		"Not included: data transfer, the page's delivery, storage.\n"+
		"With routeResponse=filled, if API Gateway turns out to allow it: %s with presence, for there are no noops.\n",
		w.Duration, prices.Region, prices.Date, dollars(b.Estimates.Traces), dollars(b.Estimates.SignIn), count(prices.FreeUsers),
		dollars(b.Total.Total-b.Estimates.Noops))

	fmt.Fprintf(&t, "\nThe same without presence, elsewhere:\n\n")
	const rivalRow = "%-27s %9s  %10s  %s\n"
	fmt.Fprintf(&t, rivalRow, "Confab", dollars(b.Subtotal.Total), prices.Date, "the lines above")
	for _, r := range rivals {
		fmt.Fprintf(&t, rivalRow, r.Name, r.price(), r.Date, r.Model)
		fmt.Fprintf(&t, "%51s%s\n", "", r.Note)
	}
	if !w.isPublished() {
		fmt.Fprintf(&t, "Pusher, Stream and PubNub sell plans; their totals are known only for the default workload.\n")
	}
	_, err := io.WriteString(out, t.String())
	return err
}

func (r Rival) price() string {
	switch {
	case r.To > 0:
		return dollars(r.From) + "–" + strconv.FormatFloat(r.To, 'f', 0, 64)
	case r.AtLeast:
		return dollars(r.From) + "+"
	}
	return dollars(r.From)
}

// dollars returns an amount with its cents, or without them if it is large.
func dollars(d float64) string {
	if d >= 10_000 {
		return "$" + count(d)
	}
	return "$" + strconv.FormatFloat(d, 'f', 2, 64)
}

// count returns a number with separators: 1,234,567.
func count(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
