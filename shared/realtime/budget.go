package realtime

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// What people cause is counted in deliveries: one is what a post to one connection costs.
// Each message counts what it costs by itself, in the write that records it on its connection,
// and what its handler sends. A connection pays for its messages before they come, in pieces,
// so that most messages pay nothing.

// root is the name of the root namespace, which is less than every other.
const root = "/"

// Payer keeps the account of what people cause.
type Payer interface {
	// Pay takes n deliveries from the account of the person whose client a socket is. If the
	// person has caused too much, Pay returns from when on they may go on, and has taken
	// nothing, unless the deliveries have been caused already. Otherwise it returns the zero
	// time, also for a socket of nobody.
	Pay(ctx context.Context, s *Socket, n int, caused bool) (until time.Time, err error)
}

// SetPayer makes messages count. Without a payer, which is the default, they do not.
func (s *Server) SetPayer(p Payer) { s.accounts.payer = p }

// Price is what an event counts beside its frame: Work for what its handler does, and
// Deliveries for what it sends. What it sends beyond that is paid for when it is sent, which
// is a call more.
type Price struct{ Work, Deliveries int }

// defaultPrice is that of events without one.
var defaultPrice = Price{Deliveries: 5}

// SetPrice sets the price of an event.
func (n *Namespace) SetPrice(event string, p Price) { n.handlers.prices[event] = p }

const (
	// frameDeliveries are what a frame costs: it and its answer are billed messages, and it
	// runs a function and writes its connection. framePerKB are those of each further KB.
	frameDeliveries, framePerKB = 4, 2
	// connectDeliveries are what it costs to open a connection with a socket and to end it, with
	// arrivalDeliveries for what connection handlers send.
	connectDeliveries, arrivalDeliveries = 45, 24
	// peerDeliveries are what it costs to let another socket join or leave rooms.
	peerDeliveries = 4
	// maxArrival bounds what counts of what connection handlers send, so that people can come
	// into a large world.
	maxArrival = 1000
	// firstGrant is what a connection pays for at first, and grant each time it is used up.
	firstGrant, grant = 200, 500
	// patience is what a connection may count after it was limited, before it is closed.
	patience = 400
)

// granted returns how much a connection has paid for when it has caused this much.
func granted(caused int64) int64 {
	if caused <= firstGrant {
		return firstGrant
	}
	return firstGrant + (caused-firstGrant+grant-1)/grant*grant
}

// accounts counts what connections cause, and asks the payer.
type accounts struct {
	payer      Payer // nil: messages do not count
	namespaces *registry
	store      store.ConnectionStore
	now        func() time.Time
	log        logger
}

// priceOf returns what a message counts when it arrives.
func (a *accounts) priceOf(in incoming) int64 {
	if a.payer == nil {
		return 0
	}
	price := frameDeliveries + framePerKB*(len(in.Body)/1024)
	if t := in.packet.Type; t == socketio.Event || t == socketio.BinaryEvent {
		p := a.eventPrice(in.packet)
		price += p.Work + p.Deliveries
	}
	return int64(price)
}

func (a *accounts) eventPrice(p socketio.Packet) Price {
	ns := a.namespaces.find(p.Namespace)
	if ns == nil {
		return Price{}
	}
	if price, ok := ns.handlers.prices[p.EventName()]; ok {
		return price
	}
	return defaultPrice
}

// account pays for a message that has been counted on its connection. It returns until when
// the client is refused what costs more than its frame, or the answer to the message.
func (e *engine) account(ctx context.Context, in incoming, c store.Connection) (until time.Time, answer []byte) {
	if e.accounts.payer == nil {
		return time.Time{}, nil
	}
	until = c.Limited.Until
	if n := granted(c.Caused) - granted(c.Caused-in.price); n > 0 {
		if len(c.Sockets) == 0 { // a CONNECT pays at its end, and for nothing else does anybody
			if in.hasPacket() && in.packet.Type == socketio.Connect {
				return until, nil
			}
			return until, e.closeUnjoined(ctx, c.ID, errUnjoined)
		}
		if later := e.accounts.pay(ctx, e.accounts.payingSocket(c), int(n), true); later.After(until) {
			until = later
			e.accounts.limit(ctx, c, until)
		}
	}
	limited := e.options.Now().Before(until)
	if limited && !c.Limited.Until.IsZero() && c.Caused-c.Limited.Caused > patience {
		e.log.WarnContext(ctx, "connection closed: it goes on though it is limited", "connection", c.ID)
		e.log.failure(ctx, "close", c.ID, e.ender.endAndClose(ctx, c.ID, ForcedServerClose))
		return until, noop
	}
	return until, nil
}

// payingSocket returns the socket of a connection that pays for its messages: that of the root
// namespace, if there is one.
func (a *accounts) payingSocket(c store.Connection) *Socket {
	name := slices.Min(slices.Collect(maps.Keys(c.Sockets))) // root, if it is there
	ns := a.namespaces.find(name)
	if ns == nil {
		return nil
	}
	return newSocket(ns, c, c.Sockets[name])
}

// payingSocket returns the socket that pays for the CONNECT.
func (c *connecting) payingSocket() *Socket {
	if _, joined := c.connection.Sockets[root]; joined {
		return c.accounts.payingSocket(c.connection)
	}
	return c.socket
}

// pay is Payer.Pay. Nobody is refused anything because the account fails.
func (a *accounts) pay(ctx context.Context, s *Socket, n int, caused bool) time.Time {
	if a.payer == nil || s == nil || n <= 0 {
		return time.Time{}
	}
	until, err := a.payer.Pay(ctx, s, n, caused)
	a.log.failure(ctx, "pay", s.connectionID, err)
	return until
}

// limit notes on a connection until when it is limited.
func (a *accounts) limit(ctx context.Context, c store.Connection, until time.Time) {
	l := store.Limit{Until: until, Caused: c.Caused}
	if a.now().Before(c.Limited.Until) {
		l.Caused = c.Limited.Caused // its patience goes on
	}
	a.log.failure(ctx, "limit", c.ID, a.store.LimitConnection(ctx, c.ID, l))
}

// RateLimited returns the error for a request that may succeed after a time.
func RateLimited(after time.Duration) *Error {
	limited := *errRateLimited
	limited.RetryAfter = max(1, int((after+time.Second-1)/time.Second))
	return &limited
}

func (e *engine) errLimited(until time.Time) *Error { return RateLimited(until.Sub(e.options.Now())) }

// limited returns the error for a message of a person who has caused too much, or nil.
func (x *exchange) limited(ctx context.Context) *Error {
	if !x.options.Now().Before(x.limitedUntil) {
		return nil
	}
	x.log.WarnContext(ctx, "message refused: its person has caused too much", "connection", x.connection.ID)
	x.options.Observer.Refused(ctx, CodeRateLimited)
	return x.errLimited(x.limitedUntil)
}

// withBill returns a context in which an event's handler pays for what it sends beyond what
// the event's price has paid for.
func (x *exchange) withBill(ctx context.Context, p socketio.Packet) context.Context {
	if x.accounts.payer == nil {
		return ctx
	}
	return withBill(ctx, &bill{paid: x.accounts.eventPrice(p).Deliveries, pay: func(ctx context.Context, n int) error {
		until := x.accounts.pay(ctx, x.accounts.payingSocket(x.connection), n, false)
		if until.IsZero() {
			return nil
		}
		x.accounts.limit(ctx, x.connection, until)
		return x.errLimited(until)
	}})
}

// payEntrance pays for a CONNECT, and with the first one for the first grant. It does so before
// the socket is stored, which is most of the cost.
func (c *connecting) payEntrance(ctx context.Context) error {
	// What account has left to this: nobody paid for the connection when the CONNECT came.
	n := connectDeliveries
	if len(c.connection.Sockets) == 0 {
		n += int(granted(c.connection.Caused) - granted(c.connection.Caused-c.price))
	}
	n += len(c.socket.state.Rooms) * 5 / 4 // each is written, and deleted at the end
	if neverJoined(c.connection) {
		n += firstGrant
	}
	if until := c.accounts.pay(ctx, c.payingSocket(), n, false); !until.IsZero() {
		return c.errLimited(until)
	}
	return nil
}

// payArrival runs connection handlers, and pays for what they send: twice, as much is sent when
// the socket ends.
func (c *connecting) payArrival(ctx context.Context, run func(context.Context)) {
	var mu sync.Mutex
	sent := 0
	run(withBill(ctx, &bill{pay: func(_ context.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		sent += n
		return nil
	}}))
	mu.Lock()
	defer mu.Unlock()
	c.accounts.pay(ctx, c.payingSocket(), min(2*sent, maxArrival)-arrivalDeliveries, true)
}

// bill is what a handler has spent.
type bill struct {
	mu sync.Mutex
	// paid is how many deliveries are paid for already.
	paid int
	// pay pays for further ones.
	pay func(ctx context.Context, n int) error
}

type billKey struct{}

func withBill(ctx context.Context, b *bill) context.Context {
	return context.WithValue(ctx, billKey{}, b)
}

// WithPayment returns a context for an operation outside of a connection, such as a request by
// HTTP. What the operation sends beyond paid deliveries is paid for by pay, whose error refuses
// it.
func WithPayment(ctx context.Context, paid int, pay func(ctx context.Context, n int) error) context.Context {
	return withBill(ctx, &bill{paid: paid, pay: pay})
}

// Spend counts n deliveries for the person for whom a handler runs, beside those that the
// engine counts, which are what the handler sends. Call it before something costly. Its error
// is the client's: the person has caused too much.
func Spend(ctx context.Context, n int) error {
	b, _ := ctx.Value(billKey{}).(*bill)
	if b == nil {
		return nil
	}
	b.mu.Lock()
	paid := min(n, b.paid)
	b.paid -= paid
	b.mu.Unlock()
	if n == paid {
		return nil
	}
	return b.pay(ctx, n-paid)
}

// billedMessages returns how many messages API Gateway bills for frames to one connection.
func billedMessages(frames [][]byte) (n int) {
	for _, frame := range frames {
		n += 1 + max(0, len(frame)-1)/(32<<10)
	}
	return n
}
