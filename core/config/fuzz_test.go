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
