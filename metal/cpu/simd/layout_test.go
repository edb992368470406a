//go:build amd64 && !purego

package simd

import (
	"testing"
	"unsafe"
)

// TestLayout holds the structs to the offsets that the assembly was generated
// with (gen/qdot512.go, gen/qdot2.go).
func TestLayout(t *testing.T) {
	var j Job
	var c consts512
	var f frame2
	for _, x := range []struct {
		name      string
		got, want uintptr
	}{
		{"Job.Codes", unsafe.Offsetof(j.Tile), 0},
		{"Job.X", unsafe.Offsetof(j.X), 32},
		{"Job.out", unsafe.Offsetof(j.out), 88},
		{"Job.rows", unsafe.Offsetof(j.rows), 96},
		{"Job.ld", unsafe.Offsetof(j.ld), 104},
		{"Job.ahead", unsafe.Offsetof(j.ahead), 112},
		{"Job.end", unsafe.Offsetof(j.end), 120},
		{"Job.jump", unsafe.Offsetof(j.jump), 128},
		{"Job.more", unsafe.Offsetof(j.more), 136},
		{"Job.far", unsafe.Offsetof(j.far), 144},
		{"Job.farEnd", unsafe.Offsetof(j.farEnd), 152},
		{"Job", unsafe.Sizeof(j), 160},
		{"consts512.blocks", unsafe.Offsetof(c.blocks), 0},
		{"consts512.scaleStep", unsafe.Offsetof(c.scaleStep), 8},
		{"consts512.groups", unsafe.Offsetof(c.groups), 16},
		{"consts512.sums", unsafe.Offsetof(c.sums), 24},
		{"consts512.rowBytes", unsafe.Offsetof(c.rowBytes), 32},
		{"consts512.scaleRow", unsafe.Offsetof(c.scaleRow), 40},
		{"consts512.table", unsafe.Offsetof(c.table), 48},
		{"consts512.scaleIdx", unsafe.Offsetof(c.scaleIdx), 176},
		{"consts512.gather", unsafe.Offsetof(c.gather), 304},
		{"consts512.shift", unsafe.Offsetof(c.shift), 432},
		{"consts512.mask", unsafe.Offsetof(c.mask), 688},
		{"consts512.base", unsafe.Offsetof(c.base), 752},
		{"frame2.x", unsafe.Offsetof(f.x), 32},
		{"frame2.consts", unsafe.Offsetof(f.consts), 64},
		{"frame2.rows", unsafe.Offsetof(f.rows), 72},
		{"frame2.sums", unsafe.Offsetof(f.sums), 112},
	} {
		if x.got != x.want {
			t.Errorf("%s is at %d, the assembly takes it to be at %d", x.name, x.got, x.want)
		}
	}
}
