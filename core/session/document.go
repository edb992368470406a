package session

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
)

// confidence of an experiment's verdicts together, before correction.
const confidence = 0.95

// newResult is the document before anything is measured.
func (x *experiment) newResult(ctx context.Context) (*record.Result, error) {
	e, f := x.config, x.facts
	r := &record.Result{
		SchemaVersion: record.SchemaVersion, Status: record.Partial, Verdict: "none",
		Session:    x.document(),
		Experiment: x.describeExperiment(),
		Metadata: record.Metadata{
			Epsilon: []string{}, Threadgroup: []string{}, Bits: []string{}, GroupSize: []string{}, DType: []string{},
			MLXVersion: f.mlx, MLXReason: f.mlxReason,
			GitSHA: f.gitSHA, GitDirty: f.gitDirty, GitReason: f.gitReason,
			Assay: f.self, Host: f.host, Before: machine.Environment(ctx),
			Plugin: record.Binary{
				Name: x.plugin.Name, Version: x.plugin.Version, SHA256: x.plugin.SHA256, SDK: x.plugin.Describe.GetSdkVersion(),
			},
		},
		Cases: []record.Case{}, Selections: []record.Selection{}, Findings: []record.Finding{},
		Failures: []record.Failure{}, Diagnostics: []string{},
	}
	r.Session.Seed = x.seed
	for name, v := range e.Metadata {
		raw, err := ctyRaw(v)
		if err != nil {
			return nil, err
		}
		r.Experiment.Metadata[name] = raw
	}
	var err error
	if r.Plan, err = x.plan(r); err != nil {
		return nil, err
	}
	for _, n := range r.Plan.Notes {
		x.note(r, n)
	}
	return r, nil
}

// plan fixes looks and error levels before any data.
func (x *experiment) plan(r *record.Result) (judge.Plan, error) {
	m := judge.Method{Confidence: confidence, Rounds: x.config.Measure.Rounds, MaxRounds: x.config.Measure.MaxRounds}
	var variants []int
	for i := range x.config.Cases {
		variants = append(variants, len(x.config.Cases[i].Variants)-1)
	}
	return judge.PlanFor(m, r.JudgeGuardrails(), variants)
}

func (x *experiment) describeExperiment() record.Experiment {
	e, m := x.config, x.config.Measure
	phases, units := slices.Clone(m.Phases), map[string]string{}
	for _, p := range x.plugin.Describe.GetPhases() {
		if len(m.Phases) == 0 {
			phases = append(phases, p.GetName())
		}
		units[p.GetName()] = p.GetUnit()
	}
	d := record.Experiment{
		Name: e.Name, Description: e.Description, Plugin: e.Plugin, Device: e.Device,
		DependsOn: append([]string{}, e.DependsOn...), Guardrails: []record.Guardrail{}, Tradeoffs: map[string]string{},
		Metadata: map[string]json.RawMessage{}, Source: e.Source, Units: units,
		Measure: record.Measure{
			Rounds: m.Rounds, MaxRounds: m.MaxRounds, Visit: m.Visit.Nanoseconds(), Samples: m.Samples, Passes: m.Passes, Cache: m.Cache,
			Budget: m.Budget.Nanoseconds(), Phases: phases, Confidence: confidence,
			WarmupMax: m.WarmupMax.Nanoseconds(), WarmupAgree: warmupAgree,
		},
	}
	for name, reason := range e.Tradeoffs {
		d.Tradeoffs[name] = reason
	}
	for _, g := range e.Guardrails {
		d.Guardrails = append(d.Guardrails, record.Guardrail{
			Name: g.Name, Phase: g.Phase, Variant: g.Variant, MinRatio: g.MinRatio, Margin: g.Margin, OnFail: g.OnFail,
		})
	}
	return d
}

// conclude judges what was measured and completes the document.
func (x *experiment) conclude(ctx context.Context) error {
	r := x.result
	if err := r.Summarize(); err != nil {
		return err
	}
	r.FillMetadata() // facts of the plugin come with the summary
	if err := x.evaluate(); err != nil {
		return err
	}
	if err := r.Summarize(); err != nil { // the verdict counts the asserts
		return err
	}
	r.Status = x.status()
	x.end(ctx)
	return nil
}

// skip completes the document of an experiment whose `when` is false.
func (x *experiment) skip(ctx context.Context) *record.Result {
	x.result.Status = record.Skipped
	x.result.Diagnostics = append(x.result.Diagnostics, "skipped: its `when` is false")
	x.end(ctx)
	return x.result
}

func (x *experiment) end(ctx context.Context) {
	r := x.result
	r.Metadata.After = machine.Environment(ctx)
	r.Session.Ended = time.Now().UTC()
	o := &r.Session.Overhead
	o.Wall = time.Since(x.started).Nanoseconds()
	o.Host = o.Wall - o.Visits - o.Prepare - o.Startup - o.Quiet
}

// status is the worst of the cases', or partial when one is missing.
func (x *experiment) status() record.Status {
	r := x.result
	least := record.Complete
	if len(r.Cases) < len(x.config.Cases) {
		least = record.Partial
	}
	worst := r.WorstStatus(least)
	if worst == record.Complete && r.Verdict == string(judge.Invalid) {
		return record.Invalid
	}
	return worst
}
