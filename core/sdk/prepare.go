package sdk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
func (s *Server[C]) PrepareCase(req *pluginv1.PrepareCaseRequest, stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]) error {
	if err := s.mayPrepare(req); err != nil {
		return err
	}
	out := &prepareStream{stream: stream}
	read, err := s.read(req.GetConfigJson())
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
	log := s.log.With("case", req.GetHandle())
	ctx := metal.WithBeat(stream.Context(), out.beat)
	r := Request[C]{
		Config: read.value, Device: s.device, Seed: req.GetSeed(), Cold: req.GetCache() != "hot",
		Phases: req.GetPhases(), Progress: out.progress, Log: log,
	}
	c := &prepared{digest: req.GetConfigDigest(), names: read.names}
	var p *pluginv1.Prepared
	var warnings []Diagnostic
	s.lane.do(func() {
		start, before := time.Now(), s.device.Memory().Current
		if c.run, err = s.plugin.Prepare(ctx, r); err == nil && c.run == nil {
			err = errors.New("the plugin returned neither a case nor an error from Prepare")
		}
		if err != nil {
			return
		}
		found := c.run.Prepared()
		p, warnings = protoPrepared(found, time.Since(start), s.device.Memory().Current-before)
		c.fixed, err = fixed(found.Phases, slices.Concat(s.plugin.Phases, read.phases))
		err = errors.Join(err, known("Prepared", "metric", found.Metrics, c.names.metrics), known("Prepared", "facts for phase", found.Phases, c.names.phases))
	})
	if err != nil {
		found := advice(err)
		if len(found) == 0 {
			return wire.Status(fmt.Errorf("prepare: %w", err))
		}
		return out.diagnostics(found)
	}
	if err := out.diagnostics(warnings); err != nil {
		return err
	}
	s.mu.Lock()
	s.cases[req.GetHandle()] = c
	s.mu.Unlock()
	return out.send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Prepared{Prepared: p}})
}

// mayPrepare holds the host to the protocol.
func (s *Server[C]) mayPrepare(req *pluginv1.PrepareCaseRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(req.GetConfigJson())
	switch {
	case s.device == nil:
		return status.Error(codes.FailedPrecondition, "PrepareCase came before OpenDevice")
	case req.GetHandle() == "" || s.cases[req.GetHandle()] != nil:
		return status.Errorf(codes.AlreadyExists, "handle %q is empty or taken", req.GetHandle())
	case req.GetConfigDigest() != "sha256:"+hex.EncodeToString(sum[:]):
		return status.Errorf(codes.InvalidArgument, "digest %s is not that of the configuration", req.GetConfigDigest())
	}
	return nil
}

// protoPrepared fills in what the author left to the SDK: the time that
// preparation took and the device memory that it kept.
func protoPrepared(p Prepared, took time.Duration, kept int64) (*pluginv1.Prepared, []Diagnostic) {
	if p.Time == 0 {
		p.Time = took
	}
	if p.Bytes == 0 {
		p.Bytes = max(kept, 0)
	}
	out := &pluginv1.Prepared{
		Checks: protoChecks(p.Checks), Metrics: p.Metrics, Facts: p.Facts, Outputs: p.Outputs,
		Phases: map[string]*pluginv1.PhaseFacts{}, DeviceBytes: p.Bytes, PrepareNs: p.Time.Nanoseconds(),
		Numbers: map[string]*pluginv1.Numbers{},
	}
	for name, n := range p.Numbers {
		out.Numbers[name] = &pluginv1.Numbers{Values: n.Values, Tolerance: n.Tolerance}
	}
	for name, f := range p.Phases {
		out.Phases[name] = &pluginv1.PhaseFacts{
			UnitsPerIteration: f.Units, BytesPerIteration: f.Bytes, Iterations: uint64(max(f.Iterations, 0)), Yardstick: string(f.Yardstick),
		}
	}
	for i := range p.Warnings {
		p.Warnings[i].Warning = true
	}
	return out, p.Warnings
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
