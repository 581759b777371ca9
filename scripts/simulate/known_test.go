package simulate

// known are the kinds of violations that are known today, with the reason for each. The list
// must become empty. A run fails on any other kind, and tells which of these did not occur.
var known = map[string]string{}
