package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// ErrUnimplemented says that the plugin does not have this optional call.
var ErrUnimplemented = errors.New("the plugin does not implement this call")

// Describe asks what the plugin is.
func (p *Process) Describe(ctx context.Context, req *pluginv1.DescribeRequest) (r *pluginv1.DescribeResponse, err error) {
	err = p.call(ctx, "describe", describeLimit, func(ctx context.Context) error {
		r, err = p.rpc.Describe(ctx, req)
		return err
	})
	return r, err
}

// ValidateConfig checks one configuration.
func (p *Process) ValidateConfig(ctx context.Context, req *pluginv1.ValidateConfigRequest) (r *pluginv1.ValidateConfigResponse, err error) {
	err = p.call(ctx, "validate", validateLimit, func(ctx context.Context) error {
		r, err = p.rpc.ValidateConfig(ctx, req)
		return err
	})
	if n := len(r.GetDiagnostics()); err == nil && n > mostDiagnostics {
		p.kill(cause{kind: KindProtocol, rule: RuleBounds, text: fmt.Sprintf("sent %d diagnostics in one answer, more than %d", n, mostDiagnostics)})
		return nil, p.death()
	}
	return r, err
}

// OpenDevice opens the device; a nil Device comes with diagnostics.
func (p *Process) OpenDevice(ctx context.Context, req *pluginv1.OpenDeviceRequest) (r *pluginv1.OpenDeviceResponse, err error) {
	err = p.call(ctx, "open", openLimit, func(ctx context.Context) error {
		r, err = p.rpc.OpenDevice(ctx, req)
		return err
	})
	return r, err
}

// MeasureYardstick asks how fast the device moves memory now. Of one that cannot
// be measured the diagnostics say why.
func (p *Process) MeasureYardstick(ctx context.Context, req *pluginv1.MeasureYardstickRequest) (r *pluginv1.MeasureYardstickResponse, err error) {
	err = p.call(ctx, "yardstick", yardstickLimit, func(ctx context.Context) error {
		r, err = p.rpc.MeasureYardstick(ctx, req)
		return err
	})
	return r, err
}

// ReleaseCase checks once more and frees a case.
func (p *Process) ReleaseCase(ctx context.Context, req *pluginv1.ReleaseCaseRequest) (r *pluginv1.ReleaseCaseResponse, err error) {
	err = p.call(ctx, "release", releaseLimit, func(ctx context.Context) error {
		r, err = p.rpc.ReleaseCase(ctx, req)
		return err
	})
	return r, err
}

// Propose asks for what to compare next; ErrUnimplemented when the plugin
// does not search.
func (p *Process) Propose(ctx context.Context, req *pluginv1.ProposeRequest) (r *pluginv1.ProposeResponse, err error) {
	err = p.call(ctx, "propose", proposeLimit, func(ctx context.Context) error {
		r, err = p.rpc.Propose(ctx, req)
		return err
	})
	return r, err
}

// PrepareCase prepares one configuration. Prepared is nil when the diagnostics
// hold an error. A deadline of ctx that passes is a hang.
func (p *Process) PrepareCase(ctx context.Context, req *pluginv1.PrepareCaseRequest, onProgress func(*pluginv1.Progress)) (prepared *pluginv1.Prepared, found []*pluginv1.Diagnostic, err error) {
	p.mu.Lock()
	p.digests[req.GetHandle()] = req.GetConfigDigest()
	p.mu.Unlock()
	err = p.call(ctx, "prepare", prepareLimit, func(ctx context.Context) error {
		prepared, found, err = p.prepareEvents(ctx, req, onProgress)
		return err
	})
	return prepared, found, err
}

func (p *Process) prepareEvents(ctx context.Context, req *pluginv1.PrepareCaseRequest, onProgress func(*pluginv1.Progress)) (prepared *pluginv1.Prepared, found []*pluginv1.Diagnostic, err error) {
	stream, err := p.rpc.PrepareCase(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	steps := 0
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if prepared == nil && !hasError(found) {
				return nil, nil, violation{RulePrepared, "PrepareCase ended with neither Prepared nor an error diagnostic"}
			}
			return prepared, found, nil
		}
		if err != nil {
			return nil, nil, err
		}
		switch e := m.GetEvent().(type) {
		case *pluginv1.PrepareCaseResponse_Progress:
			if steps++; steps > mostProgress {
				return nil, nil, violation{RuleBounds, fmt.Sprintf("PrepareCase sent more than %d steps", mostProgress)}
			}
			if onProgress != nil {
				onProgress(e.Progress)
			}
		case *pluginv1.PrepareCaseResponse_Diagnostic:
			if found = append(found, e.Diagnostic); len(found) > mostDiagnostics {
				return nil, nil, violation{RuleBounds, fmt.Sprintf("PrepareCase sent more than %d diagnostics", mostDiagnostics)}
			}
		case *pluginv1.PrepareCaseResponse_Prepared:
			if prepared != nil {
				return nil, nil, violation{RulePrepared, "PrepareCase sent Prepared twice"}
			}
			prepared = e.Prepared
		}
	}
}

func hasError(list []*pluginv1.Diagnostic) bool {
	for _, d := range list {
		if d.GetSeverity() != pluginv1.Diagnostic_SEVERITY_WARNING {
			return true
		}
	}
	return false
}

// Rule is what a plugin owes a visit, or PrepareCase.
type Rule string

// Rules of the protocol that the host holds every message against.
const (
	RulePrepared   Rule = "prepared"   // exactly one Prepared, or an error diagnostic
	RuleAcks       Rule = "acks"       // gapless numbers, each after the Ack of the one before
	RuleDigest     Rule = "digest"     // samples of the configuration that was asked for
	RuleIterations Rule = "iterations" // as many as were asked for
	RuleTimes      Rule = "times"      // that can be
	RuleDone       Rule = "done"       // after as many samples as were asked for, or Stop
	RuleBounds     Rule = "bounds"     // no more diagnostics, intents and steps than anybody reads
)

// violation is a breach of the protocol that the host noticed.
type violation struct {
	rule Rule
	text string
}

func (v violation) Error() string { return v.text }

// kind of the death that breaking the rule ends in. Nothing is computed from numbers
// that cannot be true.
func (r Rule) kind() Kind {
	if r == RuleTimes || r == RuleIterations {
		return KindNumbers
	}
	return KindProtocol
}

// call runs one RPC under a deadline and turns every way it can go wrong into
// the context's error or a *DeathError.
func (p *Process) call(ctx context.Context, phase string, limit time.Duration, f func(context.Context) error) error {
	if _, own := ctx.Deadline(); own {
		limit = math.MaxInt64
	}
	rpcCtx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	if p.theChild().hasExited() {
		return p.death()
	}
	p.setPhase(phase)
	err := f(rpcCtx)
	if err == nil {
		p.setPhase("")
		return nil
	}
	return p.settle(ctx, rpcCtx, phase, err)
}

// settle decides what a failed RPC means. After anything but a cancelled
// context the process is gone when it returns.
func (p *Process) settle(ctx, rpcCtx context.Context, phase string, err error) error {
	var broke violation
	code := status.Code(err)
	switch {
	case errors.As(err, &broke):
		p.kill(cause{kind: broke.rule.kind(), text: broke.text, rule: broke.rule})
	case errors.Is(ctx.Err(), context.Canceled), p.base.Err() != nil:
		// The host gave up; the plugin may still be busy, so Stop must follow.
		if p.theChild().hasExited() || p.condemned() {
			return p.death()
		}
		return fmt.Errorf("%s: %w", phase, context.Canceled)
	case rpcCtx.Err() != nil, code == codes.DeadlineExceeded: // the plugin's clock may strike first
		p.kill(cause{kind: KindHang, text: overdue(rpcCtx)})
	case code == codes.Unavailable:
		if !p.theChild().waitExit(waitForDeath) {
			p.kill(cause{kind: KindProtocol, text: "the connection broke while the process went on: " + status.Convert(err).Message()})
		}
	case code == codes.Unimplemented && phase == "propose":
		p.setPhase("")
		return ErrUnimplemented
	case code == codes.Unimplemented, code == codes.ResourceExhausted:
		p.kill(cause{kind: KindProtocol, text: status.Convert(err).Message()})
	default:
		p.kill(statusCause(status.Convert(err).Message()))
	}
	return p.death()
}

// overdue says which limit ran out. Where the plugin's clock struck first, the host's
// strikes in a moment, and only then is it known.
func overdue(ctx context.Context) string {
	if at, limited := ctx.Deadline(); limited && time.Until(at) < time.Second {
		<-ctx.Done()
	}
	if why := context.Cause(ctx); why != nil && !errors.Is(why, context.DeadlineExceeded) {
		return why.Error()
	}
	return "no answer in time"
}

// condemned: the process has been killed for a reason that is a death.
func (p *Process) condemned() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause.kind != "" && p.cause.kind != KindNone
}

// statusCause reads the class of a status message.
func statusCause(message string) cause {
	switch class, text := wire.FaultClass(message); class {
	case wire.DeviceFault, wire.DeviceLost:
		return cause{kind: KindGPUFault, text: class + ": " + text}
	case wire.DeviceTimeout:
		return cause{kind: KindHang, text: class + ": " + text}
	default:
		return cause{kind: KindError, text: message}
	}
}

// death waits for the end and reports it.
func (p *Process) death() error {
	p.end()
	return &DeathError{Plugin: p.opts.name(), Death: p.Death()}
}
