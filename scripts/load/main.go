// Command load puts a Socket.IO server and the chat under load, and prints what it measured: of the
// local cloud, which it starts itself, of a server at a URL, and, side by side, of a Socket.IO server
// on Node that stores the same. It stops by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// maxTime bounds a whole run, whatever else happens.
const maxTime = time.Hour

// run measures, prints the figures to out, and tells progress what it does.
func run(ctx context.Context, out, progress io.Writer, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	machine := describeMachine(ctx)
	servers, err := o.start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range servers {
			s.Stop()
		}
	}()
	var found report
	for round := range o.rounds {
		for _, sc := range o.scenarios {
			if sc.Once && round > 0 {
				continue
			}
			for _, s := range servers {
				fmt.Fprintf(progress, "round %d of %d: %s on %s\n", round+1, o.rounds, sc.Name, s.Name)
				figures, err := sc.Run(ctx, s, o.load)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", sc.Name, s.Name, err)
				}
				found.add(sc, s.Name, figures)
			}
		}
		slices.Reverse(servers) // so that none is always the first
	}
	_, err = fmt.Fprintf(out, "%s\n%s", machine, found.table(o.names()))
	return err
}

// start starts the servers that the options name.
func (o *options) start(ctx context.Context) ([]*server.Server, error) {
	if o.url != "" {
		return []*server.Server{server.At(o.url)}, nil
	}
	confab, err := server.StartConfab(ctx, o.binary)
	if err != nil || !o.compare {
		return []*server.Server{confab}, err
	}
	node, err := server.StartNode(ctx, o.script)
	if err != nil {
		confab.Stop()
		return nil, err
	}
	return []*server.Server{confab, node}, nil
}
