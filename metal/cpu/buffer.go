package cpu

import "fmt"

// buffer is mapped memory; data is nil once released.
type buffer struct {
	owner   *memory
	mapping []byte // what was mapped, data and its surroundings
	data    []byte
	scratch bool // made by the device for itself
}

func (b *buffer) Len() int      { return len(b.data) }
func (b *buffer) Bytes() []byte { return b.data }
func (b *buffer) Release()      { b.owner.release(b) }

func (b *buffer) Write(offset int, data []byte) error {
	if err := b.span("write", offset, len(data)); err != nil {
		return err
	}
	copy(b.data[offset:], data)
	return nil
}

func (b *buffer) Read(offset int, data []byte) error {
	if err := b.span("read", offset, len(data)); err != nil {
		return err
	}
	copy(data, b.data[offset:])
	return nil
}

func (b *buffer) span(verb string, offset, n int) error {
	if b.data == nil {
		return fmt.Errorf("buffer: %s after release", verb)
	}
	if offset < 0 || offset > len(b.data) || n > len(b.data)-offset {
		return fmt.Errorf("buffer of %d bytes: %s of %d bytes at offset %d is outside", len(b.data), verb, n, offset)
	}
	return nil
}
