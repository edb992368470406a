package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

type event struct {
	m     *pluginv1.MeasureResponse
	err   error
	acked uint64 // the last number acknowledged when it arrived
}

// visit is the host's end of one Measure stream.
type visit struct {
	p      *Process
	stream grpc.BidiStreamingClient[pluginv1.MeasureRequest, pluginv1.MeasureResponse]
	start  *pluginv1.Start
	h      MeasureHandler
	digest string

	events   chan event
	left     chan struct{} // closed when run returns
	stopping chan struct{} // Stop was asked for from outside
	acked    atomic.Uint64
	seq      uint64
	samples  uint32
	intents  int       // since the last sample
	diags    int       // of the visit
	due      time.Time // of the next sample, or of the end once the host has asked for it
	stopSent bool
	failure  error // of a handler, or the context's
}

func (v *visit) askStop() {
	select {
	case v.stopping <- struct{}{}:
	default:
	}
}

func (v *visit) receive() {
	for {
		m, err := v.stream.Recv()
		select {
		case v.events <- event{m, err, v.acked.Load()}:
		case <-v.left: // not the stream's context: it ends before its error is read
			return
		}
		if err != nil {
			return
		}
	}
}

// oversleep is the part of the limit by which its timer may be late before the
// host, and not the plugin, counts as the one that did nothing.
const oversleep = 32

// run drives the stream until Done. Time spent in handlers does not count as
// silence.
func (v *visit) run(ctx context.Context) (*pluginv1.Done, error) {
	first := &pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: v.start}}
	// An error of Send is io.EOF; the reason comes from Recv.
	if err := v.stream.Send(first); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	crash.Go(v.receive)
	defer close(v.left)
	limit := time.Duration(v.start.GetHeartbeatNs())
	silence := time.NewTimer(limit)
	defer silence.Stop()
	cancelled := ctx.Done()
	var grace <-chan time.Time
	v.due = time.Now().Add(v.h.SampleTimeout)
	for {
		wait := max(0, min(limit, time.Until(v.due)))
		silence.Reset(wait)
		armed := time.Now()
		select {
		case e := <-v.events:
			arrived := time.Now()
			done, err := v.event(e)
			v.due = v.due.Add(time.Since(arrived)) // a handler's time is the host's
			if done != nil && err == nil && v.failure != nil {
				return done, &handlerError{v.failure}
			}
			if done != nil || err != nil {
				return done, err
			}
		case <-silence.C:
			if late := time.Since(armed) - wait; late > limit/oversleep {
				v.due = v.due.Add(late)
				continue // this host was stopped: what the plugin said meanwhile is still to be read
			}
			if wait < limit {
				return nil, errNoSample
			}
			return nil, errSilent
		case <-v.stopping:
			v.stop("the session ends")
		case <-cancelled:
			cancelled = nil
			v.fail(ctx.Err())
			grace = time.After(VisitGrace)
		case <-grace:
			return nil, &handlerError{v.failure}
		}
	}
}

// event handles one message; done is set at the end of the visit.
func (v *visit) event(e event) (done *pluginv1.Done, err error) {
	if errors.Is(e.err, io.EOF) {
		return nil, violation{RuleDone, "the visit ended without Done"}
	}
	if e.err != nil {
		return nil, e.err
	}
	switch m := e.m.GetEvent().(type) {
	case *pluginv1.MeasureResponse_Intent:
		if err := v.inOrder(m.Intent.GetSeq(), e.acked); err != nil {
			return nil, err
		}
		if v.intents++; v.intents > mostIntents {
			return nil, violation{RuleBounds, fmt.Sprintf("%d intents came without a sample", v.intents)}
		}
		v.p.mu.Lock()
		v.p.intent = m.Intent.GetWhat()
		v.p.mu.Unlock()
		if v.h.OnIntent != nil {
			if err := v.h.OnIntent(m.Intent); err != nil {
				v.fail(err)
				return nil, nil
			}
		}
		v.ack()
	case *pluginv1.MeasureResponse_Sample:
		if err := v.inOrder(m.Sample.GetSeq(), e.acked); err != nil {
			return nil, err
		}
		return nil, v.sample(m.Sample)
	case *pluginv1.MeasureResponse_Heartbeat:
		if v.h.OnHeartbeat != nil {
			v.h.OnHeartbeat(m.Heartbeat)
		}
	case *pluginv1.MeasureResponse_Diagnostic:
		if v.diags++; v.diags > mostDiagnostics {
			return nil, violation{RuleBounds, fmt.Sprintf("the visit sent more than %d diagnostics", mostDiagnostics)}
		}
		if v.h.OnDiagnostic != nil {
			v.h.OnDiagnostic(m.Diagnostic)
		}
	case *pluginv1.MeasureResponse_Done:
		if err := v.early(); err != nil {
			return nil, err
		}
		return m.Done, nil
	}
	return nil, nil
}

// early says that the visit ended although the host wants more samples: with
// fewer, or none, its round would not be like the others.
func (v *visit) early() error {
	asked := v.start.GetSamples()
	switch {
	case v.stopSent || asked != 0 && v.samples == asked:
		return nil
	case asked == 0:
		return violation{RuleDone, fmt.Sprintf("the visit ended after %d samples, before the host asked it to", v.samples)}
	}
	return violation{RuleDone, fmt.Sprintf("the visit ended after %d samples of %d", v.samples, asked)}
}

func (v *visit) sample(s *pluginv1.Sample) error {
	v.samples++
	switch {
	case s.GetConfigDigest() != v.digest:
		return violation{RuleDigest, fmt.Sprintf("sample %d is of configuration %s, asked was %s", s.GetSeq(), s.GetConfigDigest(), v.digest)}
	case !believable(s):
		return violation{RuleTimes, fmt.Sprintf("sample %d has impossible times: %d iterations, wall %d ns, device %d ns, encode %d ns",
			s.GetSeq(), s.GetIterations(), s.GetWallNs(), s.GetDeviceNs(), s.GetEncodeNs())}
	case v.start.GetIterations() != 0 && s.GetIterations() != v.start.GetIterations():
		return violation{RuleIterations, fmt.Sprintf("sample %d has %d iterations, asked were %d", s.GetSeq(), s.GetIterations(), v.start.GetIterations())}
	case v.start.GetSamples() != 0 && v.samples > v.start.GetSamples():
		return violation{RuleDone, fmt.Sprintf("sample %d is one more than asked", s.GetSeq())}
	}
	stop, err := v.h.OnSample(s)
	if err != nil {
		v.fail(err) // not kept, so not acknowledged
		return nil
	}
	v.intents = 0
	if !v.stopSent {
		v.due = time.Now().Add(v.h.SampleTimeout)
	}
	if stop {
		v.stop("the host has enough")
	}
	v.ack()
	return nil
}

const (
	longest        = 1e15    // ns of a sample, eleven days: a thousand of them can be added up
	mostIterations = 1 << 53 // of a sample: a float64 holds them exactly
)

// believable says that a sample's numbers are in ranges in which the host may
// compute with them.
func believable(s *pluginv1.Sample) bool {
	wall, device, encode := s.GetWallNs(), s.GetDeviceNs(), s.GetEncodeNs()
	return s.GetIterations() > 0 && s.GetIterations() <= mostIterations &&
		wall > 0 && wall <= longest && device >= 0 && device <= longest && encode >= 0 && encode <= longest
}

// inOrder holds the plugin to gapless numbers and to waiting for acks.
func (v *visit) inOrder(seq, ackedOnArrival uint64) error {
	v.seq++
	switch {
	case seq != v.seq:
		return violation{RuleAcks, fmt.Sprintf("sequence number %d came where %d was due", seq, v.seq)}
	case ackedOnArrival < seq-1 && !v.stopSent:
		return violation{RuleAcks, fmt.Sprintf("number %d was sent before %d was acknowledged", seq, seq-1)}
	}
	return nil
}

// ack acknowledges the last number. After Stop there is nothing to wait for.
func (v *visit) ack() {
	v.p.mu.Lock()
	v.p.acked = v.seq
	v.p.mu.Unlock()
	v.acked.Store(v.seq)
	if !v.stopSent {
		_ = v.stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: v.seq}}})
	}
}

func (v *visit) stop(reason string) {
	if v.stopSent {
		return
	}
	v.stopSent = true
	_ = v.stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Stop{Stop: &pluginv1.Stop{Reason: reason}}})
}

// fail ends the visit in order because of err.
func (v *visit) fail(err error) {
	if err == nil {
		return
	}
	if v.failure == nil {
		v.failure = err
	}
	v.stop("the host gives up: " + err.Error())
}
