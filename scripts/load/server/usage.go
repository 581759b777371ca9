package server

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a server has used since it started: processor time, which says more than the clock
// where others use the machine too, and the memory that is resident now.
type Usage struct {
	// Server and Database are two processes.
	Server, Database Process
}

// Process is what one process uses.
type Process struct {
	Time  time.Duration
	Bytes int64
}

// Usage returns what the server uses, if it is known: of a process of this machine, where the kernel
// tells it in /proc.
func (s *Server) Usage() (u Usage, known bool) {
	if s.command == nil || s.database == nil {
		return Usage{}, false
	}
	var err error
	if u.Server, err = readProcess(s.command.Process.Pid); err != nil {
		return Usage{}, false
	}
	if u.Database, err = readProcess(s.database.PID()); err != nil {
		return Usage{}, false
	}
	return u, true
}

// tick is the unit of times in /proc: USER_HZ, which is 100 on every architecture of Linux that Go has.
const tick = 10 * time.Millisecond

func readProcess(pid int) (Process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, err
	}
	return parseStat(stat, int64(os.Getpagesize()))
}

// parseStat reads a file /proc/PID/stat (proc_pid_stat(5)).
func parseStat(stat []byte, pageSize int64) (Process, error) {
	// The second field, the command in parentheses, may have spaces and parentheses in it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system, resident = 14 - 3, 15 - 3, 24 - 3
	if len(fields) <= resident {
		return Process{}, fmt.Errorf("read the use of a process: %q", stat)
	}
	var numbers [3]int64
	for i, field := range []int{user, system, resident} {
		n, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return Process{}, fmt.Errorf("read the use of a process: %w", err)
		}
		numbers[i] = n
	}
	return Process{Time: time.Duration(numbers[0]+numbers[1]) * tick, Bytes: numbers[2] * pageSize}, nil
}
