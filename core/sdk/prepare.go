package sdk

import (
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
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
		Checks: protoChecks(p.Checks), Metrics: p.Metrics, Facts: p.Facts,
		Phases: map[string]*pluginv1.PhaseFacts{}, DeviceBytes: p.Bytes, PrepareNs: p.Time.Nanoseconds(),
	}
	for name, f := range p.Phases {
		out.Phases[name] = &pluginv1.PhaseFacts{UnitsPerIteration: f.Units, BytesPerIteration: f.Bytes}
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
