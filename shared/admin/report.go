package admin

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// maxShown bounds how many sockets a report shows.
const maxShown = 1000

// report sends an admin all sockets. It sends no "server_stats": the UI would list a server, and
// call it unhealthy ten seconds later, when no function runs that could send them again.
func (a *admin) report(ctx context.Context, s *realtime.Socket) error {
	all := []socket{}
	for _, name := range a.server.Names() {
		if name == Namespace {
			continue
		}
		found, err := a.server.Of(name).FetchSockets(ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			all = append(all, newSocket(name, f.ID, f.ConnectionID, f.Rooms, f.Handshake))
		}
	}
	first, others, err := encode(all[:min(len(all), maxShown)])
	if err != nil {
		return err
	}
	// Each "all_sockets" replaces what the UI shows, so there is one.
	err = s.Volatile().Emit(ctx, "all_sockets", first)
	for _, other := range others {
		err = errors.Join(err, s.Volatile().Emit(ctx, "socket_connected", other))
	}
	return err
}

// maxFrame is the size of a frame of a report, in bytes. API Gateway takes 128 KB.
const maxFrame = 100 << 10

// encode returns the first sockets, which fit into one frame, and the others. It leaves out the
// last rooms of a socket that does not fit alone.
func encode(all []socket) (first, others []json.RawMessage, err error) {
	first = []json.RawMessage{}
	size := 0
	for _, s := range all {
		encoded, err := json.Marshal(s)
		for err == nil && len(encoded) > maxFrame && len(s.Rooms) > 0 {
			s.Rooms = s.Rooms[:len(s.Rooms)/2]
			encoded, err = json.Marshal(s)
		}
		if err != nil {
			return nil, nil, err
		}
		if size += len(encoded) + 1; size <= maxFrame {
			first = append(first, encoded)
		} else {
			others = append(others, encoded)
		}
	}
	return first, others, nil
}

// socket is the UI's view of a socket.
type socket struct {
	ID        string         `json:"id"`
	ClientID  string         `json:"clientId"`
	Transport string         `json:"transport"`
	Namespace string         `json:"nsp"`
	Rooms     []string       `json:"rooms"`
	Data      map[string]any `json:"data"`
	Handshake handshake      `json:"handshake"`
}

// handshake is the UI's view of a handshake. It has few headers and parameters, because the
// others may hold cookies and tokens of other applications.
type handshake struct {
	Address string            `json:"address"`
	Headers map[string]string `json:"headers"`
	Query   map[string]string `json:"query"`
	Issued  int64             `json:"issued"`
	Time    string            `json:"time"`
	Secure  bool              `json:"secure"`
	XDomain bool              `json:"xdomain"`
	URL     string            `json:"url"`
}

func newSocket(namespace, id, connectionID string, rooms []string, h realtime.Handshake) socket {
	return socket{
		ID: id, ClientID: connectionID, Transport: "websocket", Namespace: namespace, Rooms: rooms, Data: map[string]any{},
		Handshake: handshake{
			Address: h.Address,
			Headers: map[string]string{"user-agent": h.Headers["user-agent"]},
			Query:   map[string]string{"EIO": h.Query["EIO"], "transport": h.Query["transport"]},
			Issued:  h.Issued.UnixMilli(), Time: h.Time(), Secure: h.Secure, XDomain: h.XDomain, URL: "/",
		},
	}
}
