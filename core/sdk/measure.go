package sdk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
)

// Defaults for what a host leaves out of Start.
const (
	defaultSample    = 20 * time.Millisecond
	defaultHeartbeat = 5 * time.Second
	maxIterations    = 1 << 30
)

// Beat says that the work of a call with this context goes on: a heartbeat is sent
// to the host when one is due. Devices call it while they are waited for; other
// loops that take long call it themselves. It is cheap.
func Beat(ctx context.Context) { metal.Beat(ctx) }

type measureStream = grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]

// Measure implements the protocol: one visit.
func (s *server[C]) Measure(stream measureStream) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return status.Error(codes.InvalidArgument, "a visit begins with Start")
	}
	c, err := s.find(start.GetHandle())
	if err != nil {
		return err
	}
	if err := c.names.timed(start.GetPhase()); err != nil {
		return err
	}
	phase := c.phases[start.GetPhase()]
	if phase == nil {
		return status.Errorf(codes.InvalidArgument, "phase %q was not asked for when the configuration was prepared", start.GetPhase())
	}
	if n, ok := c.fixed[start.GetPhase()]; ok {
		if asked := start.GetIterations(); asked != 0 && asked != n {
			return status.Errorf(codes.InvalidArgument, "%d iterations of phase %q are asked for; it has %d in every sample", asked, start.GetPhase(), n)
		}
		start.Iterations = n
	}
	v := newVisit(stream, start, c, phase)
	go v.receive()
	s.lane.do(func() {
		s.device.Dispatched(0) // what was dispatched before is not the visit's
		var reason string
		if reason, err = v.run(); err == nil {
			err = v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Done{Done: &pluginv1.Done{
				Reason: reason, PeakDeviceBytes: s.device.Memory().Peak, Dispatched: protoDispatched(s.device.Dispatched(v.ran)),
			}}})
		}
	})
	return err
}

// visit is one Measure call.
type visit struct {
	stream measureStream
	start  *pluginv1.Start
	c      *prepared
	phase  *timed
	times  visitTimes

	seq  uint64
	ran  int           // iterations so far
	acks chan uint64   // from receive
	stop chan struct{} // closed by receive on Stop or at the stream's end

	beatEvery time.Duration
	patience  time.Duration // of a batch without a beat, less than the host's
	mu        sync.Mutex    // guards stream.Send, lastSent and giveUp
	lastSent  time.Time
	giveUp    *time.Timer // calls the wait of the batch under way off; nil: none is
}

func newVisit(stream measureStream, start *pluginv1.Start, c *prepared, phase *timed) *visit {
	heartbeat := time.Duration(start.GetHeartbeatNs())
	if heartbeat <= 0 {
		heartbeat = defaultHeartbeat
	}
	v := &visit{
		stream: stream, start: start, c: c, phase: phase, beatEvery: heartbeat / 4, patience: heartbeat * 3 / 4,
		acks: make(chan uint64, 1), stop: make(chan struct{}), lastSent: time.Now(),
	}
	return v
}

// run is the visit: intent, calibration, then samples in lock-step with acks.
func (v *visit) run() (reason string, err error) {
	quiet := quietGC()
	defer quiet()
	if v.c.BeginVisit != nil { // an intent of its own: the time for it is no sample's
		if stopped, err := v.intend("begin a visit of " + v.phase.name); stopped || err != nil {
			return "stopped", err
		}
		v.c.BeginVisit(v.phase.name)
	}
	if stopped, err := v.intend("run " + v.phase.name + " on the device"); stopped || err != nil {
		return "stopped", err
	}
	if err := v.phase.spoil(); err != nil {
		return "", wire.Status(err)
	}
	n, stopped, err := v.iterations()
	if stopped || err != nil {
		return "stopped", err
	}
	for taken := uint32(0); v.start.GetSamples() == 0 || taken < v.start.GetSamples(); taken++ {
		t, err := v.batch(n)
		if err != nil {
			return "", err
		}
		if err := v.sendSample(n, t); err != nil {
			return "", err
		}
		if stopped, err := v.waitAck(); stopped || err != nil {
			return "stopped", err
		}
	}
	return "samples", nil
}

// intend tells the host of work that may be fatal, and waits until it has noted that.
func (v *visit) intend(what string) (stopped bool, err error) {
	v.seq++
	intent := &pluginv1.Intent{Seq: v.seq, What: what}
	if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Intent{Intent: intent}}); err != nil {
		return false, err
	}
	return v.waitAck()
}

// iterations is what the host asked for, or the number that lasts sample_ns:
// batches that count for nothing grow until one is long enough to scale from.
func (v *visit) iterations() (n int, stopped bool, err error) {
	if asked := v.start.GetIterations(); asked > 0 {
		return int(min(asked, maxIterations)), false, nil
	}
	want := time.Duration(v.start.GetSampleNs())
	if want <= 0 {
		want = defaultSample
	}
	for n = 1; ; {
		t, err := v.batch(n)
		if err != nil {
			return 0, false, err
		}
		v.beat()
		if v.stopRequested() {
			return 0, true, nil
		}
		perIteration := float64(max(t.Wall, 1)) / float64(n)
		fit := int(min(max(math.Round(float64(want)/perIteration), 1), maxIterations))
		// The first batches are cold and too short to scale from; growth is
		// bounded so that one odd clock reading cannot ask for hours.
		if t.Wall >= want/2 || fit == maxIterations || n >= fit {
			return fit, false, nil
		}
		n = min(fit, n*16)
	}
}

// batch runs n iterations once. A device without progress is given up before the
// host would end the process: the device can say which kernel hangs, and where.
func (v *visit) batch(n int) (metal.Times, error) {
	ctx, cancel := context.WithCancelCause(metal.WithBeat(v.stream.Context(), v.beat))
	defer cancel(nil)
	v.watch(time.AfterFunc(v.patience, func() {
		cancel(fmt.Errorf("no progress for %v, three quarters of heartbeat_timeout", v.patience))
	}))
	defer v.watch(nil)
	t, err := v.phase.run(ctx, n, &v.times)
	if err != nil {
		if ctxErr := v.stream.Context().Err(); ctxErr != nil {
			return t, status.FromContextError(ctxErr).Err()
		}
		if ctx.Err() != nil && !errors.Is(err, metal.ErrTimeout) {
			err = fmt.Errorf("%w: %w: %w", metal.ErrTimeout, err, context.Cause(ctx))
		}
		return t, wire.Status(fmt.Errorf("%s, %d iterations: %w", v.start.GetPhase(), n, err))
	}
	v.ran += n
	return t, nil
}

func (v *visit) sendSample(n int, t metal.Times) error {
	v.seq++
	sample := &pluginv1.Sample{
		Seq: v.seq, ConfigDigest: v.c.digest, Iterations: uint64(n),
		WallNs: t.Wall.Nanoseconds(), DeviceNs: t.Device.Nanoseconds(), EncodeNs: t.Encode.Nanoseconds(),
	}
	if v.c.SampleMetrics != nil {
		sample.Metrics = v.c.SampleMetrics()
		if err := known("SampleMetrics", "metric", sample.Metrics, v.c.names.metrics); err != nil {
			return wire.Status(fmt.Errorf("%s: %w", v.start.GetPhase(), err))
		}
	}
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: sample}})
}

// send may be called from the waiting loop of a device as well.
func (v *visit) send(r *pluginv1.MeasureResponse) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastSent = time.Now()
	return v.stream.Send(r)
}

// watch makes t the timer that beats put off; nil ends the last one.
func (v *visit) watch(t *time.Timer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.giveUp != nil {
		v.giveUp.Stop()
	}
	v.giveUp = t
}

// beat is called by whoever waits on the device, whenever it makes progress.
func (v *visit) beat() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.giveUp != nil {
		v.giveUp.Reset(v.patience)
	}
	if now := time.Now(); now.Sub(v.lastSent) >= v.beatEvery {
		v.lastSent = now
		// A broken stream also ends the context that the device waits under.
		_ = v.stream.Send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{
			Heartbeat: &pluginv1.Heartbeat{Doing: v.start.GetPhase()},
		}})
	}
}

// receive reads the host's messages until the stream ends.
func (v *visit) receive() {
	var once sync.Once
	stop := func() { once.Do(func() { close(v.stop) }) }
	defer stop()
	for {
		m, err := v.stream.Recv()
		if err != nil {
			return // the host closed, gave up or is gone; the stream's context knows
		}
		switch m := m.GetMessage().(type) {
		case *pluginv1.MeasureRequest_Ack:
			select {
			case v.acks <- m.Ack.GetSeq():
			case <-v.stream.Context().Done():
				return
			}
		case *pluginv1.MeasureRequest_Stop:
			stop()
		}
	}
}

func (v *visit) stopRequested() bool {
	select {
	case <-v.stop:
		return true
	default:
		return false
	}
}

// waitAck waits for the ack of the last sequence number. The host may answer
// with Stop instead.
func (v *visit) waitAck() (stopped bool, err error) {
	select {
	case seq := <-v.acks:
		if seq != v.seq {
			return false, status.Errorf(codes.InvalidArgument, "ack %d came for %d", seq, v.seq)
		}
		return v.stopRequested(), nil
	case <-v.stop:
		return true, nil
	case <-v.stream.Context().Done():
		return false, status.FromContextError(v.stream.Context().Err()).Err()
	}
}
