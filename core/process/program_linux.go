package process

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// spare is above every descriptor that a child gets: starting one must not put
// another file in the place of the program's before it is executed.
const spare = 512

// byDescriptor gives the same file, and what a child executes it by: "" where
// there is no /proc. The child does not keep it open.
func byDescriptor(f *os.File) (*os.File, string) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, spare)
	if err != nil {
		return f, ""
	}
	high := os.NewFile(uintptr(fd), f.Name())
	path := fmt.Sprintf("/proc/self/fd/%d", fd)
	if _, err := os.Stat(path); err != nil {
		_ = high.Close()
		return f, ""
	}
	_ = f.Close()
	return high, path
}

func changeTime(info os.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctim.Unix())
	}
	return time.Time{}
}

func noexec(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}
