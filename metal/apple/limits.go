package apple

import "fmt"

// What one dispatch may have at most. Metal does not check these by itself: past
// them the process ends, or the kernel does something else than asked.
const (
	maxBytes   = 4096 // of an argument that setBytes copies
	maxBuffers = 31   // buffer indices, of kernels and of threadgroup memory
)

// groupMemory is the length of each threadgroup argument as Metal wants it, a
// multiple of 16, if all of them fit limit bytes beside the fixed ones that a
// kernel declares itself.
func groupMemory(asked []int, fixed, limit int) ([]uintptr, error) {
	if len(asked) > maxBuffers {
		return nil, fmt.Errorf("%d threadgroup arguments, at most %d", len(asked), maxBuffers)
	}
	var lengths []uintptr
	all := fixed
	for i, n := range asked {
		if n < 0 || n > limit {
			return nil, fmt.Errorf("threadgroup argument %d of %d bytes, there are %d", i, n, limit)
		}
		n = (n + 15) &^ 15
		all += n
		lengths = append(lengths, uintptr(n))
	}
	if all > limit {
		return nil, fmt.Errorf("%d bytes of threadgroup memory, %d of them its own: there are %d", all, fixed, limit)
	}
	return lengths, nil
}
