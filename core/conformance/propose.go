package conformance

import (
	"context"
	"slices"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// propose asks a process without a device, as a session does, with a baseline
// that was measured.
func propose(ctx context.Context, s *subject) outcome {
	const id = "propose"
	if s.d == nil {
		return skip("the plugin does not describe itself")
	}
	if !slices.Contains(s.d.GetCapabilities(), pluginv1.Capability_CAPABILITY_PROPOSE) {
		return skip("the plugin does not say that it searches")
	}
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	defer s.drop(p)
	if err := s.declare(ctx, p); err != nil {
		return s.judge(id, err)
	}
	baseline := &pluginv1.Result{Name: "baseline", ConfigJson: s.config, Baseline: true, ChecksPassed: true, Phases: map[string]*pluginv1.PhaseResult{}}
	for _, phase := range s.declared.phases {
		lower, upper := 0.99, 1.01
		baseline.Phases[phase] = &pluginv1.PhaseResult{WallNs: 1e6, DeviceNs: 9e5, EncodeNs: 1e4, Ratio: 1, Lower: &lower, Upper: &upper, Rounds: 6}
	}
	r, err := p.Propose(ctx, &pluginv1.ProposeRequest{Results: []*pluginv1.Result{baseline}, Seed: 1})
	if err != nil {
		return broken("%v", err)
	}
	for _, next := range r.GetProposals() {
		if next.GetName() == "" {
			return broken("a proposal has no name")
		}
		if _, err := s.fits(next.GetConfigJson()); err != nil {
			return broken("the proposal %q does not fit the schema: %v", next.GetName(), err)
		}
	}
	return kept("%d proposals, %d findings, %d diagnostics", len(r.GetProposals()), len(r.GetFindings()), len(r.GetDiagnostics()))
}
