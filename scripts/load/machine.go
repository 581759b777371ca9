package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// describeMachine says what the figures were measured on. What cannot be found is left out.
func describeMachine(ctx context.Context) string {
	var parts []string
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("%s", field("/proc/cpuinfo", "model name"))
	parts = append(parts, fmt.Sprintf("%d cores", runtime.NumCPU()))
	add("memory %s", field("/proc/meminfo", "MemTotal"))
	add("load before %s", firstFields("/proc/loadavg", 3))
	parts = append(parts, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version())
	add("Node %s", version(ctx, "node"))
	add("at %s", time.Now().UTC().Format("2006-01-02 15:04 MST"))
	return "Measured on " + strings.Join(parts, ", ") + ".\n"
}

// field returns the first value with a name in a file with lines "name: value".
func field(file, name string) string {
	content, _ := os.ReadFile(file) // which other systems than Linux do not have
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstFields(file string, n int) string {
	content, _ := os.ReadFile(file)
	fields := strings.Fields(string(content))
	return strings.Join(fields[:min(n, len(fields))], " ")
}

func version(ctx context.Context, command string) string {
	out, err := exec.CommandContext(ctx, command, "--version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
