package cuda

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunIsCutIntoGraphs(t *testing.T) {
	for _, c := range []struct {
		rotation, total int
		want            cut
	}{
		{1, 1, cut{256, 256}}, {48, 48, cut{4, 256}}, {64, 64, cut{4, 256}}, {3, 300, cut{1, 2}}, {1, 480, cut{1, 1}},
		{100, 50000, cut{0, 1}}, {1000, 5000, cut{0, 32}},
	} {
		if got := cutOf(c.rotation, c.total); got != c.want {
			t.Errorf("%d iterations of %d kernels: graphs of %+v, want %+v", c.rotation, c.total, got, c.want)
		}
	}
	p := &program{iterations: make([][]launch, 3), cut: cut{2, 2}}
	if diff := cmp.Diff([]span{{2, 1}, {0, 6}, {0, 6}, {0, 3}, {0, 2}}, p.spans(2, 18), cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	covered := 0
	for _, s := range p.spans(1, 1000) {
		if s.from != (1+covered)%3 {
			t.Fatalf("span at iteration %d begins at %d of the rotation", covered, s.from)
		}
		covered += s.n
	}
	if covered != 1000 {
		t.Errorf("spans cover %d iterations of 1000", covered)
	}
}

// Runs of all lengths from all places need few graphs.
func TestRunsShareGraphs(t *testing.T) {
	for _, c := range []struct{ rotation, total, most int }{{1, 1, 9}, {12, 36, 30}, {48, 48, 100}, {1000, 5000, 2000}} {
		p := &program{iterations: make([][]launch, c.rotation), cut: cutOf(c.rotation, c.total)}
		seen := map[span]bool{}
		for from := range c.rotation {
			for _, n := range []int{1, 7, 100, 450, 451, 5000} {
				next := from
				for _, s := range p.spans(from, n) {
					if s.from != next%c.rotation {
						t.Fatalf("a run of %d from %d: a span begins at %d, want %d", n, from, s.from, next%c.rotation)
					}
					next += s.n
					seen[s] = true
				}
				if next != from+n {
					t.Errorf("a run of %d from %d has %d iterations", n, from, next-from)
				}
			}
		}
		if len(seen) > c.most {
			t.Errorf("%d iterations of %d kernels: %d graphs, want at most %d", c.rotation, c.total, len(seen), c.most)
		}
	}
}
