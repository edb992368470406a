package main

import (
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// perIteration is how long an iteration of an arm takes that is not slow.
const perIteration = 200 * time.Microsecond

// visit is one call of Measure.
type visit struct {
	stream acks.Stream
	prepared
	start   *pluginv1.Start
	seq     uint64
	n       int // samples sent
	stopped bool
}

func (s *server) Measure(stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]) error {
	noted := acks.Noted(stream)
	m, err := noted.Recv()
	if err != nil {
		return err
	}
	v := &visit{stream: noted, prepared: s.prepared(m.GetStart().GetHandle()), start: m.GetStart(), seq: 1}
	if ended, err := v.before(); ended || err != nil {
		return err
	}
	if err := v.intent(); err != nil {
		return err
	}
	for !v.ended() {
		if err := v.sample(); err != nil {
			return err
		}
	}
	return v.after()
}

// counted says that the host asked for samples, and not for a warm-up.
func (v *visit) counted() bool { return v.start.GetSamples() > 0 }

func (v *visit) ended() bool {
	return v.stopped && v.Mode != "after-stop" || v.counted() && v.n >= int(v.start.GetSamples()) && (v.Mode != "one-more" || v.n > int(v.start.GetSamples()))
}

func (v *visit) intent() error {
	i := &pluginv1.Intent{Seq: v.seq, What: "sleep"}
	if v.Mode == "intent-text" {
		i.What = text
	}
	if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Intent{Intent: i}}); err != nil {
		return err
	}
	return v.answer()
}

// sample sleeps for the wanted iterations and reports what the mode makes of it.
func (v *visit) sample() error {
	iterations := v.start.GetIterations()
	if iterations == 0 {
		iterations = max(1, uint64(v.start.GetSampleNs()/perIteration.Nanoseconds()))
	}
	length := time.Duration(float64(iterations) * max(v.Slow, 0.01) * float64(perIteration))
	if v.Mode == "iterations-ignored" {
		length = perIteration
	}
	// It tells how long the iterations were to take: how much longer a sleep lasts
	// on a busy machine is nothing of the arm's.
	sleep(length + time.Microsecond)
	took := length.Nanoseconds() + rand.Int64N(1000)
	v.seq, v.n = v.seq+1, v.n+1
	// Device and encoding time are drawn, so that no two samples are alike.
	x := &pluginv1.Sample{
		Seq: v.seq, ConfigDigest: v.digest, Iterations: iterations, WallNs: took,
		DeviceNs: took - rand.Int64N(took/10), EncodeNs: rand.Int64N(took / 10),
	}
	v.lie(x)
	if v.disturb() {
		return nil
	}
	if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: x}}); err != nil {
		return err
	}
	if v.Mode == "flood" {
		for range 100_000 {
			x.Seq++
			if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: x}}); err != nil {
				return err
			}
		}
	}
	if v.Mode == "no-wait" || v.stopped {
		return nil
	}
	return v.answer()
}

// sleep ends when it should: the last part of it, by which the system may be late,
// it looks at the clock.
func sleep(length time.Duration) {
	began := time.Now()
	time.Sleep(length - 300*time.Microsecond)
	for time.Since(began) < length {
	}
}

// answer waits for the host's answer to what was sent last.
func (v *visit) answer() error {
	m, err := v.stream.Recv()
	if m.GetStop() != nil {
		v.stopped = true
	}
	return err
}

func (v *visit) send(m *pluginv1.MeasureResponse) error { return v.stream.Send(m) }

func (v *visit) heartbeat() error {
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{Heartbeat: &pluginv1.Heartbeat{Doing: text}}})
}

func (v *visit) heartbeats(pause time.Duration) error {
	for {
		if err := v.heartbeat(); err != nil {
			return err
		}
		time.Sleep(pause)
	}
}

func (v *visit) done() error {
	d := &pluginv1.Done{Reason: "samples"}
	if v.Mode == "peak-negative" {
		d.PeakDeviceBytes = -7
	}
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Done{Done: d}})
}
