package dynamo

import "syscall"

// childAttributes make the engine end with this process, and keep a Ctrl-C in the
// terminal from it: the functions still need it to say goodbye.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
