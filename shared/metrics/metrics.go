// Package metrics counts what operators watch. A function adds to a [Recorder] while it
// works, and writes one line of CloudWatch's embedded metric format at the end of an
// invocation. CloudWatch Logs turns the line into metrics, so that counting needs no call,
// no SDK and no permission. Package instrument counts for the engine.
//
// The stack's alarms use the names below too, so the package imports the standard library
// only.
//
// What to beware of: a line holds numbers and codes, never texts, names or tokens of
// people. CloudWatch bills each metric in each stack, and ten of an account are free. So there are
// ten, with the stack as their only dimension, and none for what AWS counts by itself.
package metrics

// Namespace is where CloudWatch keeps the metrics.
const Namespace = "Confab"

// Stack is the dimension of all metrics: the stack's name.
const Stack = "Stack"

// Metrics. Each is a sum over the invocation, in Count, unless it says otherwise.
const (
	// Posts are the frames posted to connections, repetitions included.
	Posts = "Posts"
	// PostsGone are posts that found no connection (410).
	PostsGone = "PostsGone"
	// PostsBusy are posts that API Gateway answered with 429 or 5xx, or not at all. Those
	// of packets that are not volatile are repeated, unless an answer is missing.
	PostsBusy = "PostsBusy"
	// GivenUp are packets that a connection misses for good: API Gateway refused them too often or
	// too long, or did not answer.
	GivenUp = "GivenUp"
	// SlowestPost is the time of the invocation's slowest post, in milliseconds. The line has it, but
	// it is no metric.
	SlowestPost = "SlowestPost"
	// ConnectionsOpened and ConnectionsEnded are connections stored and removed. In the long
	// run they are equal.
	ConnectionsOpened = "ConnectionsOpened"
	ConnectionsEnded  = "ConnectionsEnded"
	// ConnectionsSwept are connections that the sweep visited: each once in nine minutes, or
	// twice after a ping. So it shows how many are open.
	ConnectionsSwept = "ConnectionsSwept"
	// Refused are events and sockets refused because of the client: unauthorized,
	// rate_limited, bad_request and so on. The line counts them by code.
	Refused = "Refused"
	// Failed are events and sockets that failed because of the server: internal and
	// unavailable.
	Failed = "Failed"
	// ErrorsLogged are the log's records of level ERROR: Failed, and errors that no client
	// hears of.
	ErrorsLogged = "ErrorsLogged"
)

// all are the metrics with their units, in the order of a line.
var all = []struct{ name, unit string }{
	{Posts, "Count"},
	{PostsGone, "Count"},
	{PostsBusy, "Count"},
	{GivenUp, "Count"},
	{ConnectionsOpened, "Count"},
	{ConnectionsEnded, "Count"},
	{ConnectionsSwept, "Count"},
	{Refused, "Count"},
	{Failed, "Count"},
	{ErrorsLogged, "Count"},
}
