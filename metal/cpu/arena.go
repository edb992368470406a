package cpu

import "unsafe"

// arena hands out scratch memory for the tasks of one program. Tasks run one
// after another and keep nothing in it between runs, so reset lets the next
// task use the same memory.
type arena struct {
	d      *device
	blocks []*memory
	block  int // the one being filled
	used   int // bytes of it
}

const arenaBlock = 256 << 10

func (a *arena) reset() { a.block, a.used = 0, 0 }

// alloc returns size bytes, 64-byte aligned, not zeroed.
func (a *arena) alloc(size int) (unsafe.Pointer, error) {
	size = (max(size, 1) + 63) &^ 63
	for ; a.block < len(a.blocks); a.block, a.used = a.block+1, 0 {
		if data := a.blocks[a.block].data; size <= len(data)-a.used {
			p := unsafe.Pointer(&data[a.used])
			a.used += size
			return p, nil
		}
	}
	b, err := a.d.allocate(max(size, arenaBlock))
	if err != nil {
		return nil, err
	}
	a.blocks = append(a.blocks, b)
	a.used = size
	return unsafe.Pointer(&b.data[0]), nil
}

func (a *arena) release() {
	for _, b := range a.blocks {
		b.Free()
	}
	a.blocks = nil
	a.reset()
}
