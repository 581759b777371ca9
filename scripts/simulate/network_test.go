package simulate

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// network stands in for API Gateway: it carries frames, and tells the functions of connections.
type network struct {
	world       *world
	connections map[string]*connection // guarded by world.mu
	opened      int
	// silent: no $disconnect comes.
	silent bool
	// mute: clients are told nothing of a function that dies.
	mute bool
	// closed are connections that a function has closed since the loop looked.
	closed []*connection // guarded by world.mu
}

// connection is one WebSocket.
type connection struct {
	id     string
	device *device
	// open: $connect has succeeded and the gateway knows of no end. refused: it has failed.
	open, refused bool // guarded by world.mu
	// byServer: a function has closed it.
	byServer bool
	// ended: the gateway knows that it has closed, and sends $disconnect. traced: a function that
	// got the $disconnect has done something. Without a trace nobody can know of the end.
	ended, traced bool
	// halfJoined: a function that wrote memberships of it died or failed.
	halfJoined bool
	// pid is the session of its client.
	pid string
	// cut: the client is gone, and the gateway may not know.
	cut bool // guarded by world.mu
	// inbox is what the client has not read.
	inbox [][]byte // guarded by world.mu
	// queue are frames of the client; busy: one is being handled. For serial dispatch.
	queue []clientFrame
	busy  bool
}

type clientFrame struct {
	body string
	at   time.Time
}

var _ realtime.Gateway = (*network)(nil)

// postFaults are what may become of a post.
var postFaults = []verdict{
	{effect: none, err: realtime.ErrBusy},
	{effect: whole, err: realtime.ErrBusy},
	{effect: none, err: realtime.ErrGone},
	{effect: whole, err: realtime.ErrGone},
	{effect: none, hangs: 2 * time.Second, err: realtime.ErrUnanswered},
	{effect: whole, hangs: 2 * time.Second, err: realtime.ErrUnanswered},
}

// Post implements realtime.Gateway.
func (n *network) Post(ctx context.Context, id string, frame []byte) error {
	c := &call{operation: "Post", key: id + " " + abridge(frame), posts: true}
	_, err := gate(ctx, n.world, c, func() (struct{}, error) {
		n.world.mu.Lock()
		defer n.world.mu.Unlock()
		c := n.connections[id]
		if c == nil || !c.open {
			return struct{}{}, n.gone()
		}
		if !c.cut {
			c.inbox = append(c.inbox, bytes.Clone(frame))
		}
		return struct{}{}, nil
	}, nil)
	return err
}

// gone is the answer to a post to a connection that is not there.
func (n *network) gone() error {
	if n.world.stores.broken.gone {
		return nil
	}
	return realtime.ErrGone
}

// abridge returns the beginning of a frame.
func abridge(frame []byte) string {
	const most = 90
	if len(frame) <= most {
		return string(frame)
	}
	return string(frame[:most]) + "…"
}

// Close implements realtime.Gateway.
func (n *network) Close(ctx context.Context, id string) error {
	c := &call{operation: "Close", key: id}
	_, err := gate(ctx, n.world, c, func() (struct{}, error) {
		n.world.mu.Lock()
		defer n.world.mu.Unlock()
		if c := n.connections[id]; c != nil && c.open {
			c.open = false
			n.closed = append(n.closed, c)
		}
		return struct{}{}, nil
	}, nil)
	return err
}

// notice tells clients of connections that functions have closed.
func (n *network) notice() {
	n.world.mu.Lock()
	closed := n.closed
	n.closed = nil
	n.world.mu.Unlock()
	slices.SortFunc(closed, func(a, b *connection) int { return cmp.Compare(a.id, b.id) })
	for _, c := range closed {
		n.world.note("%s is closed by the server", c.id)
		c.byServer = true
		n.disconnected(c, closeGoingAway)
		if c.device.line == c {
			c.device.read()
			c.device.lose()
		}
	}
}

// dial opens a connection for a device.
func (n *network) dial(d *device) *connection {
	n.opened++
	c := &connection{id: fmt.Sprintf("c%d", n.opened), device: d}
	n.world.mu.Lock()
	n.connections[c.id] = c
	n.world.mu.Unlock()
	at := time.Now()
	n.world.invoke("connect "+c.id+" of "+d.name, func(ctx context.Context, s *realtime.Server) {
		query := map[string]string{"EIO": "4", "transport": "websocket"}
		open, err := s.Accept(ctx, realtime.Upgrade{ConnectionID: c.id, Query: query, At: at})
		n.world.mu.Lock()
		dead := invocationOf(ctx).dead
		c.open, c.refused = err == nil && !dead, err != nil || dead
		n.world.mu.Unlock()
		if err == nil && !dead {
			open(ctx)
		}
	}, func(died bool) {
		n.world.mu.Lock()
		failed := c.refused || died && !c.open
		c.refused = failed
		n.world.mu.Unlock()
		if failed && d.line == c {
			d.lose()
		}
	})
	return c
}

func (n *network) isOpen(c *connection) bool {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	return c.open
}

// The status codes of $disconnect (RFC 6455, section 7.4.1).
const (
	closeGoingAway = 1001
	closeNoStatus  = 1005
	closeAbnormal  = 1006
)

// end ends a connection at the gateway's side, if it is open.
func (n *network) end(c *connection, code int, why string) {
	n.world.mu.Lock()
	was := c.open
	c.open = false
	n.world.mu.Unlock()
	if was {
		n.world.note("%s ends: %s", c.id, why)
		n.disconnected(c, code)
	}
}

// cutLine breaks a connection so that only the client notices at once.
func (n *network) cutLine(c *connection) {
	w := n.world
	w.note("the line of %s breaks", c.id)
	w.mu.Lock()
	c.cut = true
	w.mu.Unlock()
	w.after(time.Duration(w.random.IntN(60_000))*time.Millisecond, func() { n.end(c, closeAbnormal, "the gateway notices") })
}

// noticeCuts lets the gateway notice all broken lines.
func (n *network) noticeCuts() {
	n.world.mu.Lock()
	all := maps.Clone(n.connections)
	n.world.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		c := all[id]
		n.world.mu.Lock()
		cut := c.cut
		n.world.mu.Unlock()
		if cut {
			n.end(c, closeAbnormal, "the gateway notices")
		}
	}
}

// isUntraced reports whether a connection has ended and no function has done anything about it,
// because its $disconnect was lost, or its function died before its first call.
func (n *network) isUntraced(id string) bool {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	c := n.connections[id]
	return c != nil && c.ended && !c.traced
}

// isHalfJoined reports whether a function that wrote memberships of a connection died or failed.
func (n *network) isHalfJoined(id string) bool {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	c := n.connections[id]
	return c != nil && c.halfJoined
}

// disconnected lets the gateway send $disconnect: usually once, perhaps late.
func (n *network) disconnected(c *connection, code int) {
	w := n.world
	c.ended = true
	if n.silent || w.faulty && w.chance(w.profile.missed) {
		w.note("$disconnect of %s is lost", c.id)
		return
	}
	times := 1
	if w.faulty && w.chance(w.profile.doubles) {
		times = 2
	}
	for range times {
		delay := time.Duration(0)
		if w.faulty && w.chance(0.1) {
			delay = time.Duration(w.random.IntN(70)) * time.Second
		}
		w.may(delay, func() {
			var i *invocation
			i = w.invoke("disconnect "+c.id, func(ctx context.Context, s *realtime.Server) {
				if err := s.Closed(ctx, c.id, code); err != nil {
					w.note("            $disconnect: %v", err)
				}
			}, func(bool) { c.traced = c.traced || i.effects > 0 })
		}, "$disconnect of %s", c.id)
	}
}

// send takes a frame from a client.
func (n *network) send(c *connection, body string) {
	c.queue = append(c.queue, clientFrame{body, time.Now()})
	if !n.world.profile.serial {
		f := c.queue[0]
		c.queue = nil
		n.world.may(0, func() { n.deliver(c, f) }, "%s says %s", c.id, body)
	} else if !c.busy && len(c.queue) == 1 {
		n.world.may(0, func() { n.deliverNext(c) }, "%s says %s", c.id, body)
	}
}

// deliverNext passes on the oldest frame, where dispatch is serial.
func (n *network) deliverNext(c *connection) {
	f := c.queue[0]
	c.queue = c.queue[1:]
	c.busy = true
	n.deliver(c, f)
}

// deliver passes a client's frame to a function, perhaps twice.
func (n *network) deliver(c *connection, f clientFrame) {
	w := n.world
	// What a client says before it closes the line arrives, unless the line broke.
	if c.byServer || c.cut && !n.isOpen(c) && w.chance(0.5) {
		w.note("%s is gone before it is heard: %s", c.id, f.body)
		return
	}
	var answer []byte
	handle := func(ctx context.Context, s *realtime.Server) {
		answer = s.Receive(ctx, realtime.Message{ConnectionID: c.id, Body: f.body, At: f.at})
	}
	if w.faulty && w.chance(w.profile.doubles) {
		again := "message again of " + c.id + " " + f.body
		delay := time.Duration(w.random.IntN(2)*w.random.IntN(5000)) * time.Millisecond
		w.may(delay, func() {
			w.invoke(again, func(ctx context.Context, s *realtime.Server) {
				s.Receive(ctx, realtime.Message{ConnectionID: c.id, Body: f.body, At: f.at})
			}, nil)
		}, "%s", again)
		c.device.doubled(f.body)
	}
	var i *invocation
	i = w.invoke("message of "+c.id+" ("+c.device.name+") "+f.body, handle, func(died bool) {
		if f.body == "41" && !died && !i.faulted && !c.device.back {
			c.device.goodbye = c.pid
		}
		var response []byte // a function that has died may still write its own
		switch {
		case !died:
			response = answer
		case !n.mute && (!w.faulty || w.chance(0.7)):
			response = []byte(`{"message": "Internal server error"}`)
		}
		if len(response) > 0 {
			w.may(0, func() { n.respond(c, response) }, "answer to %s", c.id)
		}
		c.busy = false
		if w.profile.serial && len(c.queue) > 0 {
			w.may(0, func() { n.deliverNext(c) }, "%s says more", c.id)
		}
	})
}

// respond carries a route response.
func (n *network) respond(c *connection, frame []byte) {
	n.world.mu.Lock()
	heard := c.open && !c.cut
	if heard {
		c.inbox = append(c.inbox, frame)
	}
	n.world.mu.Unlock()
	if text := string(frame); !heard && !strings.HasPrefix(text, "6") {
		n.world.note("%s is gone before it is answered: %s", c.id, text)
	}
}
