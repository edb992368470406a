package simd

import "unsafe"

// plain is the twin in Go: prepared rows are K floats, then one sum per group.
type plain struct{}

func (plain) init(q *QDot) { q.XBytes = (4*(q.K+q.K/q.Group) + 63) &^ 63 }

func (plain) prepare(q *QDot, dst, x unsafe.Pointer, _ []float32) {
	f := unsafe.Slice((*float32)(dst), q.K+q.K/q.Group)
	Load(f[:q.K], x, q.T)
	groupSums(f[q.K:], f[:q.K], q.Group)
}

// groupSumsGo writes the sum of each group of x.
func groupSumsGo(sums, x []float32, group int) {
	for g := range sums {
		var s0, s1, s2, s3 float32
		for v := x[g*group : (g+1)*group]; len(v) >= 4; v = v[4:] {
			s0 += v[0]
			s1 += v[1]
			s2 += v[2]
			s3 += v[3]
		}
		sums[g] = s0 + s1 + (s2 + s3)
	}
}

// mask is the bits of a code that the part sees.
func (q *QDot) mask() uint32 {
	low := uint32(1)<<(q.Bits-2) - 1
	switch q.part {
	case High:
		return 3 << (q.Bits - 2)
	case Low:
		return low
	}
	return 1<<q.Bits - 1
}

func (plain) run(q *QDot, jobs []Job, _ Tile, w *Worker) {
	for i := range jobs {
		q.plainRows(&jobs[i], w.floats[:q.K])
	}
}

func (q *QDot) plainRows(a *Job, codes []float32) {
	groups := q.K / q.Group
	out := unsafe.Slice(a.Out, (a.NX-1)*a.Ld+a.Rows)
	for r := range a.Rows {
		Codes(codes, unsafe.Add(a.Codes, r*q.RowBytes()), q.Bits)
		if mask := q.mask(); q.part != Whole {
			for i, c := range codes {
				codes[i] = float32(uint32(c) & mask)
			}
		}
		scales := unsafe.Add(a.Scales, r*q.ScaleBytes())
		biases := unsafe.Add(a.Biases, r*q.ScaleBytes())
		for i := range a.NX {
			x := unsafe.Slice((*float32)(a.X[i]), q.K+groups)
			var acc float32
			for g := range groups {
				c := codes[g*q.Group : (g+1)*q.Group]
				acc += Load1(scales, g, q.T) * dot(c, x[g*q.Group:(g+1)*q.Group])
				if q.part != Low {
					acc += Load1(biases, g, q.T) * x[q.K+g]
				}
			}
			out[i*a.Ld+r] = acc
		}
	}
}

// dot of two slices whose length is a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	for i := 0; i+3 < len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	return s0 + s1 + (s2 + s3)
}
