//go:build unix

package process

import "syscall"

// freeze pauses the process, as Lambda does between invocations.
func (e *environment) freeze() error { return e.command.Process.Signal(syscall.SIGSTOP) }

func (e *environment) thaw() error { return e.command.Process.Signal(syscall.SIGCONT) }
