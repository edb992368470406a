package process

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// byDescriptor: macOS executes by path only.
func byDescriptor(f *os.File) (*os.File, string) { return f, "" }

func changeTime(info os.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctimespec.Unix())
	}
	return time.Time{}
}

func noexec(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.MNT_NOEXEC != 0
}
