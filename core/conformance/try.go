package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Trial is one visit of each phase of one configuration, for people to look at.
type Trial struct {
	Plugin        Subject            `json:"plugin"`
	Device        string             `json:"device"`
	Simulated     bool               `json:"simulated"` // times are no measurements
	Configuration json.RawMessage    `json:"configuration"`
	ReadyNs       int64              `json:"ready_ns"`   // from the start to the handshake
	PrepareNs     int64              `json:"prepare_ns"` // of PrepareCase, by the host's clock
	Facts         map[string]string  `json:"facts,omitempty"`
	Metrics       map[string]float64 `json:"metrics,omitempty"`
	Phases        []TrialPhase       `json:"phases"`
	Checks        []TrialCheck       `json:"checks"`
}

// TrialPhase is the visit of one phase.
type TrialPhase struct {
	Name    string        `json:"name"`
	Unit    string        `json:"unit,omitempty"`
	Units   float64       `json:"units_per_iteration,omitempty"`
	Bytes   int64         `json:"bytes_per_iteration,omitempty"`
	Samples []TrialSample `json:"samples"`
}

// TrialSample is one sample.
type TrialSample struct {
	Iterations uint64             `json:"iterations"`
	WallNs     int64              `json:"wall_ns"`
	DeviceNs   int64              `json:"device_ns"`
	EncodeNs   int64              `json:"encode_ns"`
	Metrics    map[string]float64 `json:"metrics,omitempty"`
}

// TrialCheck is a check before or after the visits.
type TrialCheck struct {
	When   string `json:"when"`
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail"`
}

// Try describes, validates, opens, prepares, visits each phase once and releases,
// in one process. Samples are so many, and last as long as length where the
// plugin can choose. A *UsageError is about the options; any other error is the
// plugin's, or says why it could not be started.
func Try(ctx context.Context, o Options, samples uint32, length time.Duration) (*Trial, error) {
	o.once = true
	s, err := newSubject(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if s.d == nil || s.block == nil {
		return nil, fmt.Errorf("%s: it does not describe itself: %w", s.o.Path, s.whySilent())
	}
	began := time.Now()
	p, err := s.process(ctx)
	if err != nil {
		return nil, s.why(err)
	}
	t := &Trial{
		Plugin: s.named(), Device: s.deviceText(), Simulated: s.device.GetSimulated(), Configuration: compact(s.config),
		ReadyNs: p.Ready().Nanoseconds(), PrepareNs: (time.Since(began) - p.Ready()).Nanoseconds(),
		Facts: map[string]string{}, Metrics: onlyFinite(s.prepared.GetMetrics()), Phases: []TrialPhase{}, Checks: trialChecks("before", s.prepared.GetChecks()),
	}
	for name, fact := range s.prepared.GetFacts() {
		t.Facts[clean(name)] = clean(fact)
	}
	for _, phase := range s.declared.phases {
		s.o.Step("measuring " + clean(phase))
		v, err := s.tryPhase(ctx, p, phase, samples, length)
		if err != nil {
			return nil, s.why(err)
		}
		t.Phases = append(t.Phases, *v)
	}
	r, err := p.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: firstHandle})
	if err != nil {
		return nil, s.why(err)
	}
	maps.Copy(t.Metrics, onlyFinite(r.GetMetrics()))
	t.Checks = append(t.Checks, trialChecks("after", r.GetChecks())...)
	p.Stop(ctx)
	return t, nil
}

func (s *subject) tryPhase(ctx context.Context, p *process.Process, phase string, samples uint32, length time.Duration) (*TrialPhase, error) {
	v, err := s.visit(ctx, p, visit{handle: firstHandle, phase: phase, samples: samples, length: length, limit: s.o.Limits.Prepare})
	if err != nil {
		return nil, err
	}
	facts := s.prepared.GetPhases()[phase]
	out := &TrialPhase{Name: clean(phase), Unit: clean(s.declared.units[phase]), Bytes: facts.GetBytesPerIteration(), Samples: []TrialSample{}}
	if finite(facts.GetUnitsPerIteration()) {
		out.Units = facts.GetUnitsPerIteration()
	}
	for _, m := range v.samples {
		out.Samples = append(out.Samples, TrialSample{m.GetIterations(), m.GetWallNs(), m.GetDeviceNs(), m.GetEncodeNs(), onlyFinite(m.GetMetrics())})
	}
	return out, nil
}

// onlyFinite are the metrics that JSON can hold.
func onlyFinite(m map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for name, value := range m {
		if finite(value) {
			out[clean(name)] = value
		}
	}
	return out
}

func trialChecks(when string, checks []*pluginv1.Check) []TrialCheck {
	out := []TrialCheck{}
	for _, c := range checks {
		detail := fmt.Sprintf("%.4g, at most %.4g", c.GetValue(), c.GetLimit())
		if c.GetDetail() != "" {
			detail += "; " + c.GetDetail()
		}
		out = append(out, TrialCheck{when, clean(c.GetName()), c.GetPassed(), clean(detail)})
	}
	return out
}
