// Package metrics counts what operators watch. Functions add to a [Recorder] as they
// work and write it once an invocation, as one line of CloudWatch's embedded metric
// format: CloudWatch Logs turns the line into metrics, so that counting needs no call,
// no SDK and no permission. Package instrument does the counting for the engine.
//
// The names below are for the functions and for the stack's alarms alike; the package
// needs the standard library only.
//
// What to beware of: a line may hold numbers and codes, never what people wrote, their
// names, or their tokens. Each name is a metric that CloudWatch bills, ten of them in an
// account being free; so there are ten, what AWS counts by itself is not among them,
// and they have no dimensions.
package metrics

// Namespace is where CloudWatch keeps the metrics.
const Namespace = "Confab"

// Metrics. Each is a sum over the invocation, in Count, unless it says otherwise.
const (
	// Posts are the frames handed to API Gateway for connections, repetitions included.
	Posts = "Posts"
	// PostsGone are posts that found no connection (410).
	PostsGone = "PostsGone"
	// PostsBusy are posts that API Gateway refused for now (429), failed (5xx), or did not
	// answer. A frame that is not volatile is posted up to five times.
	PostsBusy = "PostsBusy"
	// SlowestPost is how long the invocation's slowest post took, in Milliseconds.
	SlowestPost = "SlowestPost"
	// ConnectionsOpened and ConnectionsEnded are connections stored and forgotten. In the
	// long run they are equal.
	ConnectionsOpened = "ConnectionsOpened"
	ConnectionsEnded  = "ConnectionsEnded"
	// ConnectionsSwept are connections that the sweep saw. It sees each once in nine
	// minutes, or twice after a ping, so this tells how many are open.
	ConnectionsSwept = "ConnectionsSwept"
	// Refused are events and sockets that were refused for a reason of the client's:
	// unauthorized, rate_limited, bad_request and so on. The line has them by code.
	Refused = "Refused"
	// Failed are events and sockets that failed for a reason of ours: internal and
	// unavailable.
	Failed = "Failed"
	// ErrorsLogged are records of level ERROR in the log: Failed, and what no client
	// was told.
	ErrorsLogged = "ErrorsLogged"
)

// all are the metrics with their units, in the order of a line.
var all = []struct{ name, unit string }{
	{Posts, "Count"},
	{PostsGone, "Count"},
	{PostsBusy, "Count"},
	{SlowestPost, "Milliseconds"},
	{ConnectionsOpened, "Count"},
	{ConnectionsEnded, "Count"},
	{ConnectionsSwept, "Count"},
	{Refused, "Count"},
	{Failed, "Count"},
	{ErrorsLogged, "Count"},
}
