package realtime

import (
	"strconv"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Apart makes a server time its posts as a process of its own does.
func Apart(s *Server) { s.recovery.process = newProcess() }

// IsPostBefore reports whether it follows from fan-outs that the gateway took that of a for a
// connection before that of b.
func IsPostBefore(fanouts []store.Reached, a, b int, connectionID string) bool {
	packets := map[string]*store.LoggedPacket{}
	for i := range fanouts {
		packets[strconv.Itoa(i)] = &store.LoggedPacket{Reached: fanouts[i : i+1]}
	}
	return orderOf(packets).isBefore(&fanouts[a], &fanouts[b], connectionID)
}
