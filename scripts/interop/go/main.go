// Command client has the behaviours of the Go client zishang520/socket.io:
//
//	client URL PROXY CONTROL EARLY
//
// PROXY is the URL of a proxy whose connections a POST to CONTROL/cut cuts, and a POST to
// CONTROL/mend lets through again. EARLY is a server whose events overtake its CONNECT replies.
package main

import (
	"encoding/json"
	"os"
)

func main() {
	for _, b := range []struct {
		name string
		run  func(*visit) error
	}{
		{"connects with auth", (*visit).connectsWithAuth},
		{"is refused without auth", (*visit).isRefusedWithoutAuth},
		{"the server acknowledges", (*visit).serverAcknowledges},
		{"the client acknowledges", (*visit).clientAcknowledges},
		{"a room hears a broadcast", (*visit).roomHearsABroadcast},
		{"namespaces share a connection", (*visit).namespacesShareAConnection},
		{"the client disconnects", (*visit).clientDisconnects},
		{"the server disconnects", (*visit).serverDisconnects},
		{"reconnects after a cut", (*visit).reconnectsAfterACut},
		{"bytes to the server", (*visit).bytesToTheServer},
		{"bytes to the client", (*visit).bytesToTheClient},
		{"keeps an event that comes before its CONNECT reply", (*visit).keepsAnEarlyEvent},
	} {
		v := &visit{url: os.Args[1], proxy: os.Args[2], control: os.Args[3], early: os.Args[4]}
		result := map[string]string{"behaviour": b.name}
		if err := b.run(v); err != nil {
			result["failed"] = err.Error()
		}
		if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
			os.Exit(1)
		}
		for _, s := range v.sockets {
			s.Disconnect()
		}
	}
}
