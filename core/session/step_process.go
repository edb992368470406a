package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// start starts the process of some arms and opens its device.
type start struct {
	at
	arms []string
}

func (s start) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	x := r.round()
	program := variantNamed(x.c, s.arms[0]).Program
	proc, err := r.launch(ctx, program)
	if err != nil {
		return err
	}
	r.live = append(r.live, &live{s.arms, proc})
	startup := r.took()
	s.stage = stageOpen
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	p := r.doc.Programs[program]
	ctx, cancel := limited(ctx, r.doc.Experiment.Measure.Start, "start_timeout")
	defer cancel()
	opened, err := proc.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: p.Kind, Index: uint32(p.Index)})
	if err != nil {
		return err
	}
	if err := refused(opened.GetDiagnostics()); err != nil {
		return err
	}
	if opened.GetDevice() == nil {
		return fmt.Errorf("%w: it opened no device and does not say why", errNumbers)
	}
	device := deviceOf(opened.GetDevice())
	if device.Cores < 0 || device.Memory < 0 || device.LastCache < 0 {
		return fmt.Errorf("%w: a device of %d cores, %d bytes of memory and a cache of %d bytes", errNumbers, device.Cores, device.Memory, device.LastCache)
	}
	differs, err := r.describedOtherwise(ctx, proc, program)
	if err != nil {
		return err
	}
	if err := sameDevice(r.doc, program, device); err != nil {
		return err
	}
	return r.emit(record.ProcessEvent{Case: s.caseID, Round: s.round, Process: record.Process{
		Arms: s.arms, Program: program, PID: proc.PID(), StartupNs: startup, OpenNs: r.took(), Device: device, Differs: differs,
		Remade: x.remade(x.hadProcess(s.arms[0])),
	}})
}

// describedOtherwise says how a process describes its plugin otherwise than the
// session's first one of that program did; empty: it does not.
func (r *runner) describedOtherwise(ctx context.Context, proc *process.Process, program int) (string, error) {
	now, err := proc.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return "", err
	}
	p := &r.programs.list[program]
	if p.described == nil {
		p.described = now
	}
	switch {
	case now.GetVersion() != p.plugin.Version:
		return fmt.Sprintf("it says version %s, and said %s", now.GetVersion(), p.plugin.Version), nil
	case !proto.Equal(p.described, now):
		return "its phases, metrics, configuration or documentation are not what they were", nil
	}
	return "", nil
}

// launch starts a program of the document.
func (r *runner) launch(ctx context.Context, program int) (*process.Process, error) {
	p := r.programs.list[program]
	return process.Start(ctx, process.Options{
		Path: p.plugin.Path, SHA256: p.plugin.SHA256, Name: p.plugin.Name, Logger: r.s.Logger, Env: p.environ,
		StartTimeout: time.Duration(r.doc.Experiment.Measure.Start), Lock: r.s.lock.File(),
	})
}

func (r round) remade(again bool) record.Remade {
	return record.Remade{Joint: len(r.x.Joints), Again: again}
}

// hadProcess says that a process of the arm that has not done its work is gone.
func (r round) hadProcess(arm string) bool {
	had := 0
	for _, p := range r.x.Processes {
		if !p.Again && slices.Contains(p.Arms, arm) {
			had++
		}
	}
	return had > r.releases(arm)
}

func (r round) releases(arm string) (n int) {
	if !r.inTurns() {
		return 0
	}
	for _, p := range r.x.Released {
		if p.Variant == arm {
			n++
		}
	}
	return n
}

// handle names the preparation of that number in a process. It tells a plugin
// nothing that it does not know.
func handle(i int) string { return strconv.Itoa(i + 1) }

// prepare makes an arm ready to measure.
type prepare struct {
	at
	handle string
	again  bool
}

func (s prepare) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	x, m := r.round(), r.doc.Experiment.Measure
	v := variantNamed(x.c, s.variant)
	ctx, cancel := limited(ctx, m.Prepare, "prepare_timeout")
	defer cancel()
	first, before := !hasPrepared(x.c, s.variant), r.stand(v)
	var lost error
	p, diags, err := r.process(s.variant).PrepareCase(ctx, &pluginv1.PrepareCaseRequest{
		Handle: s.handle, ConfigJson: v.Config, ConfigDigest: digestOf(v.Config), Seed: x.x.Seed, Cache: m.Cache, Phases: m.Phases,
	}, func(p *pluginv1.Progress) {
		if lost == nil {
			lost = r.emit(record.StepEvent{Case: s.caseID, Round: s.round, Variant: s.variant, Stage: s.stage, Detail: p.GetStep()})
		}
	})
	if err = errors.Join(lost, err); err != nil {
		return err
	}
	if err := refused(diags); err != nil {
		if noRoom(diags) && separate(x.c) && !x.inTurns() {
			err.text += ` Every arm of this case has a process of its own, alive beside the others: residency = "turns" in the measure block starts and ends one for each visit.`
		}
		return err
	}
	if p.GetDeviceBytes() < 0 || p.GetPrepareNs() < 0 {
		return fmt.Errorf("%w: a preparation of %d ns and %d bytes", errNumbers, p.GetPrepareNs(), p.GetDeviceBytes())
	}
	facts, err := phaseFactsOf(p.GetPhases())
	if err != nil {
		return err
	}
	numbers, err := numbersOf(p.GetNumbers())
	if err != nil {
		return err
	}
	var writes []int
	if first { // an author's edit in just this moment is not likely
		writes = written(before, r.stand(v), v.Files)
	}
	return r.emit(record.PreparedEvent{Case: s.caseID, Round: s.round, Prepared: record.Prepared{
		Variant: s.variant, Writes: writes, Checks: checksOf(p.GetChecks(), "before"), Metrics: finite(p.GetMetrics()), Facts: orEmptyMap(p.GetFacts()), Outputs: p.GetOutputs(), Numbers: numbers,
		Phases: facts, DeviceBytes: p.GetDeviceBytes(), PrepareNs: p.GetPrepareNs(), HostNs: r.took(), Remade: x.remade(s.again),
	}})
}

// hasPrepared says that an arm was prepared before, in any round of the case.
func hasPrepared(c *record.Case, arm string) bool {
	return slices.ContainsFunc(c.Rounds, func(x record.Round) bool {
		return slices.ContainsFunc(x.Prepared, func(p record.Prepared) bool { return p.Variant == arm })
	})
}

// release checks an arm after timing and frees it.
type release struct{ at }

func (s release) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	x := r.round()
	out, err := r.release(ctx, s.variant, x.handle(s.variant))
	if err != nil {
		return err
	}
	return r.emit(record.ReleasedEvent{Case: s.caseID, Round: s.round, Released: record.Released{
		Variant: s.variant, Checks: checksOf(out.GetChecks(), "after"), Metrics: finite(out.GetMetrics()), PeakBytes: x.peak(s.variant), HostNs: r.took(),
	}})
}

// release ends what an arm has prepared under a handle.
func (r *runner) release(ctx context.Context, arm, handle string) (*pluginv1.ReleaseCaseResponse, error) {
	ctx, cancel := limited(ctx, r.doc.Experiment.Measure.Prepare, "prepare_timeout")
	defer cancel()
	return r.process(arm).ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: handle})
}

// handle of a prepared arm: its place in the order of preparing, which is drawn.
func (r round) handle(arm string) string {
	return handle(slices.Index(prepareOrder(r.c.ID, r.x), arm))
}

// peak is the most device memory that the arm was seen to have in this round.
func (r round) peak(arm string) (peak int64) {
	for i := range r.x.Prepared {
		if p := &r.x.Prepared[i]; p.Variant == arm {
			peak = max(peak, p.DeviceBytes)
		}
	}
	for i := range r.x.Visits {
		if v := &r.x.Visits[i]; v.Variant == arm {
			peak = max(peak, v.PeakBytes)
		}
	}
	return peak
}

// limited bounds a call by an argument of the measure block; 0, as in old
// documents, leaves the call its own bound.
func limited(ctx context.Context, ns int64, argument string) (context.Context, context.CancelFunc) {
	if ns <= 0 {
		return ctx, func() {}
	}
	limit := time.Duration(ns)
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v, its %s", limit, argument))
}

// noRoom says that the device has no memory left.
func noRoom(diags []*pluginv1.Diagnostic) bool {
	return slices.ContainsFunc(diags, func(d *pluginv1.Diagnostic) bool { return d.GetCode() == "out_of_device_memory" })
}

func refused(diags []*pluginv1.Diagnostic) *refusal {
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
