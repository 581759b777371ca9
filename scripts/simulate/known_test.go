package simulate

// known are the kinds of violations that are known today, with the reason for each. The list
// must become empty. A run fails on any other kind, and tells which of these did not occur.
var known = map[string]string{
	"8 online without a socket, after two minutes": slowSweep,
	"lost by recovery":                   "a global offset orders what several emitters emit by their clocks",
	"membership left, after two minutes": slowSweep,
	"no record, after two minutes":       slowSweep,
	"recovered after goodbye":            "the note of a goodbye expires before an ending that is late saves the session",
	"record left, after two minutes":     slowSweep,
}

// knownOnEngine are those that only the stores on DynamoDB have.
var knownOnEngine = map[string]string{
	"membership left": "a Join that dies before it looks whether the socket has ended leaves it until the next emit",
}

// isKnown reports whether a kind is known on these stores.
func (s stores) isKnown(kind string) bool {
	return known[kind] != "" || s.onEngine && knownOnEngine[kind] != ""
}

const slowSweep = "when $connect or $disconnect fails before it has noted anything, the sweep finds the connection in its round of nine minutes"
