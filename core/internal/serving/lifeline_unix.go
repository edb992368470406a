//go:build unix

package serving

import (
	"os"
	"syscall"
	"time"
)

// closeOnExec keeps programs that a plugin starts from inheriting fd.
func closeOnExec(fd int) { syscall.CloseOnExec(fd) }

// endGroup kills this process and all others of its group if its host is gone:
// only the host would end those that outlive it. A host that lives does that, and
// reads the exit status. The pipe to a host that is killed closes a little before
// the system gives its children another parent.
func endGroup(host int) {
	if syscall.Getpgrp() != os.Getpid() {
		return // a group that is not the plugin's own
	}
	for range 50 {
		if os.Getppid() != host {
			_ = syscall.Kill(-os.Getpid(), syscall.SIGKILL)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
