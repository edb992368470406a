//go:build unix

package sdk

import "syscall"

// closeOnExec keeps programs that a plugin starts from inheriting fd.
func closeOnExec(fd int) { syscall.CloseOnExec(fd) }
