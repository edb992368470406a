//go:build amd64 && !purego

package simd

import "unsafe"

// avx2 is the tier for machines without VDPBF16PS, and for K that is no
// multiple of its blocks. Prepared rows are the plain twin's.
type avx2 struct{ plain }

// frame2 is the assembly's argument; gen/qdot2.go knows its offsets.
type frame2 struct {
	codes          unsafe.Pointer
	scales, biases *float32
	out            *float32
	x              [MaxX]unsafe.Pointer
	consts         *consts2
	rows, groups   int
	steps, bytes   int
	ld, sums       int
}

// consts2 takes code i of eight out of the 16 bytes that they start.
type consts2 struct {
	pick  [32]byte
	shift [8]uint32
	mask  [8]uint32
}

func (t avx2) init(q *QDot) {
	t.plain.init(q)
	c := &consts2{}
	for i := range 8 {
		for b := range 4 {
			c.pick[4*i+b] = byte(i*q.Bits/8 + b)
		}
		c.shift[i] = uint32(i * q.Bits % 8)
		c.mask[i] = q.mask()
	}
	q.consts = c
}

func (t avx2) run(q *QDot, jobs []Job, _ Tile, w *Worker) {
	for i := range jobs {
		t.rows(q, &jobs[i], w)
	}
}

func (avx2) rows(q *QDot, a *Job, w *Worker) {
	f := &w.frame2
	f.consts = q.consts.(*consts2)
	f.groups, f.steps, f.bytes = q.K/q.Group, q.Group/32, q.Bits
	f.ld, f.sums = 4*a.Ld, 4*q.K
	// As many rows at a time as their scales and biases fit in the scratch.
	batch := q.Group / 2
	for r := 0; r < a.Rows; r += batch {
		n := min(batch, a.Rows-r)
		scales, biases := w.floats[:n*f.groups], w.floats[n*f.groups:2*n*f.groups]
		Load(scales, unsafe.Add(a.Scales, r*q.ScaleBytes()), q.T)
		if q.part == Low {
			clear(biases)
		} else {
			Load(biases, unsafe.Add(a.Biases, r*q.ScaleBytes()), q.T)
		}
		f.codes = unsafe.Add(a.Codes, r*q.RowBytes())
		f.scales, f.biases = &scales[0], &biases[0]
		for x := 0; x < a.NX; {
			f.rows = n
			f.out = (*float32)(unsafe.Add(unsafe.Pointer(a.Out), 4*(x*a.Ld+r)))
			if a.NX-x >= 4 {
				copy(f.x[:], a.X[x:x+4])
				qdotAVX2X4((*byte)(unsafe.Pointer(f)))
				x += 4
			} else {
				f.x[0] = a.X[x]
				qdotAVX2X1((*byte)(unsafe.Pointer(f)))
				x++
			}
		}
	}
}
