package process

import "syscall"

// childAttributes makes a child end with its parent, however that ends, and keeps the
// terminal's Ctrl-C from it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
