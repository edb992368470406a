package config

import (
	"testing"

	"github.com/assay-bench/assay/core/judge"
)

const judged = `locals { limit = 0.02 }
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8] }
  config {
    model = "small"
    bits  = matrix.bits
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  assert "error" {
    condition     = metric.rel_err <= local.limit * matrix.bits / 4
    error_message = "${variant.name} at ${matrix.bits} bits: ${metric.rel_err}"
  }
  select "fastest" {
    maximize = ratio.decode
    where    = metric.rel_err <= local.limit
  }
  select "exactest" { minimize = metric.rel_err }
}
`

func TestEvalSelect(t *testing.T) {
	e := resolved(t, judged, fakeOptions())[0]
	m := func(name string, ratio, err float64) Measured {
		holds := judge.Pass
		if err > 0.02 {
			holds = judge.Fail
		}
		return Measured{
			Name: name, Ratios: map[string]float64{"decode": ratio}, Metrics: map[string]float64{"rel_err": err},
			Where: map[string]judge.AssertResult{"fastest": {Verdict: holds}},
		}
	}
	broken := Measured{Name: "broken", Ratios: map[string]float64{"decode": 9}, Where: map[string]judge.AssertResult{"fastest": {Verdict: judge.Invalid}}}
	undecided := m("c", 9, 0)
	undecided.Where = map[string]judge.AssertResult{"fastest": {Verdict: judge.Inconclusive}}
	cases := []struct {
		name     string
		sel      int
		measured []Measured
		winner   string
		value    float64
		warnings int
	}{
		{"fastest within the bound", 0, []Measured{m("a", 1, 0), m("b", 1.2, 0.01), m("c", 1.5, 0.5)}, "b", 1.2, 0},
		{"the earlier of two equals", 0, []Measured{m("a", 1, 0), m("b", 1, 0)}, "a", 1, 0},
		{"none", 0, []Measured{m("a", 1, 1)}, "", 0, 0},
		{"no candidates", 0, nil, "", 0, 0},
		{"least", 1, []Measured{m("a", 1, 0.2), m("b", 1, 0.1)}, "b", 0.1, 0},
		{"leaves out what may not satisfy the condition", 0, []Measured{m("a", 1, 0), undecided}, "a", 1, 1},
		{"passes over what has no value", 0, []Measured{broken, m("b", 1, 0)}, "b", 1, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			winner, value, diags := e.EvalSelect(&e.Selects[c.sel], &e.Cases[0], c.measured)
			if winner != c.winner || value != c.value || len(diags) != c.warnings || diags.HasErrors() {
				t.Errorf("%q, %v, %v", winner, value, diags)
			}
		})
	}
}

func TestEvalWhen(t *testing.T) {
	outcome := Outcome{
		Verdict: "fail", Status: "complete", Guardrails: map[string]string{"g": "fail"},
		Selected: map[string]map[string]string{"knee": {"default": "eps-10"}},
		Findings: []OutcomeFinding{{Case: "default", Kind: "knee", Summary: "s", Certainty: "shown"}},
	}
	cases := []struct {
		when  string
		runs  bool
		fault bool
	}{
		{`experiment.a.verdict == "fail"`, true, false},
		{`experiment.a.verdict != "fail"`, false, false},
		{`experiment.a.guardrails.g == "fail" && experiment.a.status == "complete"`, true, false},
		{`experiment.a.selected.knee["default"] == "eps-10"`, true, false},
		{`contains(experiment.a.findings[*].kind, "knee")`, true, false},
		{`experiment.a.guardrails.absent == "fail"`, false, true},
		{`try(experiment.a.guardrails.absent, "pass") == "pass"`, true, false},
	}
	for _, c := range cases {
		t.Run(c.when, func(t *testing.T) {
			e := resolved(t, named("a", "b: when = "+c.when), fakeOptions())[1]
			runs, diags := e.EvalWhen(map[string]Outcome{"a": outcome})
			if runs != c.runs || diags.HasErrors() != c.fault {
				t.Errorf("runs %v, %v", runs, diags)
			}
		})
	}
	if runs, _ := resolved(t, named("a"), fakeOptions())[0].EvalWhen(nil); !runs {
		t.Error("an experiment without when does not run")
	}
}
