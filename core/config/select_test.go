package config

import (
	"math"
	"strings"
	"testing"
)

func TestEvalAim(t *testing.T) {
	e := resolved(t, judged, fakeOptions())[0]
	m := func(ratio, err float64) Measured {
		return Measured{Name: "b", Ratios: map[string]float64{"decode": ratio}, Metrics: map[string]float64{"rel_err": err}}
	}
	nothing := Measured{Name: "b"}
	for _, c := range []struct {
		name   string
		sel    int
		m      Measured
		value  float64
		valued bool
	}{
		{"most", 0, m(1.2, 0.01), 1.2, true},
		{"least", 1, m(1, 0.2), 0.2, true},
		{"not measured", 0, nothing, 0, false},
		{"not a number", 0, m(math.NaN(), math.NaN()), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &e.Selects[c.sel]
			value, valued, diags := e.EvalAim(s, &e.Cases[0], c.m)
			if value != c.value || valued != c.valued || diags.HasErrors() == c.valued {
				t.Errorf("aim %v, %t, %v", value, valued, diags)
			}
		})
	}
}

// What an aim is made of decides whether it needs a race, and whether its values
// can be read off the samples.
func TestWhatAnAimIsMadeOf(t *testing.T) {
	for aim, want := range map[string]struct {
		phase, phases string
		exact         bool
	}{
		"maximize = ratio.decode":                     {"decode", "decode", false},
		"minimize = ratio.prefill":                    {"prefill", "prefill", false},
		"maximize = ratio.decode * ratio.prefill":     {"", "decode prefill", false},
		"maximize = (ratio.decode)":                   {"", "decode", false},
		"minimize = metric.rel_err":                   {"", "", false},
		`maximize = variant.name == "b" ? 1 : 0`:      {"", "", true},
		"maximize = variant.baseline ? matrix.x : 10": {"", "", true},
	} {
		src := "experiment \"x\" {\n plugin = \"fake\"\n matrix = { x = [1, 2] }\n config { model = \"small\" }\n variant \"a\" { baseline = true }\n" +
			" variant \"b\" {\n config { fused = true }\n}\n select \"s\" { " + aim + " }\n}\n"
		e := resolved(t, src, fakeOptions())[0]
		s := e.Selects[0]
		if s.Phase != want.phase || strings.Join(s.Phases, " ") != want.phases || s.Exact != want.exact {
			t.Errorf("%s: phase %q of %v, exact %t; want %+v", aim, s.Phase, s.Phases, s.Exact, want)
		}
		if _, text, _ := strings.Cut(aim, " = "); s.Text != text && "("+s.Text+")" != text {
			t.Errorf("%s: text %q", aim, s.Text)
		}
		races := 2
		if want.exact {
			races = 0
		}
		if n := e.Races(); n != races {
			t.Errorf("%s: %d races of 2 cases, want %d", aim, n, races)
		}
	}
}

// Of two equal variants the one that says same_as is the other under another name,
// wherever it stands.
func TestSameAsIsTheOtherUnderAnotherName(t *testing.T) {
	src := `experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "again" {
    same_as = "b"
    config { fused = true }
  }
  variant "b" {
    config { fused = true }
  }
}
`
	e := resolved(t, src, fakeOptions())[0]
	equals := map[string]string{}
	for _, v := range e.Cases[0].Variants {
		equals[v.Name] = v.Equals
	}
	if equals["again"] != "b" || equals["b"] != "" {
		t.Errorf("equals %v, want again to equal b", equals)
	}
}
