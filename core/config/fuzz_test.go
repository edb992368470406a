package config

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// FuzzLoad: no bytes make loading, resolving or reporting panic; every
// diagnostic has a place; and what resolves without a fault keeps the
// promises of Experiment.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/right/*", "testdata/wrong/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if !isConfig(file) {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, strings.HasSuffix(file, ".json"))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, asJSON bool) {
		if len(src) > 16<<10 {
			return
		}
		name := "fuzz.hcl"
		if asJSON {
			name += ".json"
		}
		m, diags := load("testdata", []input{{name, src}}, Options{Vars: map[string]string{"model": "small"}, Version: "0.1.0"})
		experiments, more := m.Resolve(fakeOptions())
		diags = append(diags, more...)
		for _, d := range diags {
			if d.Subject == nil {
				t.Errorf("no place: %v", d)
			}
		}
		if err := diag.Write(io.Discard, diags, m.Files(), true, 80); err != nil {
			t.Error(err)
		}
		for _, e := range experiments {
			keepsPromises(t, e)
		}
		Format("f.hcl", src)
	})
}

func keepsPromises(t *testing.T, e *Experiment) {
	t.Helper()
	if len(e.Cases) == 0 || e.Measure.Rounds < 1 || e.Measure.MaxRounds < e.Measure.Rounds {
		t.Errorf("experiment %s: %d cases, measure %+v", e.Name, len(e.Cases), e.Measure)
	}
	for i := range e.Cases {
		c := &e.Cases[i]
		baselines := 0
		for _, v := range c.Variants {
			if v.Baseline {
				baselines++
			}
			if !v.Pending && (!json.Valid(v.JSON) || !v.Config.IsWhollyKnown()) {
				t.Errorf("experiment %s, variant %s: %s", e.Name, v.Name, v.JSON)
			}
		}
		if baselines != 1 {
			t.Errorf("experiment %s, case %s: %d baselines", e.Name, c.ID, baselines)
		}
		for j := range e.Guardrails {
			if g, asked := e.Guardrails[j].In(c.ID); asked && !(g.MinRatio > 0 && g.Margin >= 0 && g.Margin < 1) {
				t.Errorf("experiment %s, guardrail %s: %+v", e.Name, g.Name, g)
			}
		}
		for _, a := range judge.Ask(append(e.JudgedAsserts(), e.wheres()...), e.places()) {
			judge.Answer(judge.Plan{Method: judge.Method{Claims: 1}, Looks: []judge.Look{{Rounds: 8, Alpha: 0.05}}}, a, func(string, string, judge.Number) judge.Reading { return judge.Reading{} })
		}
		e.Separate(c)
		measured := Measured{Name: "x", Metrics: map[string]float64{"rel_err": 0.5}, Ratios: map[string]float64{"decode": 1}}
		for j := range e.Asserts {
			known := map[expr.Ref]expr.Interval{{Root: expr.Metric, Name: "rel_err"}: expr.Exactly(0.5)}
			e.Message(&e.Asserts[j], c, judge.AssertResult{Variant: "x", Known: known})
		}
		for j := range e.Selects {
			e.EvalAim(&e.Selects[j], c, measured)
		}
	}
	e.EvalWhen(map[string]Outcome{"first": {Verdict: "fail"}})
}

// FuzzVarFile: whatever a file of values holds, every diagnostic has a place, and a
// variable keeps its type and what its validation demands.
func FuzzVarFile(f *testing.F) {
	const module = `
variable "count" {
  type    = number
  default = 1
  validation {
    condition     = var.count > 0
    error_message = "count is 1 or more"
  }
}
variable "name" {
  type     = string
  default  = "n"
  nullable = false
}
variable "steps" {
  type    = list(object({ at = number, what = optional(string, "x") }))
  default = []
}
variable "any" { default = null }
`
	for _, text := range []string{
		"", "count = 2\nname = \"a\"\n", "steps = [{ at = 1 }, { at = 2, what = null }]", "count = -1", "other = 1", "count = \"2\"", "count = 1\ncount = 2",
		"name = null", "any = { a = [1, \"b\", {}] }", "name = <<E\nx\nE\n", "count = 1e999999", "count = max(1, 2)", "any = [for x in range(3) : x]", "block {}", "\xff",
	} {
		f.Add([]byte(text), false)
	}
	f.Add([]byte(`{"count": 3, "name": "${1+1}", "steps": [{"at": 1}]}`), true)
	m, diags := load("testdata", []input{{"m.hcl", []byte(module)}}, Options{})
	if diags.HasErrors() {
		f.Fatal(diags)
	}
	loaded := map[string]Variable{}
	for name, v := range m.Variables {
		loaded[name] = *v
	}
	f.Fuzz(func(t *testing.T, src []byte, asJSON bool) {
		if len(src) > 16<<10 {
			return
		}
		name := "fuzz.vars.hcl"
		if asJSON {
			name = "fuzz.json"
		}
		for name, v := range m.Variables {
			*v = loaded[name]
		}
		r := &reader{}
		m.assignSource(r, input{name, src}, name, []string{"any", "count", "name", "steps"})
		for _, v := range m.Variables {
			m.validate(r, v)
		}
		if err := diag.Write(io.Discard, r.diags, m.Files(), true, 80); err != nil {
			t.Error(err)
		}
		for _, d := range r.diags {
			if d.Subject == nil {
				t.Errorf("no place: %v", d)
			}
		}
		if n := m.Variables["count"].Value; !r.diags.HasErrors() && n.IsKnown() && !n.IsNull() && n.AsBigFloat().Sign() <= 0 {
			t.Errorf("count is %v", n)
		}
	})
}
