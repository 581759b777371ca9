package terminal

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// console writes log records as slog.TextHandler does, but for values of several lines, such
// as the stack of a panic: their first line stands in the record, and the others below it.
type console struct {
	slog.Handler // writes to buffer
	output       *output
}

// output is shared by a console and those derived from it.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	w      io.Writer
}

// NewHandler returns a handler of records for people who read them in a terminal.
func NewHandler(w io.Writer, level slog.Leveler) slog.Handler {
	o := &output{w: w}
	return console{slog.NewTextHandler(&o.buffer, &slog.HandlerOptions{Level: level}), o}
}

// Handle implements slog.Handler.
func (c console) Handle(ctx context.Context, r slog.Record) error {
	short := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	var below []string
	r.Attrs(func(a slog.Attr) bool {
		value := a.Value.Resolve()
		if kind := value.Kind(); kind == slog.KindString || kind == slog.KindAny {
			if first, rest, several := strings.Cut(strings.TrimSpace(value.String()), "\n"); several {
				a.Value = slog.StringValue(first)
				below = append(below, strings.Split(rest, "\n")...)
			}
		}
		short.AddAttrs(a)
		return true
	})
	c.output.mu.Lock()
	defer c.output.mu.Unlock()
	c.output.buffer.Reset()
	if err := c.Handler.Handle(ctx, short); err != nil {
		return err
	}
	for _, line := range below {
		c.output.buffer.WriteString("    " + escape(strings.ReplaceAll(line, "\t", "    ")) + "\n")
	}
	_, err := c.output.w.Write(c.output.buffer.Bytes())
	return err
}

// WithAttrs implements slog.Handler.
func (c console) WithAttrs(attrs []slog.Attr) slog.Handler {
	return console{c.Handler.WithAttrs(attrs), c.output}
}

// WithGroup implements slog.Handler.
func (c console) WithGroup(name string) slog.Handler {
	return console{c.Handler.WithGroup(name), c.output}
}
