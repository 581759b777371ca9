package dynamo

import "syscall"

// childAttributes makes the engine end with this process, and protects it from the
// terminal's Ctrl-C: functions still need it while connections end.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
