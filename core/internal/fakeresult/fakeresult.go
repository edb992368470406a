// Package fakeresult makes result documents for tests the way a session does: every
// event goes to a journal, if one is wanted, and into the document, which is then
// judged. Times come from a seed. Imported by core/fleet/internal/fakeassay.
package fakeresult

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Options of one document. The zero value is a calm machine on which "fused"
// runs at 1.02 of the baseline's speed.
type Options struct {
	Experiment string             // "fused_gate"
	Session    string             // "20260301T120000Z-0a0b0c"
	Started    time.Time          // 2026-03-01 12:00 UTC
	Folder     string             // of the journal; empty: none is written
	Seed       uint64             // 1
	Cases      []string           // ["default"]
	Phases     []string           // ["decode"]
	Variants   map[string]float64 // speed against the baseline; {"fused": 1.02}
	Order      []string           // of Variants; sorted by hand where there are several
	Noise      float64            // of one round, as a share; 0.002
	BaseNs     float64            // baseline's time per iteration; 8.5e6
	Margin     float64            // of the guardrail on every phase; 0.01. Below 0: no guardrails
	MaxRounds  int                // 24
	Guardrails []record.Guardrail // beside those on every phase
	Tradeoffs  record.Tradeoffs
	Asserts    []judge.Assert
	Single     int                                                    // samples of one iteration in each visit; 0: five of three iterations
	Tail       float64                                                // of single iterations: mean of an exponential on top, as a share
	Stream     float64                                                // GB/s that memory gives; 5. Below 0: there are no yardsticks
	Simulated  bool                                                   // the device is
	Released   func(variant string, noise *rand.Rand) record.Released // said at the end of a round; nil: nothing is
	Change     func(*record.Result)
}

func (o Options) withDefaults() Options {
	if o.Experiment == "" {
		o.Experiment = "fused_gate"
	}
	if o.Session == "" {
		o.Session = "20260301T120000Z-0a0b0c"
	}
	if o.Started.IsZero() {
		o.Started = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Cases == nil {
		o.Cases = []string{"default"}
	}
	if o.Phases == nil {
		o.Phases = []string{"decode"}
	}
	if o.Variants == nil {
		o.Variants, o.Order = map[string]float64{"fused": 1.02}, []string{"fused"}
	}
	if o.Noise == 0 {
		o.Noise = 0.002
	}
	if o.Stream == 0 {
		o.Stream = 5
	}
	if o.BaseNs == 0 {
		o.BaseNs = 8.5e6
	}
	if o.Margin == 0 {
		o.Margin = 0.01
	}
	if o.MaxRounds == 0 {
		o.MaxRounds = 24
	}
	return o
}

const controlName = "control"

type maker struct {
	Options
	r       *record.Result
	journal *record.Journal
	rand    *rand.Rand
	clock   time.Time
	seq     uint64
}

// New makes one document.
func New(o Options) (*record.Result, error) {
	m := &maker{Options: o.withDefaults()}
	m.clock = m.Started
	m.rand = rand.New(rand.NewPCG(m.Seed, 7))
	m.r = m.head()
	if m.Change != nil {
		m.Change(m.r)
	}
	if m.Folder != "" {
		j, err := record.CreateJournal(m.Folder)
		if err != nil {
			return nil, err
		}
		defer j.Close()
		m.journal, m.r.Session.Journal = j, j.Path()
		if _, err := j.Append(record.Event{Time: m.clock, Data: record.SessionEvent{Session: m.r.Session}}); err != nil {
			return nil, err
		}
		if _, err := j.Append(record.Event{Time: m.clock, Experiment: m.Experiment, Data: record.ExperimentEvent{Result: *m.r}}); err != nil {
			return nil, err
		}
	}
	for _, id := range m.Cases {
		if err := m.measure(id); err != nil {
			return nil, fmt.Errorf("case %s: %w", id, err)
		}
	}
	if err := m.r.Summarize(); err != nil {
		return nil, err
	}
	m.r.FillMetadata()
	m.r.Status, m.r.Session.Ended = record.Complete, m.clock
	if m.r.Verdict == string(judge.Invalid) {
		m.r.Status = record.Invalid
	}
	return m.r, nil
}

func (m *maker) head() *record.Result {
	sha, clean := "3f2a9c1d", false
	r := &record.Result{
		SchemaVersion: record.SchemaVersion, Status: record.Partial, Verdict: "none",
		Session: record.Session{ID: m.Session, Started: m.clock, Command: []string{"assay", "run"}, Seed: m.Seed},
		Experiment: record.Experiment{
			Name: m.Experiment, Description: "Is the fused path as fast as the separate one?", Plugin: "gate", Device: "cpu",
			DependsOn: []string{}, Guardrails: []record.Guardrail{}, Tradeoffs: record.Tradeoffs{}, Metadata: map[string]json.RawMessage{},
			Units: map[string]string{},
			Measure: record.Measure{
				Rounds: 8, MaxRounds: m.MaxRounds, Visit: 1e8, Samples: 5, Cache: "cold", Budget: 3e11, Phases: m.Phases,
				Confidence: 0.95, WarmupMax: 1e10, WarmupAgree: 0.01,
			},
		},
		Metadata: record.Metadata{
			Epsilon: []string{}, Threadgroup: []string{}, Bits: []string{}, GroupSize: []string{}, DType: []string{},
			MLXReason: "no MLX code is part of this measurement", GitSHA: &sha, GitDirty: &clean,
			Assay:  record.Binary{Name: "assay", Version: "0.1.0", SHA256: "aa01", GoVersion: "go1.26"},
			Plugin: record.Binary{Name: "gate", Version: "0.1.0", SHA256: "bb02", SDK: "0.1.0"},
			Device: record.Device{Kind: "cpu", Name: "Test CPU", Family: "test", Cores: 2, Driver: "none", OSBuild: "linux 6.1", Yardsticks: []string{record.Stream}, Facts: map[string]string{}},
			Host:   record.Host{Hostname: "bench-1", OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Test CPU", Cores: 2, Flags: []string{}},
		},
		Cases: []record.Case{}, Selections: []record.Selection{}, Findings: []record.Finding{}, Failures: []record.Failure{}, Diagnostics: []string{},
	}
	for _, p := range m.Phases {
		r.Experiment.Units[p] = "tok"
		if m.Margin > 0 {
			r.Experiment.Guardrails = append(r.Experiment.Guardrails, record.Guardrail{
				Name: "no_" + p + "_regression", Phase: p, MinRatio: 1, Margin: m.Margin, MinGain: m.Margin, OnFail: "fail",
			})
		}
	}
	r.Experiment.Guardrails = append(r.Experiment.Guardrails, m.Guardrails...)
	r.Experiment.Tradeoffs = append(r.Experiment.Tradeoffs, m.Tradeoffs...)
	r.Metadata.Device.Simulated = m.Simulated
	r.Experiment.Asserts = m.Asserts
	var places []judge.Place
	for _, id := range m.Cases {
		places = append(places, judge.Place{Case: id, Matrix: matrix(id), Baseline: "separate", Variants: m.Order})
	}
	r.Plan, _ = judge.PlanFor(judge.Method{Confidence: 0.95, Rounds: 8, MaxRounds: m.MaxRounds}, r.JudgeGuardrails(), m.Asserts, places)
	return r
}

func (m *maker) emit(data record.Data) error {
	e := record.Event{Time: m.clock, Experiment: m.Experiment, Data: data}
	if m.journal != nil {
		if _, err := m.journal.Append(e); err != nil {
			return err
		}
	}
	return m.r.Apply(e)
}

func (m *maker) measure(id string) error {
	ev := record.CaseEvent{Case: id, Matrix: matrix(id)}
	add := func(name, role string) {
		ev.Variants = append(ev.Variants, record.Variant{
			Name: name, Role: role, Config: json.RawMessage(`{"variant":"` + name + `","bits":4}`), ConfigDigest: "sha256:" + name + ":" + id,
			Facts: map[string]string{}, Metrics: map[string]float64{}, Checks: []record.Check{}, Phases: map[string]record.PhaseSummary{},
		})
	}
	add("separate", record.RoleBaseline)
	for _, v := range m.Order {
		add(v, record.RoleVariant)
	}
	add(controlName, record.RoleControl)
	if err := m.emit(ev); err != nil {
		return err
	}
	c := &m.r.Cases[len(m.r.Cases)-1]
	for counted := 0; ; {
		d := judge.Decision{AddRounds: m.r.Plan.Looks[0].Rounds - counted, Stop: counted > 0}
		if counted > 0 && len(m.r.Experiment.Guardrails)+len(m.Asserts) > 0 {
			if err := m.r.SummarizeCase(c); err != nil {
				return err
			}
			var err error
			if d, err = judge.Decide(m.r.Plan, m.r.JudgeGuardrails(), m.r.JudgeCase(c), m.r.AssertsOf(c)); err != nil {
				return err
			}
		}
		if counted > 0 {
			if err := m.emit(record.LookEvent{Case: id, Look: record.Look{Rounds: counted, Stop: d.Stop, AddRounds: d.AddRounds, Reason: d.Reason}}); err != nil {
				return err
			}
		}
		if d.Stop {
			return m.emit(record.CaseEndEvent{Case: id, Status: record.Complete})
		}
		for range d.AddRounds {
			counted++
			if err := m.round(c, counted); err != nil {
				return err
			}
		}
	}
}

// matrix reads "bits=4,tokens=1".
func matrix(id string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, pair := range strings.Split(id, ",") {
		if k, v, ok := strings.Cut(pair, "="); ok {
			out[k] = json.RawMessage(v)
		}
	}
	return out
}

func (m *maker) round(c *record.Case, n int) error {
	d := record.Round{
		Index: n, Attempt: 1, Started: m.clock, Seed: m.Seed + uint64(n), Order: map[string][]string{}, Processes: []record.Process{}, Prepared: []record.Prepared{},
		Warmups: []record.Warmup{}, Visits: []record.Visit{}, Released: []record.Released{},
	}
	for _, v := range c.Variants {
		d.Arms = append(d.Arms, v.Name)
	}
	if err := m.emit(record.RoundBeginEvent{Case: c.ID, Round: d}); err != nil {
		return err
	}
	arms := d.Arms
	m.clock = m.clock.Add(90 * time.Millisecond)
	if err := m.emit(record.ProcessEvent{Case: c.ID, Round: n, Process: record.Process{Arms: arms, PID: 1000 + n, StartupNs: 9e7, Device: m.r.Metadata.Device}}); err != nil {
		return err
	}
	for _, a := range arms {
		p := record.Prepared{Variant: a, Checks: []record.Check{{Name: "rel_err", Kind: "correctness", When: "before", Value: 1e-6, Limit: 1e-3, Passed: true}},
			Metrics: map[string]float64{}, Facts: map[string]string{"bits": "4"}, Phases: map[string]record.PhaseFacts{}, DeviceBytes: 21 << 20, PrepareNs: 3e8, HostNs: 4e8}
		for _, phase := range m.Phases {
			p.Phases[phase] = record.PhaseFacts{Units: 1, Bytes: 21 << 20}
		}
		m.clock = m.clock.Add(400 * time.Millisecond)
		if err := m.emit(record.PreparedEvent{Case: c.ID, Round: n, Prepared: p}); err != nil {
			return err
		}
	}
	visit := 0
	for _, phase := range m.Phases {
		for _, a := range arms {
			m.clock = m.clock.Add(150 * time.Millisecond)
			w := record.Warmup{Variant: a, Phase: phase, Windows: 4, Ns: 15e7, Stable: true, Spread: 0.005, Iterations: 3}
			if err := m.emit(record.WarmupEvent{Case: c.ID, Round: n, Warmup: w}); err != nil {
				return err
			}
		}
		level := 1 + 0.01*m.rand.NormFloat64() // drift of the machine, which all arms share
		own := map[string]float64{}
		for _, a := range arms {
			own[a] = 1 + m.Noise*m.rand.NormFloat64()/1.4142
		}
		for pass := 1; pass <= 2; pass++ {
			for i := range arms {
				a := arms[i]
				if pass == 2 {
					a = arms[len(arms)-1-i]
				}
				if i == 1 && m.Stream > 0 {
					y := record.Yardstick{Name: record.Stream, Arms: arms, Phase: phase, Pass: pass, Bytes: 1 << 25, Ns: int64(1 << 25 / m.Stream * level), HostNs: 1e7}
					if err := m.emit(record.YardstickEvent{Case: c.ID, Round: n, Yardstick: y}); err != nil {
						return err
					}
				}
				visit++
				if err := m.visit(c, n, visit, a, phase, pass, level*own[a]); err != nil {
					return err
				}
			}
		}
	}
	if m.Released != nil {
		for _, a := range arms {
			d := m.Options.Released(a, m.rand)
			d.Variant = a
			if err := m.emit(record.ReleasedEvent{Case: c.ID, Round: n, Released: d}); err != nil {
				return err
			}
		}
	}
	m.clock = m.clock.Add(50 * time.Millisecond)
	return m.emit(record.RoundEndEvent{
		Case: c.ID, Round: n, Ended: m.clock, Counted: true,
	})
}

func (m *maker) visit(c *record.Case, round, index int, arm, phase string, pass int, level float64) error {
	v := record.Visit{Index: index, Variant: arm, Phase: phase, Pass: pass, Started: m.clock}
	speed := m.Variants[arm]
	if speed == 0 {
		speed = 1
	}
	samples, iterations := 5, uint64(3)
	if m.Single > 0 {
		samples, iterations = m.Single, 1
	}
	for range samples {
		m.seq++
		ns := int64(float64(iterations) * m.BaseNs * level / speed * (1 + 0.0005*m.rand.NormFloat64()))
		if m.Tail > 0 {
			ns += int64(m.BaseNs / speed * m.Tail * m.rand.ExpFloat64())
		}
		s := record.Sample{Seq: m.seq, Iterations: iterations, WallNs: ns, DeviceNs: ns * 9 / 10, EncodeNs: ns / 100}
		v.HostNs += ns + 1000
		if err := m.emit(record.SampleEvent{Case: c.ID, Round: round, Visit: index, Variant: arm, Phase: phase, Sample: s}); err != nil {
			return err
		}
	}
	m.clock = m.clock.Add(time.Duration(v.HostNs))
	return m.emit(record.VisitEvent{Case: c.ID, Round: round, Visit: v})
}
