// Command canary asks a deployed WebSocket API what it does with an empty route response, which
// AWS does not document, and writes what the functions should do into cdk.context.json, for the
// next deployment. `make deploy` runs it; see
// docs/adr/0016-a-noop-answers-what-has-no-answer.md.
//
//	go run ./scripts/canary build/outputs.json
package main

import (
	"context"
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
	if err := run(os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "canary:", err)
		os.Exit(1)
	}
}

// patience is how long a frame may take that may never come.
const patience = 3 * time.Second

func run(out io.Writer, args []string) error {
	flags := flag.NewFlagSet("canary", flag.ContinueOnError)
	file := flags.String("context", "cdk.context.json", "the CDK's file for what is learned about an environment")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("pass the file of cdk deploy --outputs-file")
	}
	address, err := readAddress(flags.Arg(0))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	f, err := probe(ctx, address, patience)
	if err != nil {
		return fmt.Errorf("the stack is deployed, and its WebSocket API does not answer as it should: %w", err)
	}
	if f.running() == f.possible() {
		_, err := fmt.Fprintf(out, "canary: route responses are right for this API Gateway (%s)\n", f.running())
		return err
	}
	if err := record(*file, f.possible()); err != nil {
		return err
	}
	consequence := "which saves a billed message for each that has no answer"
	if f.empty {
		consequence = "or empty frames cut clients off"
	}
	_, err = fmt.Fprintf(out, "canary: the functions assume routeResponse=%s. %s now has %s, %s; what cdk.json or -c says goes before it\n",
		f.running(), *file, f.possible(), consequence)
	return err
}

// readAddress returns the WebSocket API's own address from the outputs of a deployment.
func readAddress(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var stacks map[string]struct{ SocketURL string }
	if err := json.Unmarshal(text, &stacks); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	for _, outputs := range stacks {
		if outputs.SocketURL != "" {
			return outputs.SocketURL, nil
		}
	}
	return "", fmt.Errorf("%s has no output SocketURL", file)
}

// record sets the parameter routeResponse in a file of CDK context.
func record(file string, r mode.RouteResponse) error {
	values := map[string]any{}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &values)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", file, err)
	}
	values["routeResponse"] = r
	if text, err = json.MarshalIndent(values, "", "  "); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
