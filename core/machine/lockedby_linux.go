package machine

import (
	"fmt"
	"os"
	"strings"
)

// lockedBy is the process that holds a lock on the file, 0 where the system does
// not say.
func lockedBy(f *os.File) int {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	stat, ok := sysOf(info)
	if !ok {
		return 0
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0
	}
	return findLock(string(locks), stat.Ino)
}

// findLock looks for an inode in /proc/locks. The device is left out: what stat
// says of it differs on some file systems.
func findLock(locks string, inode uint64) int {
	for line := range strings.Lines(locks) {
		var n, pid int
		var kind, how, what, file string
		if _, err := fmt.Sscan(strings.Replace(line, ":", " ", 1), &n, &kind, &how, &what, &pid, &file); err != nil || kind != "FLOCK" || pid <= 0 {
			continue
		}
		if strings.HasSuffix(file, fmt.Sprintf(":%d", inode)) {
			return pid
		}
	}
	return 0
}
