package cuda

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// overlap lets a kernel's launch overlap the end of the one before it; the
// entry points wait for that one's writes before they do anything.
// CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION.
func overlap() *launchAttribute { return &launchAttribute{id: 6, value: 1} }

// overlapPrologue makes a launch that began early wait for the kernel before it
// and its writes, and then lets the next one begin early. PTX ISA,
// griddepcontrol; without an early launch it does nothing.
//
// While it waits it asks for the first cache line of each buffer, where small
// ones such as expert indices lie whole: a prefetch into the L2 cache cannot go
// stale, since that is where all multiprocessors' writes meet.
func overlapPrologue(k *msl.Kernel, names []string) string {
	var b strings.Builder
	b.WriteString("if (threadIdx.x == 0) { ")
	for i, p := range k.CUDAParams(false) {
		if p.Kind == msl.ParamBuffer {
			fmt.Fprintf(&b, "if (%s) asm volatile(\"prefetch.global.L2 [%%0];\" :: \"l\"(%s)); ", names[i], names[i])
		}
	}
	b.WriteString("} ")
	b.WriteString(`asm volatile("griddepcontrol.wait;" ::: "memory"); asm volatile("griddepcontrol.launch_dependents;" ::: "memory");`)
	return b.String()
}

// overlapping reports whether an architecture has programmatic launches.
func overlapping(arch string) bool {
	_, digits, _ := strings.Cut(arch, "_")
	n, err := strconv.Atoi(digits)
	return err == nil && n >= 90
}
