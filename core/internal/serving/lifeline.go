package serving

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/go-plugin"

	"github.com/assay-bench/assay/core/sdk/wire"
)

// watchLifeline ends the process when the host does, however it ended: the
// host holds the other end of this pipe and never writes to it.
func watchLifeline() {
	fd, err := strconv.Atoi(os.Getenv(wire.EnvLifeline))
	if err != nil || fd < 3 {
		return
	}
	closeOnExec(fd)
	host := os.Getppid()
	pipe := os.NewFile(uintptr(fd), "lifeline")
	go func() {
		_, _ = pipe.Read(make([]byte, 1))
		// The host can no longer remove the socket's folder.
		if dir := os.Getenv(plugin.EnvUnixSocketDir); dir != "" {
			_ = os.RemoveAll(dir)
			_ = os.Remove(filepath.Dir(dir)) // fails unless it is empty
		}
		endGroup(host)
		os.Exit(wire.ExitOrphaned)
	}()
}
