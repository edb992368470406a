package apple

import (
	"slices"
	"strings"
	"testing"
)

func TestGroupMemory(t *testing.T) {
	const limit = 32 << 10
	for _, c := range []struct {
		asked []int
		fixed int
		want  []uintptr
		fault string
	}{
		{nil, 0, nil, ""},
		{nil, limit, nil, ""},
		{[]int{1, 16, 0, 17}, 0, []uintptr{16, 16, 0, 32}, ""},
		{[]int{limit}, 0, []uintptr{limit}, ""},
		{[]int{limit - 16}, 16, []uintptr{limit - 16}, ""},
		{[]int{limit - 16}, 17, nil, "32769 bytes of threadgroup memory, 17 of them its own"},
		{[]int{16, limit}, 0, nil, "32784 bytes"},
		{[]int{16, -1}, 0, nil, "threadgroup argument 1 of -1 bytes"},
		{[]int{1 << 62}, 0, nil, "threadgroup argument 0"},
		{make([]int, 32), 0, nil, "32 threadgroup arguments"},
	} {
		got, err := groupMemory(c.asked, c.fixed, limit)
		if c.fault == "" && (err != nil || !slices.Equal(got, c.want)) {
			t.Errorf("%v beside %d: %v, %v, want %v", c.asked, c.fixed, got, err, c.want)
		}
		if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%v beside %d: %v, error %v, want %q", c.asked, c.fixed, got, err, c.fault)
		}
	}
}
