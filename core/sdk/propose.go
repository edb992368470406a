package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Propose implements the protocol. It may run without a device.
func (s *server[C]) Propose(ctx context.Context, req *pluginv1.ProposeRequest) (*pluginv1.ProposeResponse, error) {
	if s.plugin.Propose == nil {
		return nil, status.Error(codes.Unimplemented, "the plugin does not propose")
	}
	in := search.Results[C]{Seed: req.GetSeed()}
	for _, r := range req.GetResults() {
		result := search.Result[C]{
			Name: r.GetName(), Baseline: r.GetBaseline(), Metrics: r.GetMetrics(),
			ChecksPassed: r.GetChecksPassed(), Failure: r.GetFailure(), Phases: map[string]search.PhaseResult{},
		}
		if d := s.config.decode(r.GetConfigJson(), reflect.ValueOf(&result.Config)); len(d) > 0 {
			return nil, status.Errorf(codes.InvalidArgument, "result %s: %s", r.GetName(), d[0].Error())
		}
		for name, p := range r.GetPhases() {
			result.Phases[name] = phaseResult(p)
		}
		in.Results = append(in.Results, result)
	}
	out, err := s.plugin.Propose(ctx, in)
	if err != nil {
		list, perr := protoDiagnostics(diagnosticsOf(err))
		if perr != nil || len(list) == 0 {
			return nil, wire.Status(fmt.Errorf("propose: %w", err))
		}
		return &pluginv1.ProposeResponse{Diagnostics: list}, nil
	}
	return s.proposal(out)
}

func (s *server[C]) proposal(p search.Proposal[C]) (*pluginv1.ProposeResponse, error) {
	r := &pluginv1.ProposeResponse{Progress: p.Progress}
	for _, n := range p.Next {
		data, err := s.config.encode(reflect.ValueOf(n.Config))
		if err != nil {
			return nil, wire.Status(fmt.Errorf("proposal %s: %w", n.Name, err))
		}
		r.Proposals = append(r.Proposals, &pluginv1.Proposal{Name: n.Name, ConfigJson: data, Why: n.Why})
	}
	for _, x := range p.Pairs {
		r.Pairs = append(r.Pairs, &pluginv1.Pair{Base: x.Base, Path: x.Path})
	}
	for _, f := range p.Findings {
		data, err := json.Marshal(f.Data)
		if err != nil {
			return nil, wire.Status(fmt.Errorf("finding %s: %w", f.Kind, err))
		}
		r.Findings = append(r.Findings, &pluginv1.Finding{
			Kind: f.Kind, Summary: f.Summary, Detail: f.Detail, DataJson: data, Certainty: f.Certainty,
		})
	}
	return r, nil
}

func phaseResult(p *pluginv1.PhaseResult) search.PhaseResult {
	out := search.PhaseResult{
		Wall: p.GetWallNs(), Device: p.GetDeviceNs(), Encode: p.GetEncodeNs(),
		Ratio: p.GetRatio(), Lower: math.Inf(-1), Upper: math.Inf(1), Rounds: int(p.GetRounds()),
	}
	if p.Lower != nil {
		out.Lower = *p.Lower
	}
	if p.Upper != nil {
		out.Upper = *p.Upper
	}
	for _, r := range p.GetPerRound() {
		out.PerRound = append(out.PerRound, search.RoundTimes{
			Round: int(r.GetRound()), Wall: r.GetWallNs(), Device: r.GetDeviceNs(), Encode: r.GetEncodeNs(),
		})
	}
	return out
}
