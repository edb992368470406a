//go:build unix

package cpu

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page on amd64 and most arm64 kernels.
const hugePage = 2 << 20

// mapMemory maps anonymous memory: data of the given size, aligned to a page
// (a huge page when it fills one), with at least pad readable bytes behind it.
// Pages are touched, so that no timed span pays for the first access.
func mapMemory(size, pad int) (mapping, data []byte, err error) {
	if size > 1<<46 {
		return nil, nil, fmt.Errorf("no address space for %d bytes", size)
	}
	total := size + pad
	if size >= hugePage {
		total += hugePage
	}
	mapping, err = unix.Mmap(-1, 0, total, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, fmt.Errorf("map memory: %w", err)
	}
	start := 0
	if size >= hugePage {
		base := uintptr(unsafe.Pointer(unsafe.SliceData(mapping)))
		start = int(-base & (hugePage - 1))
		adviseHuge(mapping)
	}
	touch(mapping[start : start+size+pad])
	return mapping, mapping[start : start+size : start+size], nil
}

// touch writes to every page; the memory is already zero.
func touch(b []byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = 0
	}
}

func unmapMemory(mapping []byte) {
	// Munmap fails for a slice that Mmap did not make, and these all are.
	_ = unix.Munmap(mapping)
}
