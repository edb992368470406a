package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// handCase is one prepared configuration.
type handCase struct {
	digest    string
	iteration time.Duration
}

// handConfig is the configuration; zero iterations are refused by ValidateConfig
// and not by the schema.
type handConfig struct {
	IterationNS *float64 `json:"iteration_ns"`
	Tag         *string  `json:"tag"`
}

func (b *byHand) description() *pluginv1.DescribeResponse {
	least := 0.0
	d := &pluginv1.DescribeResponse{
		Name: badplugin.Name, Version: "0.1.0", Markdown: "Speaks the protocol by hand.", Source: "assay/" + badplugin.Name, Devices: []string{"cpu"},
		Config: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
			{Name: "iteration_ns", Type: "number", Description: "length of one iteration", DefaultJson: "100000", Integer: true, Min: &least},
			{Name: "tag", Type: "string", Description: "changes nothing", DefaultJson: `"none"`},
		}},
		Phases:  []*pluginv1.Phase{{Name: "decode", Description: "waits", Unit: "call"}},
		Metrics: []*pluginv1.Metric{{Name: "rel_err", Description: "what the check found", Better: pluginv1.Metric_BETTER_LOWER}},
	}
	switch b.fault {
	case "describe-varies":
		d.Version = fmt.Sprintf("0.1.%d", os.Getpid())
	case "bad-type":
		d.Config.Attributes[0].Type = "lisst(number)"
	case "undocumented-argument":
		d.Config.Attributes[1].Description = ""
	case "undocumented-phase":
		d.Phases[0].Description = ""
	case "undocumented-metric":
		d.Metrics[0].Description = ""
	case "promises-propose", "bad-proposal":
		d.Capabilities = []pluginv1.Capability{pluginv1.Capability_CAPABILITY_PROPOSE}
	}
	return d
}

func (b *byHand) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	switch b.fault {
	case "prints":
		fmt.Println("Describe was called")
	case "describe-slow":
		time.Sleep(3 * time.Second)
	}
	return b.description(), nil
}

func (b *byHand) ValidateConfig(_ context.Context, req *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	b.asked++
	out := &pluginv1.ValidateConfigResponse{}
	refuse := func(argument, why string) {
		d := &pluginv1.Diagnostic{Severity: pluginv1.Diagnostic_SEVERITY_ERROR, Summary: why, Code: "refused"}
		switch {
		case b.has("refuses-elsewhere"):
			d.Path = []*pluginv1.PathStep{{Step: &pluginv1.PathStep_Name{Name: "iterations"}}}
		case !b.has("refuses-without-path"):
			d.Path = []*pluginv1.PathStep{{Step: &pluginv1.PathStep_Name{Name: argument}}}
		}
		out.Diagnostics = append(out.Diagnostics, d)
	}
	if b.has("validate-varies") {
		out.DeviceBytes = int64(b.asked)
	}
	if b.has("dies-on-unknown") && bytes.Contains(req.GetConfigJson(), []byte(`"assay_unknown"`)) {
		os.Exit(3)
	}
	var c handConfig
	if err := json.Unmarshal(req.GetConfigJson(), &c); err != nil {
		argument := "iteration_ns"
		if strings.Contains(err.Error(), "tag") {
			argument = "tag"
		}
		refuse(argument, "it has the wrong type")
		return out, nil
	}
	switch {
	case c.IterationNS == nil:
		refuse("iteration_ns", "it is missing")
	case *c.IterationNS > 1e12 && b.has("panics-on-huge"):
		panic("planted panic")
	case *c.IterationNS == 0 && b.has("hangs-on-zero"):
		time.Sleep(time.Hour)
	case *c.IterationNS < 1 && b.has("status-for-user"):
		return nil, status.Error(codes.InvalidArgument, "iteration_ns is too small")
	case *c.IterationNS < 1:
		refuse("iteration_ns", "it is too small")
	case *c.IterationNS > 1e9:
		refuse("iteration_ns", "it is too large")
	}
	return out, nil
}

func (b *byHand) OpenDevice(_ context.Context, req *pluginv1.OpenDeviceRequest) (*pluginv1.OpenDeviceResponse, error) {
	d := &pluginv1.Device{Kind: "cpu", Name: "by hand", Cores: 1, Index: req.GetIndex(), Yardsticks: []string{"stream"}}
	switch b.fault {
	case "no-device":
		d = nil
	case "other-device":
		d.Kind = "cuda"
	}
	return &pluginv1.OpenDeviceResponse{Device: d}, nil
}

func (b *byHand) MeasureYardstick(context.Context, *pluginv1.MeasureYardstickRequest) (*pluginv1.MeasureYardstickResponse, error) {
	memory, sum, began := make([]byte, 16<<20), byte(0), time.Now()
	for _, x := range memory {
		sum += x
	}
	took := time.Since(began).Nanoseconds() + int64(sum)
	if b.has("yardstick-impossible") {
		took *= 1000
	}
	return &pluginv1.MeasureYardstickResponse{Bytes: int64(len(memory)), Ns: took}, nil
}

func (b *byHand) PrepareCase(req *pluginv1.PrepareCaseRequest, stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]) error {
	var c handConfig
	if err := json.Unmarshal(req.GetConfigJson(), &c); err != nil || c.IterationNS == nil {
		return status.Error(codes.InvalidArgument, "the configuration is not what the schema says")
	}
	if err := stream.Send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Progress{Progress: &pluginv1.Progress{Step: "inputs", Fraction: 1}}}); err != nil {
		return err
	}
	b.mu.Lock()
	if b.has("one-handle") {
		clear(b.cases)
	}
	b.cases[req.GetHandle()] = handCase{digest: req.GetConfigDigest(), iteration: time.Duration(*c.IterationNS)}
	b.mu.Unlock()
	prepared := &pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Prepared{Prepared: b.prepared(req.GetSeed())}}
	switch b.fault {
	case "prepare-error":
		return status.Error(codes.Internal, "planted error")
	case "never-prepared":
		return nil
	case "prepared-twice":
		if err := stream.Send(prepared); err != nil {
			return err
		}
	}
	return stream.Send(prepared)
}

// prepared has an error and a projection of the output that follow from the seed.
func (b *byHand) prepared(seed uint64) *pluginv1.Prepared {
	switch b.fault {
	case "random-inputs":
		seed = rand.Uint64()
	case "seed-ignored":
		seed = 7
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	relErr, output := rng.Float64()*1e-4, []float64{rng.Float64(), rng.Float64()}
	p := &pluginv1.Prepared{
		Checks:  []*pluginv1.Check{{Name: "rel_err", Value: relErr, Limit: 1e-3, Passed: true, Kind: pluginv1.Check_KIND_CORRECTNESS}},
		Metrics: map[string]float64{"rel_err": relErr}, Facts: map[string]string{"model": "none"},
		Phases:  map[string]*pluginv1.PhaseFacts{"decode": {UnitsPerIteration: 1, BytesPerIteration: 1024}},
		Numbers: map[string]*pluginv1.Numbers{"output": {Values: output, Tolerance: 1e-6}},
	}
	switch b.fault {
	case "undeclared-metric":
		p.Metrics["speed"] = 1
	case "nan-metric":
		p.Metrics["rel_err"] = math.NaN()
	case "failing-check":
		p.Checks[0].Value, p.Checks[0].Passed = 5, false
	case "undeclared-facts":
		p.Phases["prefill"] = &pluginv1.PhaseFacts{UnitsPerIteration: 1}
	}
	return p
}

func (b *byHand) ReleaseCase(_ context.Context, req *pluginv1.ReleaseCaseRequest) (*pluginv1.ReleaseCaseResponse, error) {
	b.mu.Lock()
	delete(b.cases, req.GetHandle())
	b.mu.Unlock()
	check := &pluginv1.Check{Name: "rel_err", Value: 1e-5, Limit: 1e-3, Passed: true, Kind: pluginv1.Check_KIND_CORRECTNESS}
	switch b.fault {
	case "release-error":
		return nil, status.Error(codes.Internal, "planted error")
	case "release-wrong":
		check.Value, check.Passed = 5, false
	}
	return &pluginv1.ReleaseCaseResponse{Checks: []*pluginv1.Check{check}}, nil
}

func (b *byHand) Propose(context.Context, *pluginv1.ProposeRequest) (*pluginv1.ProposeResponse, error) {
	if b.has("bad-proposal") {
		return &pluginv1.ProposeResponse{Proposals: []*pluginv1.Proposal{{Name: "next", ConfigJson: []byte(`{"iterations": 5}`)}}}, nil
	}
	return nil, status.Error(codes.Unimplemented, "Propose")
}
