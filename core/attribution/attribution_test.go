package attribution

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// rounds draws n pairs of rounds. Drift moves both paths of a round together,
// jitter each part alone.
func rounds(n int, base, path Times, drift, jitter float64) (b, p []Times) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		scale := 1 + drift*rng.NormFloat64()
		draw := func(t Times) Times {
			j := func(v float64) float64 { return v * scale * (1 + jitter*rng.NormFloat64()) }
			device, encode, launch := j(t.Device), j(t.Encode), j(t.Wall-t.Device-t.Encode)
			return Times{Wall: device + encode + launch, Device: device, Encode: encode}
		}
		b, p = append(b, draw(base)), append(p, draw(path))
	}
	return b, p
}

func TestExplain(t *testing.T) {
	base := Times{Wall: 1000e3, Device: 960e3, Encode: 20e3}
	tests := []struct {
		name          string
		n             int
		path          Times
		drift, jitter float64
		bound, cause  Part
		certainty     string
		summary       string
	}{
		{"slower kernel", 8, Times{1070e3, 1030e3, 20e3}, 0.05, 0.002, Kernel, Kernel, "shown", "is kernel-bound"},
		{"faster kernel", 8, Times{900e3, 860e3, 20e3}, 0.05, 0.002, Kernel, Kernel, "shown", "the gain of"},
		{"wrapper grew", 8, Times{1080e3, 960e3, 100e3}, 0.02, 0.002, Kernel, Wrapper, "shown", "is wrapper time"},
		{"launch grew", 8, Times{1100e3, 960e3, 20e3}, 0.02, 0.002, Kernel, Launch, "shown", "is launch time"},
		{"wrapper dominates the path", 8, Times{3000e3, 960e3, 2000e3}, 0.02, 0.002, Wrapper, Wrapper, "shown", "is wrapper-bound"},
		{"two parts grew alike", 12, Times{1100e3, 1010e3, 70e3}, 0, 0.004, Kernel, Kernel, "likely", "the loss of"},
		{"no difference", 8, base, 0.05, 0.01, Kernel, "", "open", "no difference in time from separate can be told"},
		{"drowned in noise", 8, Times{1010e3, 970e3, 20e3}, 0.05, 0.1, Kernel, "", "open", "no difference"},
		{"too few rounds", 3, Times{1070e3, 1030e3, 20e3}, 0, 0.001, "", "", "open", "3 rounds are too few"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, p := rounds(tt.n, base, tt.path, tt.drift, tt.jitter)
			a, err := Explain(b, p)
			if err != nil {
				t.Fatal(err)
			}
			if a.Bound != tt.bound || a.Certainty != tt.certainty {
				t.Errorf("bound %q certainty %q, want %q %q\n%s", a.Bound, a.Certainty, tt.bound, tt.certainty, a.Detail())
			}
			if tt.certainty != "likely" && a.Cause != tt.cause {
				t.Errorf("cause %q, want %q\n%s", a.Cause, tt.cause, a.Detail())
			}
			if s := a.Summary("fused", "separate"); !strings.Contains(s, tt.summary) {
				t.Errorf("summary %q lacks %q", s, tt.summary)
			}
			if _, err := json.Marshal(a); err != nil {
				t.Errorf("not JSON: %v", err)
			}
		})
	}
}

// Drift that hits both paths of a round alike must not hide a small difference.
func TestDriftCancels(t *testing.T) {
	b, p := rounds(8, Times{1000e3, 990e3, 5e3}, Times{1020e3, 1010e3, 5e3}, 0.2, 0.0005)
	a, err := Explain(b, p)
	if err != nil {
		t.Fatal(err)
	}
	if a.Cause != Kernel || a.Ratio.Lower > 0.9804 || a.Ratio.Upper < 0.9804 || a.Ratio.Upper > 0.985 {
		t.Errorf("cause %q, ratio %+v, want kernel and about 0.980", a.Cause, a.Ratio)
	}
}

func TestExplainRefuses(t *testing.T) {
	ok := []Times{{10, 8, 1}}
	for name, pair := range map[string][2][]Times{
		"no rounds":        {nil, nil},
		"unequal rounds":   {ok, append(ok, ok...)},
		"zero wall":        {ok, {{0, 0, 0}}},
		"zero wall before": {{{0, 0, 0}}, ok},
	} {
		if _, err := Explain(pair[0], pair[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
