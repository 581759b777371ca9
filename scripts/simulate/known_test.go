package simulate

// known are the kinds of violations that are known today, with the reason for each. The list
// must become empty. A run fails on any other kind; one of 10,000 histories also fails when a
// kind does not occur any more, so that it is taken out.
var known = map[string]string{
	"7 heard after leaving":                                 membershipCauses,
	"7 heard after leaving, the join being delivered twice": "the second delivery of joinRoom makes a member again who has left since",
	"7 read after leaving":                                  membershipCauses,
	"7 read after leaving, the join being delivered twice":  "as above",
	"8 offline with a socket":                               presenceCauses,
	"8 offline with a socket, after two minutes":            presenceCauses,
	"8 online without a socket":                             "a connection ends while its CONNECT is handled, and the look afterwards fails",
	"8 online without a socket, after two minutes":          slowSweep,
	"acknowledged, and not heard":                           "a repetition within a second of the message tells nobody (healAfter), and joins that half failed",
	"deaf: no membership":                                   membershipCauses,
	"deaf: no membership, after two minutes":                membershipCauses,
	"deaf: not in the record":                               membershipCauses,
	"deaf: not in the record, after two minutes":            membershipCauses,
	"deaf: probe":                                 membershipCauses,
	"membership left, after two minutes":          slowSweep,
	"no record, after two minutes":                slowSweep,
	"overhears: in the record":                    membershipCauses,
	"overhears: in the record, after two minutes": membershipCauses,
	"overhears: membership":                       membershipCauses,
	"overhears: membership, after two minutes":    membershipCauses,
	"overhears: probe":                            membershipCauses,
	"reads as a stranger":                         "history is allowed by the rooms of the session, not by the members",
	"record left, after two minutes":              slowSweep,
	"recovered after goodbye":                     "the DISCONNECT is handled a second late, when the client is back, or it is lost",
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
	membershipCauses = "a join, leave or createRoom that half fails, or races with another, is not repaired"
	presenceCauses   = "an ending that is finished late takes the recovered socket of the same id offline"
	slowSweep        = "the sweep looks at each connection once in nine minutes"
)
