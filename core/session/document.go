package session

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// confidence of an experiment's verdicts together, before correction.
const confidence = 0.95

// newResult is the document before anything is measured.
func (s *Session) newResult(ctx context.Context, e *config.Experiment, programs *programs, files *files) (*record.Result, error) {
	f := s.facts
	r := &record.Result{
		SchemaVersion: record.SchemaVersion, Status: record.Partial, Verdict: "none",
		Session:    s.ledger.Session,
		Experiment: describeExperiment(e),
		Metadata: record.Metadata{
			Epsilon: []string{}, Threadgroup: []string{}, Bits: []string{}, GroupSize: []string{}, DType: []string{},
			MLXVersion: f.mlx, MLXReason: f.mlxReason,
			GitSHA: f.gitSHA, GitDirty: f.gitDirty, GitReason: f.gitReason,
			Assay: f.self, Host: f.host, Before: s.Environment(ctx), Plugin: programs.list[0].plugin.binary(),
			Device: record.Device{Facts: map[string]string{}},
		},
		Programs: programs.recorded(), Files: files.list,
		Cases: []record.Case{}, Selections: []record.Selection{}, Findings: []record.Finding{},
		Failures: []record.Failure{}, Diagnostics: []string{},
	}
	if e.Measure.Seed != 0 {
		r.Session.Seed = e.Measure.Seed
	}
	for name, v := range e.Metadata {
		raw, err := ctyRaw(v)
		if err != nil {
			return nil, err
		}
		r.Experiment.Metadata[name] = raw
	}
	var err error
	if r.Plan, err = looks(e); err != nil {
		return nil, err
	}
	r.Diagnostics = append(r.Diagnostics, r.Plan.Notes...)
	return r, raise(r)
}

// raise gives second races the rounds that a winner takes.
func raise(r *record.Result) error {
	for i := range r.Experiment.Selects {
		s := &r.Experiment.Selects[i]
		if s.Exact {
			continue
		}
		var note string
		var err error
		if s.Rounds, note, err = r.Plan.RaceRounds(s.Name, s.Rounds, s.Finalists); err != nil {
			return err
		}
		if note != "" {
			r.Diagnostics = append(r.Diagnostics, note)
		}
	}
	return nil
}

// looks fixes looks and error levels before any data.
func looks(e *config.Experiment) (judge.Plan, error) {
	return e.Plan(judge.Method{Confidence: confidence})
}

func describeExperiment(e *config.Experiment) record.Experiment {
	m := e.Measure
	units := map[string]string{}
	for _, p := range e.Phases {
		units[p.Name] = p.Unit
	}
	metrics := map[string]string{}
	for _, m := range e.Metrics {
		if m.Unit != "" {
			metrics[m.Name] = m.Unit
		}
	}
	d := record.Experiment{
		Name: e.Name, Description: e.Description, Plugin: e.Plugin, Device: e.Device,
		DependsOn: append([]string{}, e.DependsOn...), Tradeoffs: e.JudgedTradeoffs(),
		Metadata: map[string]json.RawMessage{}, Source: e.Source, Units: units, MetricUnits: metrics,
		Measure: record.Measure{
			Rounds: m.Rounds, MaxRounds: m.MaxRounds, Visit: m.Visit.Nanoseconds(), Samples: m.Samples, Passes: m.Passes, Cache: m.Cache,
			Budget: m.Budget.Nanoseconds(), Phases: slices.Clone(e.PhaseNames()), Confidence: confidence,
			WarmupMax: m.WarmupMax.Nanoseconds(), WarmupAgree: warmupAgree,
			Search: m.Search, Residency: m.Residency, Prepare: m.PrepareTimeout.Nanoseconds(), Heartbeat: m.HeartbeatTimeout.Nanoseconds(),
			Start: m.StartTimeout.Nanoseconds(), Sample: m.SampleTimeout.Nanoseconds(),
			Cooldown: m.Cooldown.Nanoseconds(), Inputs: m.Inputs, Require: requireOf(m.Require),
		},
	}
	d.Guardrails, d.Asserts = e.Judged(), e.JudgedAsserts()
	for i := range e.Selects {
		d.Selects = append(d.Selects, selectOf(&e.Selects[i]))
	}
	return d
}

func requireOf(q *config.Require) *record.Require {
	if q == nil {
		return nil
	}
	return &record.Require{Power: q.Power, Thermal: q.Thermal, MinClock: q.MinClock, MaxForeignLoad: q.MaxForeignLoad, Wait: q.Wait.Nanoseconds()}
}
