package main

import (
	"fmt"
	"strconv"
	"time"
)

// window is a flag that takes a boolean or a duration: -recovery, -recovery=false,
// -recovery=30s.
type window struct {
	set      bool
	duration time.Duration
}

// defaultWindow is Socket.IO's default window of connection state recovery.
const defaultWindow = 2 * time.Minute

// String implements flag.Value.
func (w *window) String() string {
	if !w.set {
		return defaultWindow.String()
	}
	return w.duration.String()
}

// Set implements flag.Value.
func (w *window) Set(text string) error {
	w.set = true
	if on, err := strconv.ParseBool(text); err == nil {
		w.duration = 0
		if on {
			w.duration = defaultWindow
		}
		return nil
	}
	var err error
	if w.duration, err = time.ParseDuration(text); err != nil || w.duration <= 0 {
		return fmt.Errorf("%q is not true, false, or a duration", text)
	}
	return nil
}

// IsBoolFlag makes "-recovery" mean true.
func (w *window) IsBoolFlag() bool { return true }

// joinWindow makes the two arguments of "-recovery 60s" one. Package flag would read them as
// "-recovery" and an argument that is no flag, as for every flag that may be boolean.
func joinWindow(name string, args []string) []string {
	var joined []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(joined, args[i:]...)
		}
		if (arg == "-"+name || arg == "--"+name) && i+1 < len(args) && new(window).Set(args[i+1]) == nil {
			i++
			arg += "=" + args[i]
		}
		joined = append(joined, arg)
	}
	return joined
}

func (w *window) on() bool { return w.set && w.duration > 0 }
