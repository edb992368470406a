package conformance

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// sameCheck is how much the values of a check may differ, relative to the larger,
// between two runs of the same inputs: parallel sums may be added in another order.
const sameCheck = 0.01

// seed prepares twice from one seed, in two processes, and once from another.
func seed(ctx context.Context, s *subject) outcome {
	const id = "seed"
	if _, err := s.process(ctx); err != nil {
		return s.judge(id, err)
	}
	first := s.prepared
	var others [2]*pluginv1.Prepared
	for i, n := range []uint64{1, 2} {
		p, prepared, err := s.startPrepared(ctx, n)
		if err != nil {
			return s.judge(id, err)
		}
		s.drop(p)
		others[i] = prepared
	}
	if text := differs(first, others[0]); text != "" {
		return broken("the same seed in two processes: %s", text)
	}
	telling, alike := inputsShow(first, others[1])
	switch {
	case len(telling) == 0:
		return kept("the same seed gives the same results; no result tells other inputs apart")
	case alike:
		return broken("another seed gives exactly the same %v: the inputs do not follow from it", telling)
	}
	return kept("the same seed gives the same results, another seed others (%v)", telling)
}

// differs says in which result two preparations of the same inputs differ.
func differs(a, b *pluginv1.Prepared) string {
	if !maps.Equal(a.GetOutputs(), b.GetOutputs()) {
		return fmt.Sprintf("outputs %v and %v", a.GetOutputs(), b.GetOutputs())
	}
	for name, n := range a.GetNumbers() {
		m := b.GetNumbers()[name]
		if d := distance(n.GetValues(), m.GetValues()); !(d <= n.GetTolerance()) {
			return fmt.Sprintf("numbers %s are %.3g apart, relative to their length, and the tolerance is %.3g", name, d, n.GetTolerance())
		}
	}
	if len(a.GetChecks()) != len(b.GetChecks()) {
		return fmt.Sprintf("%d and %d checks", len(a.GetChecks()), len(b.GetChecks()))
	}
	for i, c := range a.GetChecks() {
		d := b.GetChecks()[i]
		if c.GetName() != d.GetName() || c.GetPassed() != d.GetPassed() || math.Abs(c.GetValue()-d.GetValue()) > sameCheck*max(math.Abs(c.GetValue()), math.Abs(d.GetValue())) {
			return fmt.Sprintf("check %s is %v and %v", c.GetName(), c.GetValue(), d.GetValue())
		}
	}
	return ""
}

// distance of two vectors relative to the longer; infinite if they have not as
// many elements.
func distance(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var apart, x, y float64
	for i := range a {
		apart += (a[i] - b[i]) * (a[i] - b[i])
		x, y = x+a[i]*a[i], y+b[i]*b[i]
	}
	if apart == 0 {
		return 0
	}
	return math.Sqrt(apart / max(x, y))
}

// inputsShow names the results in which other inputs show, numbers and the values
// of checks that are no counts, and says whether all of them are alike.
func inputsShow(a, b *pluginv1.Prepared) (telling []string, alike bool) {
	alike = true
	for _, name := range slices.Sorted(maps.Keys(a.GetNumbers())) {
		telling = append(telling, "numbers "+name)
		alike = alike && slices.Equal(a.GetNumbers()[name].GetValues(), b.GetNumbers()[name].GetValues())
	}
	for i, c := range a.GetChecks() {
		if c.GetValue() != math.Trunc(c.GetValue()) && i < len(b.GetChecks()) {
			telling = append(telling, "check "+c.GetName())
			alike = alike && c.GetValue() == b.GetChecks()[i].GetValue()
		}
	}
	return telling, alike
}
