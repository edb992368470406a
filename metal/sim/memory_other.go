//go:build !linux

package sim

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sharedMemory is a file that a child process maps too.
type sharedMemory struct {
	bytes []byte
	file  *os.File
}

func newSharedMemory(n int) (*sharedMemory, error) {
	f, err := os.CreateTemp("", "assay-sim-*")
	if err != nil {
		return nil, err
	}
	m := &sharedMemory{file: f}
	if err = f.Truncate(int64(n)); err == nil {
		m.bytes, err = unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, fmt.Errorf("map %d bytes of %s: %w", n, f.Name(), err)
	}
	return m, nil
}

func (m *sharedMemory) path() string { return m.file.Name() }

func (m *sharedMemory) close() {
	_ = unix.Munmap(m.bytes)
	_ = m.file.Close()
	_ = os.Remove(m.file.Name())
}
