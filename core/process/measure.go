package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// MeasureHandler gets the events of one visit, one at a time and in order. All
// but OnSample may be nil.
type MeasureHandler struct {
	OnIntent func(*pluginv1.Intent) error
	// OnSample keeps the sample: it is acknowledged after OnSample returns, so
	// what was acknowledged has been journaled. stop ends the visit.
	OnSample     func(*pluginv1.Sample) (stop bool, err error)
	OnHeartbeat  func(*pluginv1.Heartbeat)
	OnDiagnostic func(*pluginv1.Diagnostic)
	// SampleTimeout is how long a sample may take, heartbeats or not; 0: 2 min.
	SampleTimeout time.Duration
}

// Measure runs one visit of a prepared case. Silence for longer than
// start.heartbeat_ns (15 s when 0) is a hang, and so is a longer time without an
// acknowledged sample than the handler allows: heartbeats are no progress. When ctx is cancelled or a
// handler fails, the plugin may finish its sample first.
func (p *Process) Measure(ctx context.Context, start *pluginv1.Start, h MeasureHandler) (*pluginv1.Done, error) {
	start = proto.CloneOf(start)
	if start.GetHeartbeatNs() <= 0 {
		start.HeartbeatNs = silenceLimit.Nanoseconds()
	}
	if h.SampleTimeout <= 0 {
		h.SampleTimeout = sampleLimit
	}
	if p.theChild().hasExited() {
		return nil, p.death()
	}
	// Not a child of ctx: cancelling it asks for an orderly stop first.
	rpcCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	phase := "measure " + start.GetPhase()
	p.setPhase(phase)
	stream, err := p.rpc.Measure(rpcCtx)
	if err != nil {
		return nil, p.settle(ctx, rpcCtx, phase, err)
	}
	v := &visit{
		p: p, stream: stream, start: start, h: h, digest: p.digest(start.GetHandle()),
		events: make(chan event), left: make(chan struct{}), stopping: make(chan struct{}, 1),
	}
	p.mu.Lock()
	p.acked, p.intent = 0, ""
	p.stopVisit = v.askStop
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.stopVisit = nil
		p.mu.Unlock()
	}()
	done, err := v.run(ctx)
	var handler *handlerError
	switch {
	case err == nil:
		p.setPhase("")
		return done, nil
	case errors.As(err, &handler):
		return done, handler.err
	case errors.Is(err, errSilent):
		p.kill(cause{kind: KindHang, text: fmt.Sprintf("silent for %s, its heartbeat_timeout", time.Duration(start.GetHeartbeatNs()))})
		return nil, p.death()
	case errors.Is(err, errNoSample):
		p.kill(cause{kind: KindHang, text: fmt.Sprintf("no sample for %s, its sample_timeout, although it was not silent", h.SampleTimeout)})
		return nil, p.death()
	}
	return nil, p.settle(ctx, rpcCtx, phase, err)
}

func (p *Process) digest(handle string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.digests[handle]
}

var (
	errSilent   = errors.New("silent")
	errNoSample = errors.New("no sample")
)

// handlerError is an error of the host's own handler, or its cancellation.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }
