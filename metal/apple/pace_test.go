package apple

import (
	"testing"
	"time"
)

// A program of one cost settles on command buffers that stay short, whatever
// the cost, and on full ones where dispatches are cheap.
func TestPaceSettles(t *testing.T) {
	for each, want := range map[time.Duration]pace{
		5 * time.Microsecond:   mostDispatches,
		300 * time.Microsecond: mostDispatches,
		2 * time.Millisecond:   50,
		40 * time.Millisecond:  2,
		3 * time.Second:        1,
	} {
		p := pace(firstDispatches)
		for range 10 {
			p = p.after(int(p), time.Duration(p)*each)
		}
		if p != want {
			t.Errorf("dispatches of %v: %d in a command buffer, want %d", each, p, want)
		}
	}
}

func TestPaceChanges(t *testing.T) {
	for _, c := range []struct {
		name string
		p    pace
		n    int
		took time.Duration
		want pace
	}{
		{"slow dispatches count at once", 256, 256, 5 * time.Second, 5},
		{"quick ones by doubling", 5, 5, time.Microsecond, 10},
		{"a short run says as much as a long one", 64, 1, 50 * time.Microsecond, 128},
		{"one that is too slow still runs", 32, 32, time.Hour, 1},
		{"no time, no change", 32, 32, 0, 32},
		{"nothing run, no change", 32, 0, time.Microsecond, 32},
	} {
		if got := c.p.after(c.n, c.took); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
