//go:build !linux

package dynamo

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
