package front

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
)

// buffer is memory with its account and its bounds.
type buffer struct {
	d      *Device
	memory Memory // nil once released
	size   int
}

// NewBuffer implements metal.Device.
func (d *Device) NewBuffer(bytes int) (metal.Buffer, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("%s device: buffer of %d bytes: want at least 1", d.kind, bytes)
	}
	if err := d.usable(); err != nil {
		return nil, err
	}
	m, err := d.backend.Allocate(bytes, d.memory.Current)
	if err != nil {
		return nil, fmt.Errorf("%s device: buffer of %d bytes beside %d in use: %w", d.kind, bytes, d.memory.Current, err)
	}
	b := &buffer{d: d, memory: m, size: bytes}
	d.buffers[b] = struct{}{}
	d.memory.Current += int64(bytes)
	d.memory.Peak = max(d.memory.Peak, d.memory.Current)
	return b, nil
}

func (b *buffer) Len() int { return b.size }

func (b *buffer) Bytes() []byte {
	if b.memory == nil {
		return nil
	}
	return b.memory.Bytes()
}

func (b *buffer) Write(offset int, data []byte) error {
	return b.move("write", Memory.Write, offset, data)
}

func (b *buffer) Read(offset int, data []byte) error {
	return b.move("read", Memory.Read, offset, data)
}

func (b *buffer) move(verb string, do func(Memory, int, []byte) error, offset int, data []byte) error {
	err := b.d.usable()
	if err == nil {
		err = b.inside(offset, len(data))
	}
	if err == nil && len(data) > 0 {
		err = do(b.memory, offset, data)
	}
	if err != nil {
		return fmt.Errorf("%s of %d bytes: %w", verb, len(data), err)
	}
	return nil
}

// inside checks a range of the buffer.
func (b *buffer) inside(offset, n int) error {
	if b.memory == nil {
		return fmt.Errorf("the buffer of %d bytes was released", b.size)
	}
	if offset < 0 || n > b.size-offset {
		return fmt.Errorf("offset %d with %d bytes is outside the buffer of %d bytes", offset, n, b.size)
	}
	return nil
}

// Release frees the memory. Nothing may run that uses it, and nothing does between
// calls, unless the device is lost: then it is left to the end of the process.
func (b *buffer) Release() {
	if b.memory == nil {
		return
	}
	if !b.d.closed {
		if b.d.backend.Lost() == nil {
			b.memory.Free()
		}
		delete(b.d.buffers, b)
		b.d.memory.Current -= int64(b.size)
		b.d.released++
	}
	b.memory = nil
}
