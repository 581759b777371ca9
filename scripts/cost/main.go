// Command cost calculates what a month of a chat costs, by service, and what managed
// services would charge. The calls of the functions are counted, not guessed: the package's
// test performs every operation on the local cloud, with the real functions, and compares
// the meter's counts with measured.json.
//
//	go run ./scripts/cost -users 10000 -messages 1000000 -room 20 -minutes 12000000
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(args []string, out, usage io.Writer) error {
	var (
		w       Workload
		ms      float64
		session time.Duration
		asJSON  bool
	)
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.IntVar(&w.Users, "users", published.Users, "people who connect at least once a month")
	flags.IntVar(&w.Messages, "messages", published.Messages, "messages sent a month")
	flags.IntVar(&w.Room, "room", published.Room, "online connections in a room, with the sender's")
	flags.IntVar(&w.Minutes, "minutes", published.Minutes, "connection minutes a month, of all connections")
	flags.DurationVar(&session, "session", time.Hour, "how long a connection lasts, at most 2h")
	flags.IntVar(&w.Rooms, "rooms", 5, "rooms that a user is in")
	flags.IntVar(&w.Pages, "pages", 1, "pages of history that a user reads after connecting")
	flags.Float64Var(&w.Typing, "typing", 0, "typing events with each message")
	flags.TextVar(&w.Heartbeat, "heartbeat", mode.Alternate, "what the sweep sends: alternate, ping or noop")
	flags.TextVar(&w.Presence, "presence", mode.PresenceToWatchers, "who is told that people come and go: watchers, everyone or off")
	flags.Float64Var(&ms, "ms", 50, "average duration of an invocation in milliseconds")
	flags.BoolVar(&asJSON, "json", false, "print JSON, with the calls of each line")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	w.Session, w.Duration = Period(session), Period(ms*float64(time.Millisecond))
	if err := w.Check(); err != nil {
		return err
	}
	m, err := measured()
	if err != nil {
		return err
	}
	bill, rivals := NewBill(w, m), NewRivals(w)
	if !asJSON {
		if err := Print(out, bill, rivals); err != nil {
			return err
		}
		if err := printOperations(out, w); err != nil {
			return err
		}
		return printHostile(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Bill
		Rivals []Rival `json:"rivals"`
	}{bill, rivals})
}
