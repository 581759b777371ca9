package main

// Rival is what a managed service charges for the same month, as far as its prices are
// published. None includes everything that the bill does: see Note.
type Rival struct {
	Name string `json:"name"`
	// From and To are dollars. Without To, the price is From, or more if AtLeast.
	From    float64 `json:"from"`
	To      float64 `json:"to,omitempty"`
	AtLeast bool    `json:"atLeast,omitempty"`
	// Model says how it is calculated.
	Model string `json:"model"`
	Note  string `json:"note,omitempty"`
}

// published is the workload for which totals were published, or calculated from plans that
// have no formula.
var published = struct{ Users, Messages, Room, Minutes int }{10_000, 1_000_000, 20, 12_000_000}

// isPublished reports whether w is that workload. No total includes presence and typing
// events, which every service bills or limits.
func (w Workload) isPublished() bool {
	return w.Users == published.Users && w.Messages == published.Messages && w.Room == published.Room && w.Minutes == published.Minutes
}

// Prices of managed services, as of prices.Date.
const (
	appSyncOperation = 1.00 / 1e6
	appSyncMinute    = 0.08 / 1e6
	ablyPackage      = 29.0
	ablyMessage      = 2.50 / 1e6
	ablyMinute       = 1.00 / 1e6
)

// NewRivals returns the services that can be compared for a workload.
func NewRivals(w Workload) []Rival {
	messages := float64(w.Messages) * float64(1+w.Room) // one in, and one to each
	minutes := float64(w.Minutes)
	rivals := []Rival{
		{
			Name: "AWS AppSync Events", From: messages*appSyncOperation + minutes*appSyncMinute,
			Model: "messages in and out × $1.00 and connection minutes × $0.08 a million",
			Note:  "stores nothing, acknowledges nothing, no history",
		},
		{
			Name: "Ably", From: ablyPackage + messages*ablyMessage + minutes*ablyMinute, AtLeast: true,
			Model: "$29, messages in and out × $2.50 and connection minutes × $1.00 a million",
			Note:  "channel minutes come on top",
		},
	}
	if w.isPublished() {
		const total = "total for this workload; no model"
		rivals = append(rivals,
			Rival{Name: "Pusher Channels", From: 49, To: 99, Model: total, Note: "without history; by the peak of connections"},
			Rival{Name: "Stream Chat", From: 499, Model: total},
			Rival{Name: "PubNub", From: 550, AtLeast: true, Model: total},
		)
	}
	return rivals
}
