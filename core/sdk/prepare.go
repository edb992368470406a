package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
)

// progressEvery bounds how often progress is sent, so that an author may
// report it from an inner loop.
const progressEvery = 50 * time.Millisecond

// prepareStream sends the events of one PrepareCase. Progress may come from
// any goroutine that preparation starts.
type prepareStream struct {
	stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]

	mu   sync.Mutex
	last pluginv1.Progress
	at   time.Time
}

func (p *prepareStream) send(r *pluginv1.PrepareCaseResponse) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stream.Send(r)
}

func (p *prepareStream) diagnostics(found []Diagnostic) error {
	list, err := protoDiagnostics(found)
	if err != nil {
		return wire.Status(err)
	}
	for _, d := range list {
		if err := p.send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Diagnostic{Diagnostic: d}}); err != nil {
			return err
		}
	}
	return nil
}

func (p *prepareStream) progress(step string, fraction float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if step == p.last.GetStep() && fraction < 1 && time.Since(p.at) < progressEvery {
		return
	}
	p.last.Step, p.last.Fraction = step, min(max(fraction, 0), 1)
	p.at = time.Now()
	p.sendProgress()
}

// beat repeats the last progress while the device works.
func (p *prepareStream) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) < time.Second {
		return
	}
	p.at = time.Now()
	p.sendProgress()
}

// sendProgress ignores errors: the stream's context tells preparation to end.
func (p *prepareStream) sendProgress() {
	_ = p.stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Progress{
		Progress: &pluginv1.Progress{Step: p.last.GetStep(), Fraction: p.last.GetFraction()},
	}})
}

// PrepareCase implements the protocol.
func (s *server[C]) PrepareCase(req *pluginv1.PrepareCaseRequest, stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]) error {
	if err := s.mayPrepare(req); err != nil {
		return err
	}
	out := &prepareStream{stream: stream}
	read, err := s.readSafely(req.GetConfigJson())
	if err != nil {
		return wire.Status(err)
	}
	if read.failed() { // warnings were given by ValidateConfig
		return out.diagnostics(read.found)
	}
	for _, phase := range req.GetPhases() {
		if err := read.names.timed(phase); err != nil {
			return err
		}
	}
	c := &prepared{digest: req.GetConfigDigest(), names: read.names}
	r := Request[C]{
		Config: read.value, Device: s.device, Seed: req.GetSeed(), Cold: req.GetCache() != "hot", Phases: req.GetPhases(),
		Progress: out.progress, Log: s.log.With("configuration", req.GetHandle()),
		Cleanup: func(f func()) { c.cleanup = append(c.cleanup, f) },
	}
	var p *pluginv1.Prepared
	s.lane.do(func() {
		start, before := time.Now(), s.device.Memory().Current
		if err = s.fill(metal.WithBeat(stream.Context(), out.beat), c, r, slices.Concat(s.plugin.Phases, read.phases)); err != nil {
			c.release()
			return
		}
		p = c.proto(time.Since(start), s.device.Memory().Current-before)
	})
	if err != nil {
		found := advice(err)
		if len(found) == 0 {
			return wire.Status(fmt.Errorf("prepare: %w", err))
		}
		return out.diagnostics(found)
	}
	for i := range c.Warnings {
		c.Warnings[i].Warning = true
	}
	if err := out.diagnostics(c.Warnings); err != nil {
		s.lane.do(c.release) // the host has no handle for it
		return err
	}
	s.mu.Lock()
	s.prepared[req.GetHandle()] = c
	s.mu.Unlock()
	return out.send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Prepared{Prepared: p}})
}

// fill prepares a configuration, and verifies the first iteration of its phases.
func (s *server[C]) fill(ctx context.Context, c *prepared, r Request[C], declared []Phase) error {
	made, err := s.plugin.Prepare(ctx, r)
	switch {
	case err != nil:
		return err
	case made == nil:
		return errors.New("the plugin returned neither a configuration nor an error from Prepare")
	}
	c.Prepared, c.phases = *made, map[string]*timed{}
	if err := known("Prepare", "phase", c.Phases, c.names.phases); err != nil {
		return err
	}
	for _, p := range declared {
		if of, ok := c.Phases[p.Name]; ok {
			t := &timed{Timed: of, name: p.Name, now: s.now, device: s.device}
			c.phases[p.Name], c.order = t, append(c.order, t)
			if err := t.unfit(); err != nil {
				return err
			}
		}
	}
	for _, name := range r.Phases {
		if c.phases[name] == nil {
			return fmt.Errorf("phase %q: Prepare gives nothing to time, and the host asks for it", name)
		}
	}
	if c.fixed, err = fixed(c.Phases, declared); err != nil {
		return err
	}
	found := verified{metrics: map[string]float64{}}
	for _, t := range c.order {
		if err := t.ready(ctx, &found); err != nil {
			return err
		}
	}
	maps.Copy(found.metrics, c.Metrics)
	c.Checks, c.Metrics = append(found.checks, c.Checks...), found.metrics
	return known("Prepare", "metric", c.Metrics, c.names.metrics)
}

// mayPrepare holds the host to the protocol.
func (s *server[C]) mayPrepare(req *pluginv1.PrepareCaseRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(req.GetConfigJson())
	switch {
	case s.device == nil:
		return status.Error(codes.FailedPrecondition, "PrepareCase came before OpenDevice")
	case req.GetHandle() == "" || s.prepared[req.GetHandle()] != nil:
		return status.Errorf(codes.AlreadyExists, "handle %q is empty or taken", req.GetHandle())
	case req.GetConfigDigest() != "sha256:"+hex.EncodeToString(sum[:]):
		return status.Errorf(codes.InvalidArgument, "digest %s is not that of the configuration", req.GetConfigDigest())
	}
	return nil
}

// proto fills in what the author left to the SDK: the time that preparation took
// and the device memory that it kept.
func (c *prepared) proto(took time.Duration, kept int64) *pluginv1.Prepared {
	if c.Time == 0 {
		c.Time = took
	}
	if c.Bytes == 0 {
		c.Bytes = max(kept, 0)
	}
	out := &pluginv1.Prepared{
		Checks: protoChecks(c.Checks), Metrics: c.Metrics, Facts: c.Facts, Outputs: c.Outputs,
		Phases: map[string]*pluginv1.PhaseFacts{}, DeviceBytes: c.Bytes, PrepareNs: c.Time.Nanoseconds(),
		Numbers: map[string]*pluginv1.Numbers{},
	}
	for name, n := range c.Numbers {
		out.Numbers[name] = &pluginv1.Numbers{Values: n.Values, Tolerance: n.Tolerance}
	}
	for name, t := range c.Phases {
		out.Phases[name] = &pluginv1.PhaseFacts{
			UnitsPerIteration: t.Units, BytesPerIteration: t.Bytes, Iterations: uint64(t.Iterations), Yardstick: string(t.Yardstick),
		}
	}
	return out
}

func protoChecks(list []Check) []*pluginv1.Check {
	out := make([]*pluginv1.Check, 0, len(list))
	for _, c := range list {
		kind := pluginv1.Check_KIND_CORRECTNESS
		if c.Fidelity {
			kind = pluginv1.Check_KIND_FIDELITY
		}
		out = append(out, &pluginv1.Check{
			Name: c.Name, Value: c.Value, Limit: c.Limit, Passed: c.Passed, Detail: c.Detail, Kind: kind,
		})
	}
	return out
}
