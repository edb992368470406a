package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// stopTimeout is how long a plugin may take to end before it is killed.
const stopTimeout = 5 * time.Second

// round is one fresh plugin process measuring some arms.
type round struct {
	*caseRun
	number  int // of the case's rounds, from 1, failed attempts included
	index   int // the counted round that this is, or tries to be
	seed    uint64
	arms    []*arm
	proc    *process.Process
	pid     int
	ready   time.Duration // process start to ready
	device  record.Device
	visits  int               // so far
	peaks   map[string]int64  // device bytes, as visits report them
	total   int               // visits to make: those planned and the repeats
	repeats int               // contaminated visits made again so far
	samples map[string]int    // of one visit, by phase
	handles map[string]string // of prepared arms; the plugin does not hear which is which
	waited  time.Duration     // for other programs to leave the cores alone
	blame   *arm              // whose work is under way; nil: nobody's
	stage   string
	phase   string
}

// round runs one round. What goes wrong in the plugin is kept as a failure and
// counts as a strike; the error is for what ends the session.
func (k *caseRun) round(ctx context.Context, arms []*arm, goal int) error {
	phases := k.result.Experiment.Measure.Phases
	r := &round{
		caseRun: k, arms: arms, number: len(k.document().Rounds) + 1, index: k.counted + 1,
		total: 2 * k.experiment.config.Measure.Passes * len(arms) * len(phases), peaks: map[string]int64{}, samples: map[string]int{}, handles: map[string]string{},
	}
	r.seed = derive(k.seed, k.config.ID, "inputs", r.index)
	started := time.Now()
	if err := r.begin(ctx, phases); err != nil {
		return err
	}
	k.report(Event{Kind: RoundBegins, Case: k.config.ID, Round: r.index, Rounds: goal, ETA: k.eta(goal), Total: r.total})
	err := r.run(ctx, phases)
	r.stop(ctx)
	counted, disturbed := false, false
	switch {
	case err != nil && ctx.Err() == nil:
		if err = r.fail(err); err != nil {
			return err
		}
	case err == nil:
		disturbed = r.disturbed()
		if counted = !disturbed || !k.again(); counted {
			k.counted++
			k.roundTime = time.Since(started)
		}
	}
	if eerr := k.emit(record.KindRoundEnd, record.RoundEndEvent{
		Case: k.config.ID, Round: r.number, Ended: time.Now().UTC(),
		After: machine.Environment(ctx), Device: r.device, Counted: counted, Disturbed: disturbed, PID: r.pid, StartupNs: r.ready.Nanoseconds(),
	}); eerr != nil {
		return eerr
	}
	k.report(Event{Kind: RoundEnds, Case: k.config.ID, Round: k.counted, Rounds: goal, ETA: k.eta(goal)})
	return ctx.Err()
}

func (r *round) begin(ctx context.Context, phases []string) error {
	attempt := 1
	for _, d := range r.document().Rounds {
		if d.Index == r.index {
			attempt++
		}
	}
	d := record.Round{
		Index: r.index, Attempt: attempt, Started: time.Now().UTC(), Seed: r.seed, Order: map[string][]string{},
		Before: machine.Environment(ctx), Prepared: []record.Prepared{}, Warmups: []record.Warmup{},
		Visits: []record.Visit{}, Released: []record.Released{},
	}
	for _, a := range r.arms {
		d.Arms = append(d.Arms, a.name)
	}
	for _, phase := range phases {
		for _, a := range r.order(phase, 0) {
			d.Order[phase] = append(d.Order[phase], a.name)
		}
	}
	return r.emit(record.KindRoundBegin, record.RoundBeginEvent{Case: r.config.ID, Round: d})
}

// run is a round from a fresh process to its last check.
func (r *round) run(ctx context.Context, phases []string) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	// In an order drawn by lot: what is prepared first may get the better memory.
	for i, a := range r.order("prepare", 0) {
		r.handles[a.name] = strconv.Itoa(i + 1)
		if err := r.prepare(ctx, a, phases); err != nil {
			return err
		}
	}
	for _, phase := range phases {
		if err := r.measurePhase(ctx, phase); err != nil {
			return err
		}
	}
	for _, a := range r.arms {
		if err := r.release(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// at notes what is under way, so that a death can be told where it struck.
func (r *round) at(stage string, a *arm, phase string) {
	r.stage, r.blame, r.phase = stage, a, phase
	e := Event{Kind: Step, Case: r.config.ID, Round: r.index, Phase: phase, Text: stage, Done: r.visits, Total: r.total}
	if a != nil {
		e.Variant = a.name
	}
	r.report(e)
}

func (r *round) start(ctx context.Context) error {
	r.at("start", nil, "")
	began := time.Now()
	var err error
	r.proc, err = r.launch(ctx)
	if err != nil {
		return err
	}
	r.pid, r.ready = r.proc.PID(), r.proc.Ready()
	r.at("open", nil, "")
	opened, err := r.proc.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: r.experiment.config.Kind})
	if err != nil {
		return err
	}
	if err := refused(opened.GetDiagnostics()); err != nil {
		return err
	}
	r.device = deviceOf(opened.GetDevice())
	if r.device.CopyRate == 0 {
		r.device.CopyRate = r.rate
	}
	r.result.Metadata.Device = r.device
	r.result.Session.Overhead.Startup += time.Since(began).Nanoseconds()
	return nil
}

func (x *experiment) launch(ctx context.Context) (*process.Process, error) {
	return process.Start(ctx, process.Options{
		Path: x.plugin.Path, SHA256: x.plugin.SHA256, Name: x.plugin.Name, Logger: x.Logger,
	})
}

func (r *round) prepare(ctx context.Context, a *arm, phases []string) error {
	r.at("prepare", a, "")
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, r.experiment.config.Measure.PrepareTimeout, errPrepareTimeout)
	defer cancel()
	p, diags, err := r.proc.PrepareCase(ctx, &pluginv1.PrepareCaseRequest{
		Handle: r.handles[a.name], ConfigJson: a.config, ConfigDigest: a.digest, Seed: r.seed,
		Cache: r.experiment.config.Measure.Cache, Phases: phases,
	}, func(p *pluginv1.Progress) {
		r.report(Event{Kind: Step, Case: r.config.ID, Variant: a.name, Round: r.index, Text: "prepare: " + p.GetStep(), Done: r.visits, Total: r.total})
	})
	took := time.Since(began)
	r.result.Session.Overhead.Prepare += took.Nanoseconds()
	if err != nil {
		return err
	}
	if err := refused(diags); err != nil {
		return err
	}
	facts, err := phaseFactsOf(p.GetPhases())
	if err != nil {
		return err
	}
	out := record.Prepared{
		Variant: a.name, Checks: checksOf(p.GetChecks(), "before"), Metrics: finite(p.GetMetrics()), Facts: orEmptyMap(p.GetFacts()),
		Phases: facts, DeviceBytes: p.GetDeviceBytes(), PrepareNs: p.GetPrepareNs(), HostNs: took.Nanoseconds(),
	}
	return r.emit(record.KindPrepared, record.PreparedEvent{Case: r.config.ID, Round: r.number, Prepared: out})
}

// measurePhase warms every arm up and visits them there and back.
func (r *round) measurePhase(ctx context.Context, phase string) error {
	for _, a := range r.order(phase, 1) {
		if err := r.warmUp(ctx, a, phase); err != nil {
			return err
		}
	}
	r.settleSamples(phase)
	for pass := range 2 * r.experiment.config.Measure.Passes {
		for _, a := range r.order(phase, pass) {
			if err := r.cleanVisit(ctx, a, phase, pass+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// order is a seeded random one for every even pass, and its reverse for the
// pass after it.
func (r *round) order(phase string, pass int) []*arm {
	there, back := palindrome(derive(r.seed, r.config.ID, phase, pass/2), r.config.ID, phase, r.index, r.arms)
	if pass%2 == 0 {
		return there
	}
	return back
}

func (r *round) release(ctx context.Context, a *arm) error {
	r.at("release", a, "")
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, r.experiment.config.Measure.PrepareTimeout, errPrepareTimeout)
	defer cancel()
	out, err := r.proc.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: r.handles[a.name]})
	r.result.Session.Overhead.Prepare += time.Since(began).Nanoseconds()
	if err != nil {
		return err
	}
	return r.emit(record.KindReleased, record.ReleasedEvent{Case: r.config.ID, Round: r.number, Released: record.Released{
		Variant: a.name, Checks: checksOf(out.GetChecks(), "after"), Metrics: finite(out.GetMetrics()), PeakBytes: r.peak(a),
	}})
}

func (r *round) peak(a *arm) int64 {
	d := &r.document().Rounds[r.number-1]
	i := slices.IndexFunc(d.Prepared, func(p record.Prepared) bool { return p.Variant == a.name })
	if i < 0 {
		return 0
	}
	return max(d.Prepared[i].DeviceBytes, r.peaks[a.name])
}

// stop ends the process. How it ends no longer matters to the round: what it
// measured is in the journal.
func (r *round) stop(ctx context.Context) {
	if r.proc != nil {
		end(ctx, r.proc)
	}
}

func end(ctx context.Context, p *process.Process) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	p.Stop(ctx)
}

// eta is the time left for this experiment if no look asks for more rounds.
func (k *caseRun) eta(goal int) time.Duration {
	cases := len(k.experiment.config.Cases) - k.cases - 1
	left := max(goal-k.counted, 0) + cases*k.result.Plan.Looks[0].Rounds
	return time.Duration(left) * k.roundTime
}

var errPrepareTimeout = errors.New("prepare_timeout of the experiment's measure block ran out")

func refused(diags []*pluginv1.Diagnostic) error {
	for _, d := range diags {
		if d.GetSeverity() == pluginv1.Diagnostic_SEVERITY_ERROR {
			return &refusal{text: fmt.Sprintf("%s: %s", d.GetSummary(), d.GetDetail())}
		}
	}
	return nil
}

// refusal is a configuration that the plugin will not measure: a user's fault,
// so trying again is pointless.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }
