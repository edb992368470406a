//go:build amd64 && !purego

package simd

import "unsafe"

// avx512 is the tier with VDPBF16PS. Activations are prepared as one to three
// bfloat16 terms in the order of the unpacked codes, then one float32 sum per
// group; gen/qdot512.go says how the codes meet them.
type avx512 struct{}

func (avx512) prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32) {
	c := q.consts.(*consts512)
	f := scratch[:q.K]
	Load(f, x, q.T)
	c.prepare((*byte)(dst), (*byte)(unsafe.Pointer(&f[0])), q.K/block, (*byte)(unsafe.Pointer(&c.pick)))
	groups := q.K / q.Group
	sums := unsafe.Slice((*float32)(unsafe.Add(dst, c.sums)), (groups+15)&^15)
	clear(sums[groups:])
	groupSums(sums[:groups], f, q.Group)
}

// Codes are prefetched nearBytes ahead into the first level of cache, which
// has few misses in flight at a time, and farBytes beyond those into the
// second, to fill the memory's bandwidth.
const (
	nearBytes = 5 << 10
	farBytes  = 10 << 10
)

func (t avx512) run(q *QDot, jobs []Job, next Tile, w *Worker) {
	c := q.consts.(*consts512)
	if !oneEach(jobs) {
		for i := range jobs {
			after := next
			if i+1 < len(jobs) {
				after = jobs[i+1].Tile
			}
			t.wide(c, &jobs[i], after, w)
		}
		return
	}
	for i := range jobs {
		after := next
		if i+1 < len(jobs) {
			after = jobs[i+1].Tile
		}
		jobs[i].begin(c, jobs[i].Rows, after)
		jobs[i].more = 1
	}
	jobs[len(jobs)-1].more = 0
	c.kernels[1]((*byte)(unsafe.Pointer(&jobs[0])), (*byte)(unsafe.Pointer(c)))
}

// oneEach: every job has one activation and rows by fours, so that assembly
// can go from job to job.
func oneEach(jobs []Job) bool {
	for i := range jobs {
		if jobs[i].NX != 1 || jobs[i].Rows%4 != 0 {
			return false
		}
	}
	return true
}

// wide runs one job of any shape, as many activations at a time as pays.
func (avx512) wide(c *consts512, j *Job, next Tile, w *Worker) {
	part := &w.job[0]
	for x := 0; x < j.NX; {
		s := &shapes[1]
		switch left := j.NX - x; {
		case left >= 4 && c.four:
			s = &shapes[3]
		case left >= 2:
			s = &shapes[2]
		}
		after := next
		if x+s.nx < j.NX {
			after = j.Tile
		}
		rows := j.Rows / s.nr * s.nr
		if rows > 0 {
			part.slice(c, j, 0, rows, x, s.nx)
			part.begin(c, rows, after)
			c.kernels[s.kernel]((*byte)(unsafe.Pointer(part)), (*byte)(unsafe.Pointer(c)))
		}
		for ; rows < j.Rows; rows++ {
			for i := range s.nx {
				part.slice(c, j, rows, 1, x+i, 1)
				part.begin(c, 1, after)
				c.kernels[0]((*byte)(unsafe.Pointer(part)), (*byte)(unsafe.Pointer(c)))
			}
		}
		x += s.nx
	}
}

// shapes are the kernels' rows of weights and of activations.
var shapes = [4]struct{ kernel, nr, nx int }{{0, 1, 1}, {1, 4, 1}, {2, 4, 2}, {3, 2, 4}}

// slice makes j n rows of whole from row r on, with nx activations from x on.
func (j *Job) slice(c *consts512, whole *Job, r, n, x, nx int) {
	j.Codes = unsafe.Add(whole.Codes, r*c.rowBytes)
	j.Scales = unsafe.Add(whole.Scales, r*c.scaleRow)
	j.Biases = unsafe.Add(whole.Biases, r*c.scaleRow)
	j.Out = (*float32)(unsafe.Add(unsafe.Pointer(whole.Out), 4*(x*whole.Ld+r)))
	j.Ld = whole.Ld
	for i := range nx {
		j.X[i] = whole.X[x+i]
	}
}

// begin sets the cursor of n rows: prefetch the rest of these codes, then next.
func (j *Job) begin(c *consts512, n int, next Tile) {
	if next.Codes == nil {
		next = j.Tile
	}
	codes, size := uintptr(j.Codes), uintptr(n*c.rowBytes)
	j.out, j.rows, j.ld = uintptr(unsafe.Pointer(j.Out)), n, 4*j.Ld
	j.ahead = codes + min(nearBytes, size)
	j.far, j.farEnd = farBytes, codes+size-farBytes
	j.end = codes + size
	j.jump = int(uintptr(next.Codes) - j.end)
	j.more = 0
}

// qdots are the kernels by bits, type and shape.
var qdots = [9][3][4]func(jobs, consts *byte){
	2: {{qdotB2f32R1X1, qdotB2f32R4X1, qdotB2f32R4X2, qdotB2f32R2X4}, {qdotB2f16R1X1, qdotB2f16R4X1, qdotB2f16R4X2, qdotB2f16R2X4}, {qdotB2bf16R1X1, qdotB2bf16R4X1, qdotB2bf16R4X2, qdotB2bf16R2X4}},
	3: {{qdotB3f32R1X1, qdotB3f32R4X1, qdotB3f32R4X2, qdotB3f32R2X4}, {qdotB3f16R1X1, qdotB3f16R4X1, qdotB3f16R4X2, qdotB3f16R2X4}, {qdotB3bf16R1X1, qdotB3bf16R4X1, qdotB3bf16R4X2, qdotB3bf16R2X4}},
	4: {{qdotB4f32R1X1, qdotB4f32R4X1, qdotB4f32R4X2, qdotB4f32R2X4}, {qdotB4f16R1X1, qdotB4f16R4X1, qdotB4f16R4X2, qdotB4f16R2X4}, {qdotB4bf16R1X1, qdotB4bf16R4X1, qdotB4bf16R4X2, qdotB4bf16R2X4}},
	5: {{qdotB5f32R1X1, qdotB5f32R4X1, qdotB5f32R4X2, qdotB5f32R2X4}, {qdotB5f16R1X1, qdotB5f16R4X1, qdotB5f16R4X2, qdotB5f16R2X4}, {qdotB5bf16R1X1, qdotB5bf16R4X1, qdotB5bf16R4X2, qdotB5bf16R2X4}},
	6: {{qdotB6f32R1X1, qdotB6f32R4X1, qdotB6f32R4X2, qdotB6f32R2X4}, {qdotB6f16R1X1, qdotB6f16R4X1, qdotB6f16R4X2, qdotB6f16R2X4}, {qdotB6bf16R1X1, qdotB6bf16R4X1, qdotB6bf16R4X2, qdotB6bf16R2X4}},
	8: {{qdotB8f32R1X1, qdotB8f32R4X1, qdotB8f32R4X2, qdotB8f32R2X4}, {qdotB8f16R1X1, qdotB8f16R4X1, qdotB8f16R4X2, qdotB8f16R2X4}, {qdotB8bf16R1X1, qdotB8bf16R4X1, qdotB8bf16R4X2, qdotB8bf16R2X4}},
}

// prepares are by bits and type.
var prepares = [9][3]func(dst, x *byte, blocks int, pick *byte){
	2: interleaved, 3: interleaved, 5: interleaved, 6: interleaved,
	4: {prepareFloats, prepareInterleaved2, prepareNibbles1},
	8: {prepareHalves3, prepareHalves2, prepareHalves1},
}

var interleaved = [3]func(dst, x *byte, blocks int, pick *byte){prepareInterleaved3, prepareInterleaved2, prepareInterleaved1}
