package cpu

import (
	"context"
	"fmt"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
)

const (
	// yardstickParts of the memory are read once each, the fastest of which
	// counts, as the fastest sample of a visit does. Read twice, a part would be in
	// the cache in part: caches do not always drop the oldest line.
	yardstickParts = 4
	// A part is as large as the last cache, and has as much for each thread as
	// few processors have cache for a core.
	yardstickLeast  = 16 << 20
	yardstickThread = 8 << 20
	// Parts are read in chunks, which threads take from each other as they do with
	// a kernel's: with one for each, all would wait for a thread without a core.
	yardstickChunk = 256 << 10
)

// Yardstick implements metal.Yardsticker for the front, on the workers that kernels run on. A stream is read
// with the prefetches that the kernels make.
func (d *device) Yardstick(ctx context.Context, y metal.Yardstick) (metal.Moved, error) {
	var m metal.Moved
	buffers := map[metal.Yardstick]int{metal.Stream: 1, metal.Copy: 2}[y]
	if buffers == 0 {
		return m, fmt.Errorf("yardstick %q: the cpu device has %s and %s", y, metal.Stream, metal.Copy)
	}
	part := max(yardstickLeast, int(lastCache()), yardstickThread*d.pool.threads) / buffers
	s := &streamed{chunksOfPart: part / yardstickChunk}
	part = s.chunksOfPart * yardstickChunk
	for _, at := range []*unsafe.Pointer{&s.from, &s.to}[:buffers] {
		b, err := d.allocate(yardstickParts * part)
		if err != nil {
			return m, fmt.Errorf("yardstick %s: %w", y, err)
		}
		defer b.Free()
		*at = unsafe.Pointer(unsafe.SliceData(b.data))
	}
	d.pool.begin()
	defer d.pool.end()
	for ; s.part < yardstickParts; s.part++ {
		if err := ctx.Err(); err != nil {
			return m, fmt.Errorf("yardstick %s: %w", y, err)
		}
		start := time.Now()
		if err := d.pool.do(s, s.chunksOfPart); err != nil {
			return m, fmt.Errorf("yardstick %s: %w", y, err)
		}
		if took := time.Since(start); m.Time == 0 || took < m.Time {
			m = metal.Moved{Bytes: int64(buffers * part), Time: max(took, 1)}
		}
		metal.Beat(ctx)
	}
	return m, nil
}

// streamed reads a part of memory, and writes it to another place if there is one.
type streamed struct {
	from, to     unsafe.Pointer
	chunksOfPart int
	part         int
}

func (s *streamed) chunks(_, first, end int) {
	at, n := (s.part*s.chunksOfPart+first)*yardstickChunk, (end-first)*yardstickChunk
	if s.to == nil {
		simd.StreamRead(unsafe.Add(s.from, at), n)
		return
	}
	copy(unsafe.Slice((*byte)(unsafe.Add(s.to, at)), n), unsafe.Slice((*byte)(unsafe.Add(s.from, at)), n))
}
