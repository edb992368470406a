//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run ./gen -part qdot -bits 2 -out qdot_b2_amd64.s -stubs qdot_b2_amd64.go -pkg simd
//go:generate go run ./gen -part qdot -bits 3 -out qdot_b3_amd64.s -stubs qdot_b3_amd64.go -pkg simd
//go:generate go run ./gen -part qdot -bits 4 -out qdot_b4_amd64.s -stubs qdot_b4_amd64.go -pkg simd
//go:generate go run ./gen -part qdot -bits 5 -out qdot_b5_amd64.s -stubs qdot_b5_amd64.go -pkg simd
//go:generate go run ./gen -part qdot -bits 6 -out qdot_b6_amd64.s -stubs qdot_b6_amd64.go -pkg simd
//go:generate go run ./gen -part qdot -bits 8 -out qdot_b8_amd64.s -stubs qdot_b8_amd64.go -pkg simd
//go:generate go run ./gen -part qdot2 -out qdot_avx2_amd64.s -stubs qdot_avx2_amd64.go -pkg simd
//go:generate go run ./gen -part tabled -out tabled_amd64.s -stubs tabled_amd64.go -pkg simd
//go:generate go run ./gen -part prepare -out prepare_amd64.s -stubs prepare_amd64.go -pkg simd
//go:generate go run ./gen -part vectors -out vectors_amd64.s -stubs vectors_amd64.go -pkg simd
//go:generate go run ./gen -part stream -out stream_amd64.s -stubs stream_amd64.go -pkg simd

// Best is the highest tier of this machine and build.
func Best() Tier {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512BF16:
		return AVX512
	case x.HasAVX2 && x.HasFMA && x.HasF16C:
		return AVX2
	}
	return Go
}

func (t Tier) impl(q *QDot) impl {
	switch {
	case t >= AVX512 && q.K%block == 0:
		return avx512{}
	case t >= AVX2:
		return avx2{}
	}
	return plain{}
}

// Pause tells the core that the caller spins.
func Pause() { pause() }

func streamRead(p unsafe.Pointer, n int) {
	if Best() >= AVX512 {
		streamRead512((*byte)(p), n)
		return
	}
	streamRead2((*byte)(p), n)
}
