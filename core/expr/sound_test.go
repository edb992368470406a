package expr

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Whatever the true values within the intervals are, a condition that is decided
// says the same of them.
func TestDecidedConditionsHoldForEveryValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c"}
	decided := 0
	for range 4000 {
		text := randomTruth(rng, 3)
		c := parse(t, text)
		wide, known := map[Ref]cty.Value{}, map[Ref]cty.Value{}
		for _, n := range names {
			lo := 3*rng.Float64() - 1
			hi := lo + rng.ExpFloat64()*0.3
			r := Ref{Root: Metric, Name: n}
			wide[r], known[r] = between(lo, hi), cty.NumberFloatVal(lo+(hi-lo)*rng.Float64())
		}
		base := &hcl.EvalContext{Functions: Functions()}
		got, _, diags := c.Eval(Scope(base, wide))
		want, _, exact := c.Eval(Scope(base, known))
		if diags.HasErrors() || exact.HasErrors() || got == Undecided {
			continue // a logarithm of what is below 0, or division by it
		}
		if decided++; got != want {
			t.Errorf("%s: %v by intervals %#v, %v of %#v within them", text, got, wide, want, known)
		}
	}
	if decided < 1000 {
		t.Errorf("%d conditions were decided, which tests little", decided)
	}
}

func randomTruth(rng *rand.Rand, depth int) string {
	if depth > 0 && rng.IntN(3) == 0 {
		switch rng.IntN(4) {
		case 0:
			return "!(" + randomTruth(rng, depth-1) + ")"
		case 1:
			return fmt.Sprintf("(%s ? %s : %s)", randomTruth(rng, depth-1), randomTruth(rng, depth-1), randomTruth(rng, depth-1))
		}
		return fmt.Sprintf("(%s %s %s)", randomTruth(rng, depth-1), []string{"&&", "||"}[rng.IntN(2)], randomTruth(rng, depth-1))
	}
	op := []string{"<", "<=", ">", ">="}[rng.IntN(4)]
	return fmt.Sprintf("(%s %s %s)", randomNumber(rng, depth), op, randomNumber(rng, depth))
}

func randomNumber(rng *rand.Rand, depth int) string {
	if depth <= 0 || rng.IntN(3) == 0 {
		if rng.IntN(3) == 0 {
			return fmt.Sprintf("%.2f", 3*rng.Float64())
		}
		return "metric." + string(rune('a'+rng.IntN(3)))
	}
	a, b := randomNumber(rng, depth-1), randomNumber(rng, depth-1)
	switch rng.IntN(9) {
	case 0:
		return fmt.Sprintf("min(%s, %s)", a, b)
	case 1:
		return fmt.Sprintf("max(%s, %s)", a, b)
	case 2:
		return "abs(" + a + ")"
	case 3:
		return "log(" + a + ", 2)"
	case 4:
		return "-(" + a + ")"
	}
	return fmt.Sprintf("(%s %s %s)", a, []string{"+", "-", "*", "/"}[rng.IntN(4)], b)
}
