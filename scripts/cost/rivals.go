package main

import (
	"math"
	"time"
)

// Rival is what another service, or a server, charges for the same month, as far as its prices are
// published. None includes everything that the bill does: see Note.
type Rival struct {
	Name string `json:"name"`
	// Date is when the prices were read.
	Date string `json:"date"`
	// From and To are dollars. Without To, the price is From, or more if AtLeast.
	From    float64 `json:"from"`
	To      float64 `json:"to,omitempty"`
	AtLeast bool    `json:"atLeast,omitempty"`
	// Model says how it is calculated.
	Model string `json:"model"`
	// Note says what one gets.
	Note string `json:"note"`
}

// published is the workload for which totals were published, or calculated from plans that
// have no formula.
var published = struct{ Users, Messages, Room, Minutes int }{10_000, 1_000_000, 20, 12_000_000}

// isPublished reports whether w is that workload. No total includes presence and typing
// events, which every service bills or limits.
func (w Workload) isPublished() bool {
	return w.Users == published.Users && w.Messages == published.Messages && w.Room == published.Room && w.Minutes == published.Minutes
}

// List prices of services, and when they were read.
const (
	servicesRead = "2026-11-23"
	serversRead  = "2026-11-25"

	appSyncOperation = 1.00 / 1e6
	appSyncMinute    = 0.08 / 1e6
	iotMessage       = 1.00 / 1e6
	iotMinute        = 0.08 / 1e6
	ablyPackage      = 29.0
	ablyMessage      = 2.50 / 1e6
	ablyMinute       = 1.00 / 1e6

	// A unit of Azure Web PubSub holds 1,000 connections and sends a million messages a day.
	webPubSubUnitDay     = 1.61
	webPubSubConnections = 1000
	webPubSubMessages    = 1e6
	daysInMonth          = minutesInMonth / (24 * 60.)

	// Durable Objects take twenty frames from clients for one request, and none for what is sent. The
	// plan contains the first million requests, 400,000 GB-s and 50 million rows written.
	durablePlan         = 5.0
	durableRequest      = 0.15 / 1e6
	durableFrames       = 20
	durableFreeRequests = 1e6
	durableGBSecond     = 12.50 / 1e6
	durableFreeGBSecond = 400_000
	durableGB           = 0.128
)

// NewRivals returns the services that can be compared for a workload.
func NewRivals(w Workload) []Rival {
	messages := float64(w.Messages) * float64(1+w.Room) // one in, and one to each
	minutes := float64(w.Minutes)
	rivals := []Rival{
		w.durableObjects(),
		{
			Name: "AWS IoT Core (MQTT)", Date: serversRead, From: messages*iotMessage + minutes*iotMinute,
			Model: "messages in and out × $1.00 and connection minutes × $0.08 a million",
			Note:  "MQTT in place of Socket.IO; whoever publishes writes the history, and nobody authorizes by rooms",
		},
		{
			Name: "AWS AppSync Events", Date: servicesRead, From: messages*appSyncOperation + minutes*appSyncMinute,
			Model: "messages in and out × $1.00 and connection minutes × $0.08 a million",
			Note:  "stores nothing, acknowledges nothing, no history",
		},
		w.webPubSub(),
		{
			Name: "Ably", Date: servicesRead, From: ablyPackage + messages*ablyMessage + minutes*ablyMinute, AtLeast: true,
			Model: "$29, messages in and out × $2.50 and connection minutes × $1.00 a million",
			Note:  "channel minutes come on top",
		},
	}
	if w.isPublished() {
		const total = "total for this workload; no model"
		rivals = append(rivals,
			Rival{
				Name: "a small server", Date: serversRead, From: 12, To: 15, Model: "one t4g.small with its disk, Socket.IO on Node and SQLite",
				Note: "the cheapest with Socket.IO, if somebody keeps it alive: one machine, whose failure or update is an outage",
			},
			Rival{Name: "Pusher Channels", Date: servicesRead, From: 49, To: 99, Model: total, Note: "without history; by the peak of connections"},
			Rival{Name: "Stream Chat", Date: servicesRead, From: 499, Model: total, Note: "a whole chat, with moderation and SDKs, run by others"},
			Rival{Name: "PubNub", Date: servicesRead, From: 550, AtLeast: true, Model: total, Note: "history and presence, run by others"},
		)
	}
	return rivals
}

// durableObjects is Cloudflare's: one object for a room, which hibernates while nobody talks.
func (w Workload) durableObjects() Rival {
	requests := float64(w.Messages)/durableFrames + w.Connections()
	gigabyteSeconds := float64(w.Messages) * time.Duration(w.Duration).Seconds() * durableGB
	return Rival{
		Name: "Cloudflare Durable Objects", Date: serversRead, AtLeast: true,
		From: durablePlan + durableRequest*max(0, requests-durableFreeRequests) +
			durableGBSecond*max(0, gigabyteSeconds-durableFreeGBSecond),
		Model: "$5, beyond what that contains $0.15 a million requests and $12.50 a million GB-s; frames to clients are free",
		Note:  "by far the cheapest, with SQLite beside each room; the chat and Socket.IO's protocol are yours to write, and a connection ends in one object",
	}
}

// webPubSub is Azure's, if everyone comes at the same time of the day as at any other.
func (w Workload) webPubSub() Rival {
	units := math.Ceil(max(w.Concurrent()/webPubSubConnections, float64(w.Messages)*float64(w.Room)/daysInMonth/webPubSubMessages))
	return Rival{
		Name: "Azure Web PubSub", Date: serversRead, From: units * webPubSubUnitDay * daysInMonth, AtLeast: true,
		Model: "units × $1.61 a day, each for 1,000 connections and a million messages out a day",
		Note:  "Socket.IO's own clients and your servers or functions behind it, which come on top, as does what is stored",
	}
}
