package cuda

import (
	"fmt"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// argument appends the value of one parameter.
func (d *device) argument(l *launch, s *metal.Dispatch, p *param, offset *uint32) error {
	switch p.Kind {
	case msl.ParamGridX, msl.ParamGridY, msl.ParamGridZ:
		l.word(uint32(axes(s.Grid)[p.Kind-msl.ParamGridX]))
		return nil
	case msl.ParamThreadgroupOffset:
		l.word(*offset)
		if p.Index < len(s.ThreadgroupMemory) {
			*offset += uint32(front.GroupBytes(s.ThreadgroupMemory[p.Index]))
		}
		return nil
	}
	var a metal.Arg // one that is not there for these function constants
	if p.Index < len(s.Args) {
		a = s.Args[p.Index]
	}
	if p.Kind == msl.ParamValue {
		at := l.put(p.size)
		copy(l.values[at:], a.Bytes[:min(p.size, len(a.Bytes))])
		return nil
	}
	at, err := d.address(&a)
	if err != nil {
		return fmt.Errorf("argument %d (%s): %w", p.Index, p.name, err)
	}
	l.put(8)
	*(*uint64)(unsafe.Pointer(&l.values[len(l.values)-16])) = uint64(at)
	return nil
}

// put reserves n bytes for one parameter and returns where.
func (l *launch) put(n int) int {
	at := len(l.values)
	l.pointers = append(l.pointers, uintptr(at))
	for range (n + 15) / 16 {
		l.values = append(l.values, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return at
}

func (l *launch) word(v uint32) {
	at := l.put(4)
	*(*uint32)(unsafe.Pointer(&l.values[at])) = v
}

// address of a buffer argument. Bytes bound to a pointer are copied to GPU
// memory once and kept by their content; an argument that is not bound is null.
func (d *device) address(a *metal.Arg) (uintptr, error) {
	if a.Buffer != nil {
		return front.MemoryOf[*memory](a.Buffer).at + uintptr(a.Offset), nil
	}
	if len(a.Bytes) == 0 {
		return 0, nil
	}
	m, ok := d.inline[string(a.Bytes)]
	if !ok {
		var err error
		if m, err = d.allocate(len(a.Bytes)); err != nil {
			return 0, err
		}
		if err := m.Write(0, a.Bytes); err != nil {
			return 0, err
		}
		d.inline[string(a.Bytes)] = m
	}
	return m.at, nil
}
