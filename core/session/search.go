package session

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// searchSteps bounds how often a plugin may ask for more.
const searchSteps = 64

// search asks the plugin, round after round of its proposals, what to compare
// next, until it has nothing more to ask or only findings to tell.
func (k *caseRun) search(ctx context.Context) error {
	if !k.experiment.config.Measure.Search || !slices.Contains(k.plugin.Describe.GetCapabilities(), pluginv1.Capability_CAPABILITY_PROPOSE) {
		return nil
	}
	for step := 0; k.dead == ""; step++ {
		answer, err := k.ask(ctx)
		if err != nil {
			return k.searchFailed(ctx, err)
		}
		if answer.GetProgress() != "" {
			k.report(Event{Kind: Searched, Case: k.config.ID, Text: answer.GetProgress()})
		}
		if len(answer.GetProposals()) == 0 {
			return k.found(answer.GetFindings())
		}
		if k.overBudget(1) {
			k.note(k.result, "the search was ended by the experiment's budget; a larger `budget` lets it finish")
			return k.found(answer.GetFindings())
		}
		if step == searchSteps {
			k.note(k.result, fmt.Sprintf("the search was ended after %d steps, and the plugin would have gone on", searchSteps))
			return k.found(answer.GetFindings())
		}
		wanted, err := k.readProposals(answer.GetProposals())
		if err != nil {
			return k.searchFailed(ctx, err)
		}
		chosen, err := k.adopt(wanted)
		if err != nil {
			return err
		}
		choice := func(a *arm) bool { return a.role == record.RoleBaseline || a.role == record.RoleControl || chosen[a] }
		// Of proposals that cannot be measured the plugin hears with the next ask.
		if _, err := k.rounds(ctx, choice, k.result.Plan.Looks[0].Rounds); err != nil {
			return err
		}
	}
	return nil
}

// ask shows a fresh process, which opens no device, everything known of the case.
func (k *caseRun) ask(ctx context.Context) (*pluginv1.ProposeResponse, error) {
	c := k.document()
	if err := k.result.SummarizeCase(c); err != nil {
		return nil, err
	}
	proc, err := k.launch(ctx)
	if err != nil {
		return nil, err
	}
	defer end(ctx, proc)
	answer, err := proc.Propose(ctx, &pluginv1.ProposeRequest{Results: k.known(c), Seed: k.seed})
	if err != nil {
		return nil, err
	}
	return answer, refused(answer.GetDiagnostics())
}

func (k *caseRun) known(c *record.Case) []*pluginv1.Result {
	var out []*pluginv1.Result
	for _, v := range c.Variants {
		if v.Role == record.RoleControl {
			continue
		}
		r := &pluginv1.Result{
			Name: v.Name, ConfigJson: v.Config, Baseline: v.Role == record.RoleBaseline, Metrics: v.Metrics,
			ChecksPassed: !slices.ContainsFunc(v.Checks, func(c record.Check) bool { return !c.Passed }),
			Failure:      v.Failure, Phases: map[string]*pluginv1.PhaseResult{},
		}
		for phase, s := range v.Phases {
			p := &pluginv1.PhaseResult{WallNs: s.WallNs.Value, DeviceNs: s.DeviceNs, EncodeNs: s.EncodeNs, Ratio: 1, Lower: 1, Upper: 1, Rounds: uint32(s.Rounds)}
			if s.Ratio != nil {
				p.Ratio, p.Lower, p.Upper = s.Ratio.Estimate, orElse(s.Ratio.Lower, 0), orElse(s.Ratio.Upper, 1e9)
			}
			for i := range c.Rounds {
				if d := &c.Rounds[i]; d.Counted {
					if w, g, e, ok := d.PerIteration(v.Name, phase); ok {
						p.PerRound = append(p.PerRound, &pluginv1.RoundTimes{Round: uint32(d.Index), WallNs: w, DeviceNs: g, EncodeNs: e})
					}
				}
			}
			r.Phases[phase] = p
		}
		out = append(out, r)
	}
	return out
}

// proposal is what a plugin wants to be compared.
type proposal struct {
	name, why string
	config    []byte // canonical
	digest    string
}

// readProposals puts a plugin's proposals into the host's form. Its error is
// the plugin's fault.
func (k *caseRun) readProposals(in []*pluginv1.Proposal) ([]proposal, error) {
	var out []proposal
	for _, p := range in {
		canonical, digest, err := canonicalConfig(p.GetConfigJson())
		if err != nil {
			return nil, fmt.Errorf("plugin %s proposed %q: %w", k.plugin.Name, p.GetName(), err)
		}
		out = append(out, proposal{p.GetName(), p.GetWhy(), canonical, digest})
	}
	return out, nil
}

// adopt turns proposals into arms. Asking for a configuration again gives its
// arm more rounds.
func (k *caseRun) adopt(proposals []proposal) (map[*arm]bool, error) {
	chosen := map[*arm]bool{}
	for _, p := range proposals {
		i := slices.IndexFunc(k.arms, func(a *arm) bool { return a.digest == p.digest && a.compared() })
		if i >= 0 {
			chosen[k.arms[i]] = true
			continue
		}
		a := &arm{name: k.freeName(p.name), role: record.RoleProposed, config: p.config, digest: p.digest}
		k.arms = append(k.arms, a)
		chosen[a] = true
		if err := k.emit(record.KindVariant, record.VariantEvent{Case: k.config.ID, Variant: a.document(p.why)}); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

func (k *caseRun) freeName(want string) string {
	taken := func(n string) bool { return slices.ContainsFunc(k.arms, func(a *arm) bool { return a.name == n }) }
	name := want
	for i := 2; name == "" || taken(name); i++ {
		name = fmt.Sprintf("%s-%d", want, i)
	}
	return name
}

func (k *caseRun) found(findings []*pluginv1.Finding) error {
	for _, f := range findings {
		data := json.RawMessage(f.GetDataJson())
		if !json.Valid(data) {
			data = nil
		}
		if err := k.emit(record.KindFinding, record.Finding{
			Case: k.config.ID, Kind: f.GetKind(), Summary: f.GetSummary(), Detail: f.GetDetail(), Certainty: f.GetCertainty(), Data: data,
		}); err != nil {
			return err
		}
	}
	return nil
}

// searchFailed keeps a failed search as data: the measurements stand.
func (k *caseRun) searchFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f, _ := k.failure(err)
	f.Stage, f.NextStep = "propose", "the measurements stand; only the plugin's finding is missing"
	return k.keep(f, false)
}

func orElse(p *float64, otherwise float64) float64 {
	if p == nil {
		return otherwise
	}
	return *p
}
