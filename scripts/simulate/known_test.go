package simulate

// known are the kinds of violations that are known today, with the reason for each. The list
// must become empty. A run fails on any other kind, and tells which of these did not occur.
var known = map[string]string{
	"8 offline with a socket, after two minutes":   slowSweep,
	"8 online without a socket, after two minutes": slowSweep,
	"deaf: no membership, after two minutes":       slowSweep,
	"deaf: not in the record, after two minutes":   slowSweep,
	"lost by recovery":                             "a global offset orders what several emitters emit by their clocks",
	"membership left, after two minutes":           slowSweep,
	"no record, after two minutes":                 slowSweep,
	"record left, after two minutes":               slowSweep,
	"recovered after goodbye":                      "the note of a goodbye expires before an ending that is late saves the session",
	"sent away":                                    noTime,
	"sent away, after two minutes":                 noTime,
	"sent away, when everybody is gone":            noTime,
}

// knownOnEngine are those that only the stores on DynamoDB have.
var knownOnEngine = map[string]string{
	"membership left": "a Join that dies before it looks whether the socket has ended leaves it until the next emit",
}

// isKnown reports whether a kind is known on these stores.
func (s stores) isKnown(kind string) bool {
	return known[kind] != "" || s.onEngine && knownOnEngine[kind] != ""
}

const (
	// A connection that is not ended, or whose ending died, is found by its slot's turn.
	slowSweep = "the sweep looks at each connection once in nine minutes"
	noTime    = "a connection handler that has no time left fails for good, instead of for a while"
)
