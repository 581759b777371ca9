// Command confab is for applications of one's own: it makes one, runs it while it is written, and deploys
// it. docs/projects.md goes through it.
//
//	go install github.com/confab-chat/confab/scripts/confab@latest
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// command is what confab can do.
type command struct {
	name, arguments, what string
	run                   func(ctx context.Context, c *call) error
}

var commands = []command{
	{"new", "NAME", "make an application in a new folder", runNew},
	{"dev", "", "run the application here, and every change that is saved to it", runDev},
	{"test", "[GO TEST FLAGS]", "run the application's tests, with flags and folders of go test, and those of its page", runTest},
	{"types", "", "write the TypeScript types of the application's events", runTypes},
	{"emit", "EVENT [JSON ...] [-- EVENT ...]", "emit events as a client, or as the server, and print the answers", runEmit},
	{"run", "SCHEDULE", "let the work of a schedule run now, by the confab dev that runs", runRun},
	{"tail", "", "print what clients and the application say to each other", runTail},
	{"deploy", "", "deploy the application to AWS, with the credentials of the environment", runDeploy},
	{"destroy", "", "delete the deployed stack; tables stay, unless their protection is off", runDestroy},
	{"doctor", "", "look for what is missing on this machine, and for traps in the application", runDoctor},
	{"version", "", "print the version of confab", runVersion},
}

// call is one use of a command.
type call struct {
	flags    *flag.FlagSet
	args     []string
	out, err io.Writer
}

// parse reads the flags of a command, and takes between least and most arguments, which may stand before
// flags too.
func (c *call) parse(least, most int) ([]string, error) {
	var found []string
	for rest := c.args; ; {
		for len(rest) > 0 && isNumber(rest[0]) { // also a negative one, which is no flag
			found, rest = append(found, rest[0]), rest[1:]
		}
		if err := c.flags.Parse(rest); err != nil {
			return nil, err
		}
		if c.flags.NArg() == 0 {
			break
		}
		found, rest = append(found, c.flags.Arg(0)), c.flags.Args()[1:]
	}
	if len(found) < least || len(found) > most {
		c.flags.Usage()
		return nil, errUsage
	}
	return found, nil
}

func isNumber(word string) bool {
	_, err := strconv.ParseFloat(word, 64)
	return err == nil
}

// errUsage means that the usage has been printed already.
var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "confab:", err)
		os.Exit(1)
	}
}

// run runs a command line.
func run(ctx context.Context, args []string, out, err io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		usage(out)
		return nil
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		flags.SetOutput(err)
		flags.Usage = func() {
			fmt.Fprintf(err, "usage: confab %s %s\n\n%s\n\n", c.name, c.arguments, c.what)
			flags.PrintDefaults()
		}
		return c.run(ctx, &call{flags, args[1:], out, err})
	}
	usage(err)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "confab runs, tests and deploys applications in Go for Socket.IO clients, without servers.")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  confab %-38s %s\n", c.name+" "+c.arguments, c.what)
	}
	fmt.Fprintln(w, "\n`confab COMMAND -help` lists the flags of a command.")
}
