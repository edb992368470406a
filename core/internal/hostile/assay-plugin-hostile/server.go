package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/hostile"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

type config struct {
	Mode string  `json:"mode"`
	Slow float64 `json:"slow"`
	Tag  string  `json:"tag"`
}

// configOf reads what the host sends; it has checked it against the schema.
func configOf(b []byte) config {
	var c config
	_ = json.Unmarshal(b, &c)
	return c
}

func (c config) json() []byte {
	b, _ := json.Marshal(c)
	return b
}

type prepared struct {
	config
	digest string
}

type server struct {
	pluginv1.UnimplementedPluginServer
	mu    sync.Mutex
	cases map[string]prepared
}

func (s *server) prepared(handle string) prepared {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cases[handle]
}

func description() *pluginv1.DescribeResponse {
	d := &pluginv1.DescribeResponse{
		Name: hostile.Name, Version: "0.1.0", SdkVersion: "none", Markdown: "Breaks rules on purpose, for tests.",
		Config: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
			{Name: "mode", Type: "string", DefaultJson: `"none"`, Description: "which rule"},
			{Name: "slow", Type: "number", DefaultJson: `1`, Description: "factor on the time"},
			{Name: "tag", Type: "string", DefaultJson: `""`, Description: "changes nothing"},
		}},
		Phases:       []*pluginv1.Phase{{Name: "decode", Unit: "call", Description: "sleeps"}},
		Metrics:      []*pluginv1.Metric{{Name: "rel_err", Better: pluginv1.Metric_BETTER_LOWER, Description: "always 0"}},
		Capabilities: []pluginv1.Capability{pluginv1.Capability_CAPABILITY_PROPOSE},
	}
	switch early {
	case "describe-text":
		d.Markdown, d.SdkVersion = text, text
		d.Phases[0].Unit, d.Phases[0].Description = text, text
		d.Metrics[0].Unit, d.Config.Attributes[0].Description = text, text
	case "describe-lies":
		d.Version = fmt.Sprintf("0.1.%d", os.Getpid())
		d.Phases = append(d.Phases, &pluginv1.Phase{Name: fmt.Sprintf("p%d", os.Getpid()), Unit: "call"})
	}
	return d
}

func (s *server) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return description(), nil
}

func (s *server) ValidateConfig(_ context.Context, r *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	out := &pluginv1.ValidateConfigResponse{}
	switch configOf(r.GetConfigJson()).Mode {
	case "validate-text":
		d := fault(text)
		d.Code, d.Path = text, []*pluginv1.PathStep{{Step: &pluginv1.PathStep_Name{Name: "mode"}}}
		out.Diagnostics = append(out.Diagnostics, d)
	case "validate-hang":
		time.Sleep(whileServed)
	case "validate-status":
		return nil, status.Error(codes.Internal, text)
	case "validate-flood":
		for i := range 20_000 {
			out.Diagnostics = append(out.Diagnostics, warning(fmt.Sprint("warning ", i), strings.Repeat("y", 100)))
		}
	}
	return out, nil
}

func fault(summary string) *pluginv1.Diagnostic {
	return &pluginv1.Diagnostic{Severity: pluginv1.Diagnostic_SEVERITY_ERROR, Summary: summary, Detail: summary}
}

func warning(summary, detail string) *pluginv1.Diagnostic {
	return &pluginv1.Diagnostic{Severity: pluginv1.Diagnostic_SEVERITY_WARNING, Summary: summary, Detail: detail}
}

func (s *server) OpenDevice(_ context.Context, r *pluginv1.OpenDeviceRequest) (*pluginv1.OpenDeviceResponse, error) {
	kind := r.GetKind()
	if kind == "auto" {
		kind = "cpu"
	}
	d := &pluginv1.Device{Kind: kind, Name: "none", Cores: 2, MemoryBytes: 1 << 30}
	switch early {
	case "open-text":
		d.Name, d.Family, d.Driver, d.OsBuild = text, text, text, text
		d.Facts = map[string]string{text: text}
	case "open-hang":
		time.Sleep(whileServed)
	case "open-refused":
		return &pluginv1.OpenDeviceResponse{Diagnostics: []*pluginv1.Diagnostic{fault(text)}}, nil
	case "open-nothing":
		return &pluginv1.OpenDeviceResponse{}, nil
	case "open-absurd":
		d.Cores, d.MemoryBytes, d.LastCacheBytes = -5, -1, math.MinInt64
	case "device-changes":
		d.Name, d.Simulated = fmt.Sprint("device ", os.Getpid()), os.Getpid()%2 == 0
	}
	return &pluginv1.OpenDeviceResponse{Device: d}, nil
}

func (s *server) ReleaseCase(_ context.Context, r *pluginv1.ReleaseCaseRequest) (*pluginv1.ReleaseCaseResponse, error) {
	check := correct()
	out := &pluginv1.ReleaseCaseResponse{Checks: []*pluginv1.Check{check}}
	switch s.prepared(r.GetHandle()).Mode {
	case "release-hang":
		time.Sleep(whileServed)
	case "release-status":
		return nil, status.Error(codes.DataLoss, text)
	case "release-nan":
		out.Metrics = map[string]float64{"rel_err": math.NaN()}
		check.Value = math.NaN()
	case "release-wrong":
		check.Passed, check.Value = false, 7
	case "check-changes":
		check.Name = fmt.Sprint("another ", os.Getpid())
	}
	return out, nil
}

func correct() *pluginv1.Check {
	return &pluginv1.Check{Name: "rel_err", Limit: 1e-3, Passed: true, Kind: pluginv1.Check_KIND_CORRECTNESS}
}

// Propose asks for more where a result's mode says so.
func (s *server) Propose(_ context.Context, r *pluginv1.ProposeRequest) (*pluginv1.ProposeResponse, error) {
	mode, n := "", len(r.GetResults())
	for _, x := range r.GetResults() {
		if m := configOf(x.GetConfigJson()).Mode; strings.HasPrefix(m, "propose") {
			mode = m
		}
	}
	out := &pluginv1.ProposeResponse{}
	add := func(name, tag string) {
		out.Proposals = append(out.Proposals, &pluginv1.Proposal{Name: name, ConfigJson: config{"none", 1, tag}.json(), Why: text})
	}
	switch mode {
	case "propose-forever":
		add(fmt.Sprint("p", n), fmt.Sprint("p", n))
	case "propose-flood":
		for i := range 5000 {
			add(fmt.Sprintf("p%d-%d", n, i), fmt.Sprintf("p%d-%d", n, i))
		}
	case "propose-names":
		names := []string{"control", "../../x", text, "a", ""}
		add(names[n%len(names)], fmt.Sprint("q", n))
	case "propose-same":
		add(fmt.Sprint("s", n), "same")
	case "propose-text":
		out.Findings = []*pluginv1.Finding{{Kind: text, Summary: text, Detail: text, DataJson: []byte(`{"a":"</script><b>"}`), Certainty: text}}
		out.Progress = text
	case "propose-bad-json":
		out.Findings = []*pluginv1.Finding{{Kind: "k", Summary: "s", DataJson: []byte(`{"a":`), Certainty: "shown"}}
	case "propose-hang":
		time.Sleep(whileServed)
	case "propose-status":
		return nil, status.Error(codes.Internal, text)
	}
	return out, nil
}
