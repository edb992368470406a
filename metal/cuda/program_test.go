package cuda

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunIsCutIntoGraphs(t *testing.T) {
	for _, c := range []struct{ rotation, total, want int }{
		{1, 1, 256}, {48, 48, 288}, {64, 64, 256}, {3, 300, 3}, {1, 480, 1}, {100, 50000, 1},
	} {
		if got := chunkOf(c.rotation, c.total); got != c.want {
			t.Errorf("%d iterations of %d kernels: graphs of %d, want %d", c.rotation, c.total, got, c.want)
		}
	}
	p := &program{iterations: make([][]launch, 3), chunk: 6}
	if diff := cmp.Diff([]span{{2, 6}, {2, 6}, {2, 2}}, p.spans(2, 14), cmp.AllowUnexported(span{})); diff != "" {
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
