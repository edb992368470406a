package simd

import "unsafe"

// plain is the twin in Go: prepared rows are K floats, then one sum per group.
type plain struct{}

func (plain) xBytes(q *QDot) int { return 4 * (q.K + q.K/q.Group) }

func (plain) table(q *QDot, part Part) *[64]uint32 {
	t := new([64]uint32) // [0] is the mask that keeps the part's bits, [1] whether biases count
	all := uint32(1)<<q.Bits - 1
	low := uint32(1)<<(q.Bits-2) - 1
	switch part {
	case Whole:
		t[0], t[1] = all, 1
	case High:
		t[0], t[1] = all&^low, 1
	case Low:
		t[0], t[1] = low, 0
	}
	return t
}

func (plain) prepare(q *QDot, dst, x unsafe.Pointer) {
	f := unsafe.Slice((*float32)(dst), q.K+q.K/q.Group)
	Load(f[:q.K], x, q.T)
	for g := range q.K / q.Group {
		var sum float32
		for _, v := range f[g*q.Group : (g+1)*q.Group] {
			sum += v
		}
		f[q.K+g] = sum
	}
}

func (plain) rows(q *QDot, a *RowArgs) {
	groups := q.K / q.Group
	codes := a.Scratch[:q.K]
	out := unsafe.Slice(a.Out, (a.NX-1)*a.Ld+a.Rows)
	for r := range a.Rows {
		Codes(codes, unsafe.Add(a.Codes, r*q.RowBytes()), q.Bits)
		if mask := q.table[0]; mask != uint32(1)<<q.Bits-1 {
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
				if q.table[1] != 0 {
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
