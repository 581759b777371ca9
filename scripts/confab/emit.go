package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dashboard"
)

// emission is an event of the command line.
type emission struct {
	event string
	args  []json.RawMessage
}

func runEmit(ctx context.Context, c *call) error {
	url := c.flags.String("url", defaultURL(), "where the application answers")
	namespace := c.flags.String("namespace", "/", "namespace of Socket.IO")
	auth := c.flags.String("auth", "", "the client's option auth, as JSON")
	wait := c.flags.Duration("wait", 10*time.Second, "how long to wait for the answers")
	server := c.flags.Bool("server", false, "emit as the server, to everybody in the namespace or in -to; only to confab dev")
	to := c.flags.String("to", "", "rooms to emit to, separated by commas, with -server")
	all, err := c.parseEmissions()
	if err != nil {
		return err
	}
	if *to != "" && !*server {
		fmt.Fprintln(c.err, "-to needs -server: a client emits to the server alone, whose handlers choose the rooms")
		c.flags.Usage()
		return errUsage
	}
	ctx, cancel := context.WithTimeout(ctx, *wait)
	defer cancel()
	if *server {
		var rooms []string
		if *to != "" {
			rooms = strings.Split(*to, ",")
		}
		d := dev(*url)
		for _, e := range all {
			if err := d.emit(ctx, c, dashboard.Emission{Namespace: *namespace, Rooms: rooms, Event: e.event, Args: e.args}); err != nil {
				return err
			}
		}
		return nil
	}
	o := socket.Options{URL: *url, Namespace: *namespace}
	if *auth != "" {
		o.Auth = json.RawMessage(*auth)
	}
	s, err := socket.Dial(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, e := range all {
		if err := e.ask(ctx, c, s); err != nil {
			return err
		}
	}
	return nil
}

// parseEmissions reads events with their arguments, which "--" separates.
func (c *call) parseEmissions() (all []emission, err error) {
	for rest, more := c.args, true; more; {
		part, after := rest, []string(nil)
		if i := slices.Index(rest, "--"); i >= 0 {
			part, after = rest[:i], rest[i+1:]
		}
		rest, more = after, len(part) < len(rest)
		c.args = part
		words, err := c.parse(1, 100)
		if err != nil {
			return nil, err
		}
		e := emission{event: words[0]}
		for _, word := range words[1:] {
			arg, err := argument(word)
			if err != nil {
				return nil, err
			}
			e.args = append(e.args, arg)
		}
		all = append(all, e)
	}
	return all, nil
}

// argument is a word of the command line as JSON. What is none is a text, from which a shell has taken its
// quotes, unless it begins as JSON that is not text.
func argument(word string) (json.RawMessage, error) {
	var value json.RawMessage
	err := json.Unmarshal([]byte(word), &value)
	if err == nil {
		return value, nil
	}
	if word != "" && strings.ContainsRune(`{["`, rune(word[0])) {
		return nil, fmt.Errorf("the argument %s is not JSON: %w", word, err)
	}
	return json.Marshal(word)
}

// ask emits the event as a client, and prints its acknowledgement. The error says so if that is a refusal.
func (e emission) ask(ctx context.Context, c *call, s *socket.Socket) error {
	list := make([]any, len(e.args))
	for i, a := range e.args {
		list[i] = a
	}
	answer, err := s.Ask(ctx, e.event, list...)
	if err != nil {
		return err
	}
	for _, value := range answer {
		var out bytes.Buffer
		if err := json.Indent(&out, value, "", "  "); err != nil {
			return err
		}
		fmt.Fprintln(c.out, out.String())
	}
	if isRefused(answer) {
		return fmt.Errorf("%s was refused", e.event)
	}
	return nil
}

// isRefused reports whether an acknowledgement is that of a handler which returned an error.
func isRefused(answer []json.RawMessage) bool {
	var a struct {
		OK    *bool `json:"ok"`
		Error *struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	return len(answer) == 1 && json.Unmarshal(answer[0], &a) == nil && a.OK != nil && !*a.OK && a.Error != nil
}

// emit emits an event as the server, and says to whom.
func (d dev) emit(ctx context.Context, c *call, e dashboard.Emission) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := d.ask(ctx, http.MethodPost, "emit", body, nil); err != nil {
		return err
	}
	to := "everybody in " + e.Namespace
	switch len(e.Rooms) {
	case 0:
	case 1:
		to = "the room " + e.Rooms[0]
	default:
		to = "the rooms " + strings.Join(e.Rooms, ", ")
	}
	var sockets []dashboard.Socket
	if err := d.ask(ctx, http.MethodGet, "sockets", nil, &sockets); err != nil {
		return err
	}
	there := slices.ContainsFunc(sockets, func(s dashboard.Socket) bool {
		return s.Namespace == e.Namespace && (len(e.Rooms) == 0 || slices.ContainsFunc(e.Rooms, func(room string) bool { return slices.Contains(s.Rooms, room) }))
	})
	if !there && len(sockets) < cloud.MaxSockets {
		to += ", where nobody is"
	}
	fmt.Fprintf(c.out, "emitted %s to %s\n", e.Event, to)
	return nil
}
