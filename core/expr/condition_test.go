package expr

import (
	"math"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func iv(lo, hi float64) Interval { return Interval{Estimate: (lo + hi) / 2, Lower: lo, Upper: hi} }

var numbers = map[Ref]Interval{
	{Root: Ratio, Name: "same"}: iv(0.97, 1.02), {Root: Ratio, Name: "fast"}: iv(1.05, 1.08), {Root: Ratio, Name: "slow"}: iv(0.9, 0.95),
	{Root: Ratio, Name: "few"}:      {Estimate: 1.1, Lower: 0, Upper: math.Inf(1)},
	{Root: Ratio, Name: "baseline"}: Exactly(1),
	{Root: Rate, Name: "decode"}:    iv(100, 101),
	{Root: Metric, Name: "err"}:     Exactly(0.02), {Root: Metric, Name: "drift"}: iv(-0.1, 0.1),
	{Root: Baseline, Name: "err"}: Exactly(0.01),
}

var cases = map[Ref]Interval{
	{At: "1", Root: Rate, Name: "decode"}: iv(100, 101), {At: "4", Root: Rate, Name: "decode"}: iv(330, 340),
	{At: "prose", Root: Ratio, Name: "decode"}: iv(1.01, 1.02),
}

func scope(numbers map[Ref]Interval) *hcl.EvalContext {
	values := map[Ref]cty.Value{}
	for r, i := range numbers {
		values[r] = i.Value()
	}
	s := Scope(&hcl.EvalContext{Functions: Functions()}, values)
	s.Variables["local"] = cty.ObjectVal(map[string]cty.Value{"phase": cty.StringVal("fast"), "n": cty.NumberIntVal(4)})
	return s
}

func parse(t *testing.T, text string) *Condition {
	t.Helper()
	c, diags := Parse(text, "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return c
}

func TestConditionsHaveThreeValues(t *testing.T) {
	for text, want := range map[string]Truth{
		"ratio.fast > 1": True, "ratio.slow > 1": False, "ratio.same > 1": Undecided, "ratio.few > 1": Undecided,
		"ratio.baseline > 1": False, "ratio.baseline >= 1": True,
		"1 < ratio.fast": True, "ratio.same > 1.02": False, "ratio.same >= 1.02": Undecided, "ratio.same >= 0.97": True, "ratio.same < 0.97": False, "ratio.same <= 1.02": True,
		"ratio.same > 1 && ratio.slow > 1": False, "ratio.slow > 1 && ratio.same > 1": False, "ratio.same > 1 && ratio.fast > 1": Undecided,
		"ratio.same > 1 || ratio.fast > 1": True, "ratio.same > 1 || ratio.slow > 1": Undecided,
		"!(ratio.same > 1)": Undecided, "!(ratio.slow > 1)": True,
		"ratio.fast > 1 ? ratio.slow < 1 : false": True, "ratio.same > 1 ? true : false": Undecided,
		"(ratio.same > 1 ? 2 : 3) > 1": True, "(ratio.same > 1 ? ratio.fast : ratio.slow) > 0.8": True,
		"ratio.fast * 2 > 2": True, "2 * ratio.same > 2": Undecided, "1 / ratio.fast < 1": True, "ratio.fast - ratio.slow > 0.1 - 0.01": True,
		"(ratio.same + ratio.fast) / 2 > 1": True, "-ratio.fast < -1": True, "-ratio.same < -1": Undecided,
		"1 / metric.drift > 0": Undecided, "metric.drift * metric.drift < 0.1": True, "1 / ratio.few > 0": Undecided, "1 / ratio.few >= 0": True,
		"abs(ratio.same - 1) < 0.031": True, "abs(ratio.same - 1) < 0.01": Undecided, "abs(metric.drift) >= 0": True,
		"min(ratio.same, ratio.fast) > 0.96": True, "max(ratio.same, ratio.fast) > 1": True, "max(ratio.slow, ratio.same) > 1": Undecided,
		"log(ratio.fast, 10) > 0": True, "log(ratio.same, 10) > 0": Undecided, "log(metric.drift, 2) < 0": True,
		"metric.err < 0.03": True, "metric.err / baseline.metric.err >= 2": True, "metric.err == 0.02": True, "metric.err != 0.02": False,
		"ratio.fast == 1": False, "ratio.fast != 1": True, "ratio.same == 1": Undecided,
		"ratio[local.phase] > 1": True, `ratio["fast"] > 1`: True, "floor(ratio.fast) == 1": Undecided, "try(ratio.fast, 0) > 1": Undecided,
		`"a" == "a"`: True, "null == 1": False, "true": True, "3 > 2": True, "rate.decode > 100 - 1": True,
		"metric.err > 1 / 3": False,
	} {
		got, open, diags := parse(t, text).Eval(scope(numbers))
		if diags.HasErrors() || got != want || want == Undecided && open.Text == "" {
			t.Errorf("%s: %v, want %v; open %+v, %v", text, got, want, open, diags)
		}
	}
	for text, want := range map[string]Truth{
		"at[4].rate.decode >= 3.25 * at[1].rate.decode": True, "at[4].rate.decode >= 3.5 * at[1].rate.decode": False,
		"at[4].rate.decode / at[1].rate.decode >= 3.3": Undecided, `at["prose"].ratio.decode > 1`: True, "at.prose.ratio.decode > 1": True,
		"at[local.n].rate.decode > 300": True,
	} {
		if got, _, diags := parse(t, text).Eval(scope(cases)); diags.HasErrors() || got != want {
			t.Errorf("%s: %v, want %v; %v", text, got, want, diags)
		}
	}
}

func TestWhatIsOpenIsNamed(t *testing.T) {
	_, open, _ := parse(t, "ratio.fast > 1 &&\n  (ratio.same\n > 1)").Eval(scope(numbers))
	if open.Text != "ratio.same > 1" || open.Left.Lower != 0.97 || open.Left.Upper != 1.02 || open.Right.Lower != 1 {
		t.Errorf("%+v", open)
	}
}

func TestConditionsThatHaveNoValue(t *testing.T) {
	for _, text := range []string{"1", `"maybe"`, "ratio.nothing > 1", "null", "ratio.fast / 0 > 1", "ratio.fast && true", "[ratio.fast]"} {
		if got, _, diags := parse(t, text).Eval(scope(numbers)); !diags.HasErrors() {
			t.Errorf("%s: %v and no fault", text, got)
		}
	}
}

// A condition makes as many claims as bounds could be wrong.
func TestEnds(t *testing.T) {
	for text, want := range map[string]int{
		"true": 0, "ratio.a > 1": 1, "ratio.a < 1": 1, "!(ratio.a > 1)": 1, "ratio.a > 1 && ratio.a > 2": 1, "ratio.a > 1 && ratio.b > 1": 2,
		"ratio.a > 0.98 && ratio.a < 1.02": 2, "abs(ratio.a - 1) < 0.02": 2, "ratio.a == 1": 2, "ratio.a > ratio.b": 2,
		"at[4].rate.a >= 3.25 * at[1].rate.a": 2, "at[4].rate.a / at[1].rate.a > 3": 2, "ratio.a * metric.m > 1": 3, "-ratio.a < 1": 1,
		"min(ratio.a, ratio.b) > 1": 2, "(ratio.a > 1 ? 1 : 2) > 1": 2, "ratio[local.n] > 1": 2, "1 / ratio.a < 1": 1, "1 / metric.m < 1": 2,
		"ratio.a % 2 > 1": 2, "metric.m - ratio.a > 0": 2, "local.n > 1": 0, "(ratio.a + ratio.b) / 2 > 1": 2,
	} {
		n := 0
		for _, s := range parse(t, text).Ends() {
			n += s.Count()
		}
		if n != want {
			t.Errorf("%s: %d ends, want %d", text, n, want)
		}
	}
}

// An end that does not count could not make the condition true: opening it
// changes no true answer, whatever the rest is.
func TestEndsAreAllThatMatter(t *testing.T) {
	inf := math.Inf(1)
	for _, text := range []string{
		"ratio.fast > 1", "!(ratio.slow > 1)", "1 / ratio.fast < 1", "2 * ratio.fast - ratio.slow > 1", "min(ratio.fast, ratio.same) > 0.9", "rate.decode * 2 >= 200",
		"ratio.fast / ratio.slow > 1", "ratio.slow < 1 || ratio.same > 2", "metric.drift + ratio.fast > 0.5", "-(ratio.slow) > -1",
	} {
		c := parse(t, text)
		numbersOpened := map[Ref]Interval{}
		for r, i := range numbers {
			if s, ok := c.Ends()[r]; ok && !s.Lower {
				i.Lower = map[bool]float64{true: -inf, false: 0}[r.Root == Metric]
			}
			if s, ok := c.Ends()[r]; ok && !s.Upper {
				i.Upper = inf
			}
			numbersOpened[r] = i
		}
		before, _, _ := c.Eval(scope(numbers))
		after, _, diags := c.Eval(scope(numbersOpened))
		if before != True || after != True || diags.HasErrors() {
			t.Errorf("%s: %v, and %v with the other ends open", text, before, after)
		}
	}
}

func TestFaults(t *testing.T) {
	measured := func(r Ref) bool { return r.Root != Metric || r.Name == "drift" }
	for text, want := range map[string][]Fault{
		"ratio.a > 1":              nil,
		"ratio.a.estimate":         {{Kind: BoundTaken, Part: "estimate", Text: "ratio.a.estimate"}},
		"ratio.a.lower > 0.98":     {{Kind: BoundTaken, Part: "lower", Text: "ratio.a.lower > 0.98"}},
		"at[4].rate.a.upper > 0.9": {{Kind: BoundTaken, Part: "upper", Text: "at[4].rate.a.upper > 0.9"}},
		"floor(1 + ratio.a) > 1":   {{Kind: BoundsLost, Part: "floor()", Text: "floor(1 + ratio.a)"}},
		"max(1, min(ratio.a)) > 1": nil, "floor(metric.err) > 1": nil,
		"floor(metric.drift) > 1":    {{Kind: BoundsLost, Part: "floor()", Text: "floor(metric.drift)"}},
		"tostring(ratio.a > 1) != 3": nil,
		"ratio.a % 2 == 1":           {{Kind: NeverEqual, Text: "ratio.a % 2 == 1"}, {Kind: BoundsLost, Part: "%", Text: "ratio.a % 2"}},
		"ratio.a == 1":               {{Kind: NeverEqual, Text: "ratio.a == 1"}},
		`"x${ratio.a}y" != "a"`:      {{Kind: NeverEqual, Text: `"x${ratio.a}y" != "a"`}, {Kind: BoundsLost, Part: "a string", Text: `"x${ratio.a}y"`}},
		"(ratio.a > 1 ? 1 : 2) == 1": nil, "variant.name == 1": nil,
	} {
		got := parse(t, text).Faults(measured)
		if len(got) != len(want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
			continue
		}
		for i, f := range got {
			if w := want[i]; f.Kind != w.Kind || f.Part != w.Part || f.Text != w.Text {
				t.Errorf("%s: %+v, want %+v", text, f, w)
			}
		}
	}
}

func TestMessagesKnowBounds(t *testing.T) {
	x, diags := hclsyntax.ParseTemplate([]byte("${ratio.fast} in ${ratio.fast.lower} to ${ratio.fast.upper}, ${baseline.metric.err.estimate}"), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for range 2 {
		Bounded(x)
	}
	v, diags := x.Value(MessageScope(&hcl.EvalContext{}, numbers))
	if diags.HasErrors() || v.AsString() != "1.065 in 1.05 to 1.08, 0.01" {
		t.Errorf("%#v %v", v, diags)
	}
}
