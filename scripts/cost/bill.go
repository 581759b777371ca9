package main

import (
	"math"
	"time"

	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

const (
	// round is how many minutes the sweep needs to visit every connection, in nine runs.
	round = 9
	// fanoutChunk is how many connections a function posts to itself at most, and how many
	// an invocation of fanout does.
	fanoutChunk = 300
	// paidRoom is the size of a room up to which a message is paid for when it arrives.
	paidRoom = 20
	// bytesLogged is what an invocation logs at most while nothing is wrong, with CloudWatch's 26
	// bytes for each record: a line of metrics, which many have none of, and the access log's record.
	bytesLogged = 750
)

// Dollars are costs by service.
type Dollars struct {
	APIGateway float64 `json:"apiGateway"`
	Lambda     float64 `json:"lambda"`
	DynamoDB   float64 `json:"dynamodb"`
	// Logs is what CloudWatch takes for the functions' logs and the access logs.
	Logs  float64 `json:"logs"`
	Total float64 `json:"total"`
}

func (d Dollars) plus(e Dollars) Dollars {
	return Dollars{d.APIGateway + e.APIGateway, d.Lambda + e.Lambda, d.DynamoDB + e.DynamoDB, d.Logs + e.Logs, d.Total + e.Total}
}

// Line is a part of the bill: one operation and how often it happens.
type Line struct {
	What  string  `json:"what"`
	Count float64 `json:"count"`
	// Calls are the sum of all.
	Calls   Calls   `json:"calls"`
	Dollars Dollars `json:"dollars"`
}

// Bill is the cost of a month.
type Bill struct {
	Workload Workload `json:"workload"`
	// Lines are the chat without presence, and Presence is what telling of it adds.
	Lines    []Line `json:"lines"`
	Presence []Line `json:"presence"`
	// Subtotal is the sum of Lines. Total includes Presence.
	Subtotal Dollars `json:"subtotal"`
	Total    Dollars `json:"total"`
	// Estimates are not in Total.
	Estimates Estimates `json:"estimates"`
}

// NewBill multiplies the calls of operations by how often they happen.
func NewBill(w Workload, m Measured) Bill {
	b := Bill{Workload: w}
	add := func(what string, count float64, each Calls) {
		if count > 0 {
			b.Lines = append(b.Lines, w.line(what, count, each))
		}
	}
	room, rooms := float64(w.Room), float64(w.Rooms)
	connections := w.Connections()

	send := m.Send.Plus(room, m.Receive)
	if w.Room > paidRoom {
		send = send.Plus(1, m.Pay)
	}
	if w.Room > fanoutChunk {
		send = send.Plus(math.Ceil(room/fanoutChunk), m.Chunk)
	}
	add("messages stored, sent to their rooms, acknowledged", float64(w.Messages), send)
	add("typing events to their rooms", float64(w.Messages)*w.Typing, m.Typing.Plus(room-1, m.See))
	minutes := Line{What: "connection minutes", Count: float64(w.Minutes)}
	minutes.Dollars.APIGateway = prices.APIGateway(0, minutes.Count)
	minutes.Dollars.Total = minutes.Dollars.APIGateway
	if w.Minutes > 0 {
		b.Lines = append(b.Lines, minutes)
	}
	add("connections opened and ended", connections,
		m.Connect.Plus(rooms, m.ConnectRoom).Plus(1, m.Disconnect).Plus(rooms, m.DisconnectRoom))
	sync, further := m.Sync, max(float64(w.Pages-1), 0)
	if w.Pages > 0 {
		sync = sync.Plus(1, m.Open)
	}
	add("syncs after connecting, with the room on the screen", connections, sync)
	add("further pages of history read after connecting", connections*further, m.Page)
	emptyRound, beat := m.heartbeat(w.Heartbeat)
	add("heartbeats to connections, and their answers", float64(w.Minutes)/round, beat)
	add("runs of the sweep", minutesInMonth, emptyRound.Times(1.0/round))

	var all Calls
	for _, l := range b.Lines {
		b.Subtotal = b.Subtotal.plus(l.Dollars)
		all = all.Plus(1, l.Calls)
	}
	b.Presence = w.presence(m)
	b.Total = b.Subtotal
	for _, l := range b.Presence {
		b.Total = b.Total.plus(l.Dollars)
		all = all.Plus(1, l.Calls)
	}
	b.Estimates = newEstimates(w, m, all)
	return b
}

// presence returns the lines of telling who comes and goes.
func (w Workload) presence(m Measured) []Line {
	connections := w.Connections()
	if connections == 0 {
		return nil
	}
	switch w.Presence {
	case mode.NoPresence:
		return nil
	case mode.PresenceToEveryone:
		return []Line{
			w.line("people who came and are gone, found by the sweep", connections, m.Came.Plus(1, m.Gone)),
			w.line("comings and goings told to everyone online", 2*connections, m.Tell.Times(w.Concurrent())),
		}
	default:
		watched := m.Watch.Plus(float64(w.Pages-1), m.WatchNext)
		if w.Pages == 0 {
			watched = Calls{}
		}
		return []Line{
			w.line("people who came and are gone, found by the sweep", connections, m.Came.Plus(1, m.Gone)),
			w.line("rooms watched, the first by its sync", connections, watched),
			w.line("comings and goings told to those who watch", 2*connections, m.Tell.Times(w.watchers()*w.together())),
		}
	}
}

// watchers returns how many connections watch a room of a person: each of the others has one
// of its rooms open, and the person is in as many.
func (w Workload) watchers() float64 {
	if w.Rooms == 0 || w.Pages == 0 {
		return 0
	}
	return float64(w.Room - 1)
}

// together returns how many packets there are for each coming or going that somebody who watches is told. The
// sweep finds them, and what it finds in a minute leaves together for each room.
func (w Workload) together() float64 {
	changes := 2 * w.watchers() / time.Duration(w.Session).Minutes() // in a minute, of those in one room
	if changes == 0 {
		return 1
	}
	return -math.Expm1(-changes) / changes
}

func (w Workload) line(what string, count float64, each Calls) Line {
	calls := each.Times(count)
	return Line{What: what, Count: count, Calls: calls, Dollars: w.price(calls)}
}

// heartbeat returns the calls of a round without connections, and of each connection.
func (m Measured) heartbeat(kind mode.Heartbeat) (empty, each Calls) {
	switch kind {
	case mode.Ping:
		return m.PingRound, m.Ping
	case mode.Noop:
		return m.NoopRound, m.Noop
	default:
		return m.PingRound.Plus(1, m.NoopRound).Times(0.5), m.Ping.Plus(1, m.Noop).Times(0.5)
	}
}

func (w Workload) price(c Calls) Dollars {
	d := Dollars{
		APIGateway: prices.APIGateway(c.In+c.Out, 0),
		DynamoDB:   prices.DynamoDB(c.ReadUnits, c.WriteUnits),
	}
	for _, function := range names.Functions() {
		if n := c.Invocations[function]; n > 0 {
			d.Lambda += prices.Lambda(function, n, n*time.Duration(w.Duration).Seconds())
			d.Logs += n * bytesLogged * prices.LogByte
		}
	}
	d.Total = d.APIGateway + d.Lambda + d.DynamoDB + d.Logs
	return d
}
