package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/load/scenario"
	"github.com/confab-chat/confab/scripts/load/server"
)

// options are the command line.
type options struct {
	url, binary, script string
	compare             bool
	rounds              int
	scenarios           []scenario.Scenario
	load                scenario.Load
}

// bounds are the most that the command line may ask for: a load that cannot do harm by a mistake in a
// number.
const (
	maxClients  = 10_000
	maxRate     = 100_000
	maxDuration = 5 * time.Minute
	maxRounds   = 20
)

// parse reads the command line.
func parse(args []string) (*options, error) {
	o := &options{}
	var names string
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.StringVar(&o.url, "url", "", "URL of a server that runs already, for which you are allowed to do this (default: starts a local cloud)")
	flags.BoolVar(&o.compare, "compare", false, "also start a Socket.IO server on Node that stores the same, and measure both in turn")
	flags.StringVar(&o.binary, "local", "build/local", "the local cloud's binary, which `make build/local` builds")
	flags.StringVar(&o.script, "node", "scripts/load/node/server.mjs", "the server on Node")
	flags.StringVar(&names, "scenarios", "", "what to measure, separated by commas (default all): "+strings.Join(scenarioNames(), ", "))
	flags.IntVar(&o.rounds, "rounds", 3, "how often everything is measured; the figures are medians")
	flags.IntVar(&o.load.Clients, "clients", 100, "clients of the echo")
	flags.IntVar(&o.load.Room, "room", 20, "members of the room where messages are sent")
	flags.IntVar(&o.load.Crowd, "crowd", 1000, "receivers of a broadcast")
	flags.IntVar(&o.load.Connections, "connections", 3000, "connections that are open at once")
	flags.IntVar(&o.load.People, "people", 500, "guests who sign in")
	flags.IntVar(&o.load.Rate, "rate", 0, "requests a second of all clients together (default: each makes the next when it has the answer)")
	flags.DurationVar(&o.load.Duration, "duration", 5*time.Second, "how long each scenario measures, after a warm-up of a fifth of it")
	flags.DurationVar(&o.load.Settle, "settle", 5*time.Second, "how long memory may take to settle before it is measured")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if o.compare && o.url != "" {
		return nil, fmt.Errorf("-compare starts both servers itself, and does not go with -url")
	}
	var err error
	if o.scenarios, err = choose(names); err != nil {
		return nil, err
	}
	return o, o.check()
}

// check refuses what passes the bounds.
func (o *options) check() error {
	for _, n := range []struct {
		name          string
		value, lowest int
		highest       int
	}{
		{"rounds", o.rounds, 1, maxRounds},
		{"clients", o.load.Clients, 1, maxClients},
		{"room", o.load.Room, 1, maxClients},
		{"crowd", o.load.Crowd, 1, maxClients},
		{"connections", o.load.Connections, 1, maxClients},
		{"people", o.load.People, 1, maxClients},
		{"rate", o.load.Rate, 0, maxRate},
	} {
		if n.value < n.lowest || n.value > n.highest {
			return fmt.Errorf("-%s must be from %d to %d", n.name, n.lowest, n.highest)
		}
	}
	for name, d := range map[string]time.Duration{"duration": o.load.Duration, "settle": o.load.Settle} {
		if d <= 0 || d > maxDuration {
			return fmt.Errorf("-%s must be above 0 and at most %v", name, maxDuration)
		}
	}
	return nil
}

// choose returns the scenarios with some names, or all.
func choose(names string) ([]scenario.Scenario, error) {
	if names == "" {
		return scenario.All, nil
	}
	var chosen []scenario.Scenario
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(scenario.All, func(s scenario.Scenario) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q; choose from %s", name, strings.Join(scenarioNames(), ", "))
		}
		chosen = append(chosen, scenario.All[i])
	}
	return chosen, nil
}

func scenarioNames() []string {
	names := make([]string, len(scenario.All))
	for i, s := range scenario.All {
		names[i] = s.Name
	}
	return names
}

// names returns the columns of the table.
func (o *options) names() []string {
	switch {
	case o.url != "":
		return []string{server.Elsewhere}
	case o.compare:
		return []string{server.Confab, server.Node}
	default:
		return []string{server.Confab}
	}
}
