package main

import (
	"math"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// handVisit is one Measure call.
type handVisit struct {
	b      *byHand
	stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]
	start  *pluginv1.Start
	c      handCase
	inbox  chan *pluginv1.MeasureRequest // closed at the stream's end
	seq    uint64
	waited time.Duration // for the last Ack
}

func (b *byHand) Measure(stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	start := first.GetStart()
	b.mu.Lock()
	c, known := b.cases[start.GetHandle()]
	b.mu.Unlock()
	if !known {
		return status.Errorf(codes.NotFound, "no case %q", start.GetHandle())
	}
	v := &handVisit{b: b, stream: stream, start: start, c: c, inbox: make(chan *pluginv1.MeasureRequest, 4)}
	go func() {
		defer close(v.inbox)
		for {
			m, err := stream.Recv()
			if err != nil {
				return
			}
			v.inbox <- m
		}
	}()
	return v.run()
}

func (v *handVisit) has(fault string) bool { return v.b.has(fault) }

func (v *handVisit) run() error {
	if !v.has("no-intent") {
		v.seq++
		if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Intent{Intent: &pluginv1.Intent{Seq: v.seq, What: "wait"}}}); err != nil {
			return err
		}
		if !v.has("hasty-intent") && v.stopped() {
			return v.done("stopped")
		}
	}
	n := v.start.GetIterations()
	if n == 0 {
		if n = max(1, uint64(v.start.GetSampleNs()/v.c.iteration.Nanoseconds())); v.has("short-samples") {
			n = 1
		}
	}
	var early *pluginv1.Sample
	for taken := uint32(0); v.wants(taken); taken++ {
		if taken == 1 && v.has("early-done") {
			return v.done("samples")
		}
		if taken == 1 && v.has("dies-measuring") {
			os.Exit(3)
		}
		s := early
		if early == nil {
			s = v.take(n)
		}
		if err := v.sample(s); err != nil {
			return err
		}
		if early = nil; v.has("starts-early") {
			early = v.take(n)
		}
		if !v.has("no-wait") && v.stopped() {
			if v.has("ignores-stop") {
				continue
			}
			if v.has("sample-after-stop") {
				_ = v.sample(v.take(n))
			}
			return v.done("stopped")
		}
	}
	return v.done("samples")
}

func (v *handVisit) wants(taken uint32) bool {
	asked := v.start.GetSamples()
	if asked > 0 && v.has("one-more") {
		asked++
	}
	return v.start.GetSamples() == 0 || taken < asked
}

// take waits for n iterations, beating meanwhile.
func (v *handVisit) take(n uint64) *pluginv1.Sample {
	length, began := time.Duration(n)*v.c.iteration, time.Now()
	for left := length; left > 0; left = length - time.Since(began) {
		time.Sleep(min(left, time.Duration(v.start.GetHeartbeatNs())/4))
		if time.Since(began) < length && !v.has("no-heartbeat") {
			_ = v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{Heartbeat: &pluginv1.Heartbeat{Doing: "wait"}}})
		}
	}
	wall := time.Since(began).Nanoseconds()
	s := &pluginv1.Sample{ConfigDigest: v.c.digest, Iterations: n, WallNs: wall, DeviceNs: wall * 9 / 10, EncodeNs: wall / 100}
	switch v.b.fault {
	case "counts-waiting":
		s.WallNs += v.waited.Nanoseconds()
	case "constant-times":
		s.WallNs, s.DeviceNs, s.EncodeNs = 1e6, 9e5, 1e4
	case "async-times":
		s.WallNs, s.DeviceNs = wall/10, wall/11
	case "inflated-times":
		s.WallNs *= 10
	case "device-above-wall":
		s.DeviceNs = 2 * wall
	}
	return s
}

// sample numbers a sample and sends it.
func (v *handVisit) sample(s *pluginv1.Sample) error {
	v.seq++
	s.Seq = v.seq
	if s.GetSeq() == 3 {
		switch v.b.fault {
		case "skips-number":
			s.Seq++
		case "wrong-digest":
			s.ConfigDigest = "sha256:00"
		case "other-iterations":
			s.Iterations++
		case "zero-times":
			s.WallNs = 0
		case "undeclared-sample-metric":
			s.Metrics = map[string]float64{"speed": 1}
		case "nan-sample-metric":
			s.Metrics = map[string]float64{"rel_err": math.NaN()}
		}
	}
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: s}})
}

// stopped waits for the answer to the last number: Ack, or Stop, or the end.
func (v *handVisit) stopped() bool {
	began := time.Now()
	m, open := <-v.inbox
	v.waited = time.Since(began)
	if v.has("impatient") && v.waited > 500*time.Millisecond {
		os.Exit(4)
	}
	return !open || m.GetStop() != nil
}

func (v *handVisit) done(reason string) error {
	if reason == "stopped" && v.has("late-stop") {
		for range 30 {
			time.Sleep(100 * time.Millisecond)
			if err := v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{Heartbeat: &pluginv1.Heartbeat{}}}); err != nil {
				return err
			}
		}
	}
	if v.has("no-done") {
		return nil
	}
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Done{Done: &pluginv1.Done{Reason: reason}}})
}

func (v *handVisit) send(m *pluginv1.MeasureResponse) error { return v.stream.Send(m) }
