package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
)

// Calls are an operation's calls of AWS. They may be averages, so they need not be whole
// numbers.
type Calls struct {
	// AWS counts the calls of the functions to other services.
	AWS float64 `json:"awsCalls,omitempty"`
	// ReadUnits and WriteUnits are DynamoDB's.
	ReadUnits  float64 `json:"readUnits,omitempty"`
	WriteUnits float64 `json:"writeUnits,omitempty"`
	// In and Out are WebSocket messages from and to clients, in units of 32 KB.
	In  float64 `json:"in,omitempty"`
	Out float64 `json:"out,omitempty"`
	// Invocations are counted by the function's name.
	Invocations map[string]float64 `json:"invocations,omitempty"`
}

// Plus returns the sum of c and n times d.
func (c Calls) Plus(n float64, d Calls) Calls {
	sum := Calls{
		AWS:        c.AWS + n*d.AWS,
		ReadUnits:  c.ReadUnits + n*d.ReadUnits,
		WriteUnits: c.WriteUnits + n*d.WriteUnits,
		In:         c.In + n*d.In,
		Out:        c.Out + n*d.Out,
	}
	if len(c.Invocations)+len(d.Invocations) > 0 {
		sum.Invocations = maps.Clone(c.Invocations)
		if sum.Invocations == nil {
			sum.Invocations = map[string]float64{}
		}
		for function, count := range d.Invocations {
			sum.Invocations[function] += n * count
		}
	}
	return sum
}

// Times returns n times c.
func (c Calls) Times(n float64) Calls { return Calls{}.Plus(n, c) }

// Measured are the calls of operations. The meter of the local cloud counted them while
// the real functions performed the operations. The package's test counts them again.
type Measured struct {
	// Connect is a person's first connection, up to the reply to CONNECT, with no one else
	// online. ConnectRoom is added for each of their rooms.
	Connect     Calls `json:"connect"`
	ConnectRoom Calls `json:"connectForEachRoom"`
	// Disconnect is its end, and DisconnectRoom is added for each room.
	Disconnect     Calls `json:"disconnect"`
	DisconnectRoom Calls `json:"disconnectForEachRoom"`
	// Came and Gone are what the sweep does for a person in five rooms who has come, in a minute and a minute later,
	// and for one whose line was lost. Tell is added for each other connection that is told.
	Came Calls `json:"came"`
	Gone Calls `json:"gone"`
	Tell Calls `json:"tell"`
	// Sync is sync by a person in five rooms who comes with nothing. Open is added if it also asks for
	// the room on the screen: its members, eleven, and a page of twenty messages. Page is such a page alone.
	Sync Calls `json:"sync"`
	Open Calls `json:"syncOpensARoom"`
	Page Calls `json:"history"`
	// Watch is added if such a sync watches the room too, until the connection ends, and WatchNext is to watch it in place of another.
	Watch     Calls `json:"syncWatchesIt"`
	WatchNext Calls `json:"watchNext"`
	// Send is sendMessage. Receive is added for each connection in the room, and Chunk for
	// each 300 of them in a room of more than 300.
	Send    Calls `json:"sendMessage"`
	Receive Calls `json:"sendMessageForEachConnection"`
	Chunk   Calls `json:"sendMessageForEachChunk"`
	// Pay is added in a room of more than 20, for whose connections is paid one by one.
	Pay Calls `json:"sendMessageAboveTwenty"`
	// Typing is typing, and See is added for each connection of the others.
	Typing Calls `json:"typing"`
	See    Calls `json:"typingForEachConnection"`
	// PingRound and NoopRound are a round, which is nine runs of the sweep, without
	// connections. Ping and Noop are added for each connection.
	PingRound Calls `json:"pingRound"`
	Ping      Calls `json:"ping"`
	NoopRound Calls `json:"noopRound"`
	Noop      Calls `json:"noop"`
}

//go:embed measured.json
var measuredJSON []byte

func measured() (Measured, error) {
	var m Measured
	if err := json.Unmarshal(measuredJSON, &m); err != nil {
		return m, fmt.Errorf("measured.json: %w", err)
	}
	return m, nil
}
