package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

func (s *server) PrepareCase(r *pluginv1.PrepareCaseRequest, stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]) error {
	c := configOf(r.GetConfigJson())
	s.mu.Lock()
	s.cases[r.GetHandle()] = prepared{c, r.GetConfigDigest()}
	s.mu.Unlock()
	answer := func(p *pluginv1.Prepared) error {
		return stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Prepared{Prepared: p}})
	}
	switch c.Mode {
	case "prepare-hang":
		time.Sleep(whileServed)
	case "prepare-forever":
		return progress(stream, math.MaxInt, 10*time.Millisecond)
	case "prepare-flood":
		if err := progress(stream, 100_000, 0); err != nil {
			return err
		}
	case "prepare-text":
		_ = stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Progress{Progress: &pluginv1.Progress{Step: text, Fraction: math.NaN()}}})
		_ = diagnose(stream, warning(text, text))
	case "prepare-refused":
		return diagnose(stream, fault(text))
	case "prepare-status":
		return status.Error(codes.Internal, text)
	case "prepare-nothing":
		return nil
	case "prepare-twice":
		_ = answer(facts(c.Mode))
	case "children":
		spawn(1)
	}
	return answer(facts(c.Mode))
}

func diagnose(stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse], d *pluginv1.Diagnostic) error {
	return stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Diagnostic{Diagnostic: d}})
}

// progress tells of many steps, until nobody listens.
func progress(stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse], n int, pause time.Duration) error {
	for i := range n {
		p := &pluginv1.Progress{Step: fmt.Sprint("step ", i), Fraction: 0.5}
		if err := stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Progress{Progress: p}}); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

// facts are what a mode says of a configuration that is ready.
func facts(mode string) *pluginv1.Prepared {
	p := &pluginv1.Prepared{
		Checks: []*pluginv1.Check{correct()}, Metrics: map[string]float64{"rel_err": 0}, Facts: map[string]string{"model": "none"},
		Phases: map[string]*pluginv1.PhaseFacts{"decode": {UnitsPerIteration: 1, BytesPerIteration: 1024}},
	}
	check, phase := p.Checks[0], p.Phases["decode"]
	switch mode {
	case "prepare-empty":
		return &pluginv1.Prepared{}
	case "prepare-text":
		check.Detail, p.Facts = text, map[string]string{text: text}
		p.Checks = append(p.Checks, &pluginv1.Check{Name: text, Passed: true, Detail: text})
	case "facts-nan":
		p.Metrics["rel_err"], p.Metrics["inf"] = math.NaN(), math.Inf(1)
		phase.UnitsPerIteration = math.NaN()
	case "facts-negative":
		phase.BytesPerIteration, phase.UnitsPerIteration = -5, -1
		p.DeviceBytes, p.PrepareNs = -1, -1
	case "facts-huge":
		for i := range 50 {
			p.Facts[fmt.Sprint("k", i)] = strings.Repeat("z", 100<<10)
		}
	case "facts-other-phase":
		p.Phases["other"] = &pluginv1.PhaseFacts{UnitsPerIteration: 1}
	case "facts-no-phase":
		p.Phases = nil
	case "check-nan":
		check.Value = math.NaN()
	case "check-lies":
		check.Value = 5
	case "check-fails":
		check.Value, check.Passed = 5, false
	}
	return p
}
