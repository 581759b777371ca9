// Command local is the local cloud: the whole system in one program, without an AWS account.
// It prints "ready http://localhost:PORT" when it accepts connections, and ends with Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/policy"
)

func main() {
	err := run(os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "confab:", err)
		os.Exit(1)
	}
}

// run runs the local cloud until a signal ends it.
func run(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	settings, err := o.cloudOptions()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if o.install {
		return dynamo.Install(ctx, os.Stderr)
	}
	c, err := cloud.Start(ctx, settings)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken: set another with PORT=3001", o.port)
	}
	if err != nil {
		return err
	}
	if !o.quiet {
		fmt.Fprintln(os.Stderr, "database:", c.Database())
	}
	fmt.Println("ready", c.URL())
	<-ctx.Done()
	stop() // a second Ctrl-C ends at once
	err = c.Close(context.Background())
	if !o.quiet {
		fmt.Fprintln(os.Stderr)
		err = errors.Join(err, c.Meter().Report().Print(os.Stderr))
		printUnused(os.Stderr, c.Unused())
	}
	return err
}

// printUnused lists the grants of a template that no call has needed.
func printUnused(w io.Writer, unused map[string][]policy.Grant) {
	for _, function := range slices.Sorted(maps.Keys(unused)) {
		for _, g := range unused[function] {
			fmt.Fprintf(w, "unused grant: %s  %s on %s\n", function, g.Action, g.Resource)
		}
	}
}
