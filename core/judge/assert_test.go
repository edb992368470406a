package judge

import (
	"encoding/json"
	"strings"
	"testing"
)

var ratioDecode = Number{Root: "ratio", Name: "decode"}

func place(id string, matrix map[string]string) Place {
	p := Place{Case: id, Matrix: map[string]json.RawMessage{}, Baseline: "base", Variants: []string{"a", "b"}}
	for k, v := range matrix {
		p.Matrix[k] = json.RawMessage(v)
	}
	return p
}

var grid = []Place{
	place("bits=4,tokens=1", map[string]string{"bits": "4", "tokens": "1"}), place("bits=4,tokens=4", map[string]string{"bits": "4", "tokens": "4"}),
	place("bits=8,tokens=1", map[string]string{"bits": "8", "tokens": "1"}), place("bits=8,tokens=4", map[string]string{"bits": "8", "tokens": "4"}),
}

func TestAsk(t *testing.T) {
	var got []string
	for _, q := range Ask([]Assert{{Name: "each", Variant: "a"}, {Name: "over", Over: "tokens", Variant: "b"}}, grid) {
		got = append(got, q.Name+" "+q.Of+" "+strings.Join(caseIDs(q.Places), "+"))
	}
	want := "each a bits=4,tokens=1; each a bits=4,tokens=4; over b bits=4,tokens=1+bits=4,tokens=4; each a bits=8,tokens=1; each a bits=8,tokens=4; over b bits=8,tokens=1+bits=8,tokens=4"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("asked %s\nwant  %s", s, want)
	}
	if n := len(Ask([]Assert{{Name: "all"}}, grid[:1])); n != 3 {
		t.Errorf("%d questions without a variant, want the baseline's and two more", n)
	}
	if asked := Ask([]Assert{{Name: "others", Others: true}}, grid[:1]); len(asked) != 2 || asked[0].Baseline || asked[1].Baseline {
		t.Errorf("asked %+v, want the two variants and not the baseline", asked)
	}
}

// Each bound that could make a condition true by mistake is a claim.
func TestClaimsOfAsserts(t *testing.T) {
	rate, exact := Number{Root: "rate", Name: "decode"}, Number{Root: "metric", Name: "layers", Exact: true}
	for _, c := range []struct {
		a                Assert
		claims, controls int
	}{
		{Assert{Condition: "ratio.decode > 1", Numbers: []Number{ratioDecode}}, 8, 4},
		{Assert{Condition: "abs(ratio.decode - 1) < 0.1", Numbers: []Number{ratioDecode}, Variant: "a"}, 8, 4},
		{Assert{Condition: "rate.decode > 1", Numbers: []Number{rate}}, 12, 1},
		{Assert{Condition: "metric.layers > 1", Numbers: []Number{exact}}, 0, 0},
		{Assert{Condition: "metric.layers > 1 || ratio.decode > 1", Numbers: []Number{exact, ratioDecode}, Variant: "base"}, 0, 0},
		{Assert{Condition: "at[4].rate.decode > 3 * at[1].rate.decode", Numbers: []Number{rate}, Over: "tokens", Variant: "a"}, 4, 1},
		{Assert{Condition: "ratio[matrix.phase] > 1", Numbers: []Number{ratioDecode, {Root: "ratio", Name: "prefill"}}, Variant: "a"}, 16, 8},
	} {
		p, err := PlanFor(Method{Rounds: 8, MaxRounds: 24}, nil, []Assert{c.a}, grid)
		if err != nil || p.Claims != c.claims || p.Ends != c.claims || c.claims > 0 && p.Controls != c.controls {
			t.Errorf("%s: %d claims, %d ends and %d controls, want %d and %d; %v", c.a.Condition, p.Claims, p.Ends, p.Controls, c.claims, c.controls, err)
		}
		if first := p.Looks[0]; c.claims > 0 && leastP(first.Rounds) > assertShare*p.share(0) {
			t.Errorf("%s: %d rounds cannot prove anything", c.a.Condition, first.Rounds)
		}
	}
}

// What the control says stands beside every answer.
func TestAnswersBesideControls(t *testing.T) {
	around := func(centre float64) []float64 {
		var out []float64
		for i := range 24 {
			out = append(out, centre+0.0004*float64(i%5-2))
		}
		return out
	}
	for name, c := range map[string]struct {
		condition    string
		arm, control []float64
		want         Verdict
		message      string
	}{
		"sound":                   {"ratio.decode > 1", around(0.01), around(0), Pass, ""},
		"a small bias is charged": {"ratio.decode > 1", around(0.01), around(0.001), Pass, ""},
		"and covers what is near": {"ratio.decode > 1", around(0.002), around(0.001), Inconclusive, "undecided after 24 rounds"},
		"a large one":             {"ratio.decode > 1", around(0.02), around(0.02), Invalid, "favours one arm"},
		"and a larger effect":     {"ratio.decode > 1", around(0.5), around(0.02), Pass, ""},
		"none":                    {"ratio.decode > 1", around(0.5), nil, Invalid, "no control was measured"},
		"too few rounds":          {"ratio.decode > 1", around(0.5)[:3], around(0)[:3], Invalid, "too few"},
		"a rate beside none":      {"rate.decode > 1", around(5), nil, Invalid, "no control was measured"},
		"a rate":                  {"rate.decode > 1", around(5), around(0), Pass, ""},
		"nothing":                 {"ratio.decode > 1", nil, around(0), Invalid, "ratio.decode: nothing was measured of it"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Assert{Name: "x", Variant: "a", Condition: c.condition, Numbers: []Number{ratioDecode, {Root: "rate", Name: "decode"}}}
			p, err := PlanFor(Method{}, nil, []Assert{a}, grid[:1])
			if err != nil {
				t.Fatal(err)
			}
			got := Answer(p, Ask([]Assert{a}, grid[:1])[0], func(_, _ string, n Number) Reading {
				return Reading{Rounds: len(c.arm), Arm: Arm{LogRatios: c.arm, Values: c.arm}, Control: Arm{LogRatios: c.control}}
			})
			if got.Verdict != c.want || !strings.Contains(got.Message, c.message) {
				t.Errorf("%s: %s, want %s", got.Verdict, got.Message, c.want)
			}
		})
	}
}

// A plan has the rounds for an answer beside a biased control, whatever rounds were
// asked for.
func TestAssertsSettleBesideABias(t *testing.T) {
	a := Assert{Name: "x", Variant: "a", Condition: "ratio.decode > 1", Numbers: []Number{ratioDecode}}
	for rounds := 1; rounds <= 20; rounds++ {
		p, err := PlanFor(Method{Rounds: rounds, MaxRounds: rounds}, nil, []Assert{a}, grid[:1])
		if err != nil {
			t.Fatal(err)
		}
		n := p.Looks[len(p.Looks)-1].Rounds
		for speed, want := range map[float64]Verdict{1.5: Pass, 0.5: Fail} {
			got := Answer(p, Ask([]Assert{a}, grid[:1])[0], func(_, _ string, _ Number) Reading {
				return Reading{Rounds: n, Arm: Arm{LogRatios: around(speed, 0.01, n)}, Control: Arm{LogRatios: around(1.02, 0.001, n)}}
			})
			if got.Verdict != want {
				t.Errorf("%d rounds, asked for %d: %s, want %s: %s", n, rounds, got.Verdict, want, got.Message)
			}
		}
	}
}

func TestSameKernels(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		same *bool
		want Verdict
	}{{&yes, Fail}, {&no, Pass}, {nil, Inconclusive}} {
		a := Assert{Name: "dispatched", Variant: "a", Condition: "!variant.same_kernels"}
		q := Ask([]Assert{a}, grid[:1])[0]
		q.SameKernels = c.same
		got := Answer(Plan{Looks: []Look{{Rounds: 8, Alpha: 0.05}}}, q, nil)
		if got.Verdict != c.want || c.same == nil && (!got.Hopeless || !strings.Contains(got.Message, "does not say what it dispatched")) {
			t.Errorf("%v: %+v, want %s", c.same, got, c.want)
		}
	}
}
