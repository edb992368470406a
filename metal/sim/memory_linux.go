package sim

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sharedMemory is anonymous memory that a child process can map by path.
type sharedMemory struct {
	bytes []byte
	fd    int
}

func newSharedMemory(n int) (*sharedMemory, error) {
	fd, err := unix.MemfdCreate("assay-sim", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	if err := unix.Ftruncate(fd, int64(n)); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("ftruncate: %w", err)
	}
	b, err := unix.Mmap(fd, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("mmap: %w", err)
	}
	return &sharedMemory{b, fd}, nil
}

// path names the memory for a child of this process.
func (m *sharedMemory) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), m.fd) }

func (m *sharedMemory) close() {
	_ = unix.Munmap(m.bytes)
	_ = unix.Close(m.fd)
}
