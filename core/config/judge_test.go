package config

import "testing"

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

func TestEvalWhen(t *testing.T) {
	outcome := Outcome{
		Verdict: "fail", Status: "complete", Guardrails: map[string]string{"g": "fail"},
		Selected: map[string]map[string]string{"knee": {"default": "eps-10"}, "fastest": {"default": ""}},
		Tied:     map[string]map[string][]string{"knee": {"default": nil}, "fastest": {"default": {"a", "b"}}},
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
		{`experiment.a.selected.fastest["default"] == ""`, true, false},
		{`contains(experiment.a.tied.fastest["default"], "b")`, true, false},
		{`length(experiment.a.tied.knee["default"]) > 0`, false, false},
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
