package process

import "syscall"

// childAttributes makes a child end with its parent in any case, and protects it from the
// terminal's Ctrl-C.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
