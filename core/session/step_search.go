package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// searchSteps bounds how often a plugin may ask for more, mostProposals what it may
// name in one answer, mostProposed in a case. The budget ends most searches before.
const (
	searchSteps   = 64
	mostProposals = 256
	mostProposed  = 1024
	mostFindings  = 1024
)

// ask asks the plugin's search what to compare next. It is over when the plugin
// has only findings to tell.
type ask struct{ caseID string }

func (s ask) do(ctx context.Context, r *runner) error {
	if err := r.begin(at{caseID: s.caseID, stage: stagePropose}, "", 0); err != nil {
		return err
	}
	c := openCase(r.doc)
	answer, err := r.propose(ctx, c)
	if err != nil {
		return err
	}
	e := record.SearchEvent{
		Case: s.caseID, Search: record.Search{Progress: answer.GetProgress(), Chosen: []string{}},
		Variants: []record.Variant{}, Findings: findingsOf(c.ID, answer.GetFindings()),
	}
	stop := ""
	switch {
	case len(answer.GetProposals()) == 0:
		e.Search.Done = true
	case overBudget(r.doc, c, len(r.plan.cases), 1, len(living(c, asked))):
		stop = "the search was ended by the experiment's budget; a larger `budget` lets it finish"
	case len(c.Searches) >= searchSteps:
		stop = fmt.Sprintf("the search was ended after %d steps, and the plugin would have gone on", searchSteps)
	case proposed(c)+len(answer.GetProposals()) > mostProposed:
		stop = fmt.Sprintf("the search was ended at %d configurations, and the plugin would have gone on", proposed(c))
	}
	if stop != "" {
		if err := r.note(stop); err != nil {
			return err
		}
		e.Search.Done = true
	}
	if e.Search.Done {
		more, err := attributeMore(r.doc, c, answer.GetPairs())
		if err != nil {
			return err
		}
		e.Findings = append(e.Findings, more...)
	} else {
		if err := adopt(c, answer.GetProposals(), &e); err != nil {
			return fmt.Errorf("plugin %s proposed %w", r.programs.list[c.Variants[0].Program].plugin.Name, err)
		}
		e.Search.Goal = record.Counted(c.Rounds) + r.doc.Plan.Looks[0].Rounds
	}
	return r.emit(e)
}

// propose shows a fresh process, which opens no device, everything known of the case.
func (r *runner) propose(ctx context.Context, c *record.Case) (*pluginv1.ProposeResponse, error) {
	if err := r.doc.SummarizeCase(c); err != nil {
		return nil, err
	}
	proc, err := r.launch(ctx, c.Variants[0].Program)
	if err != nil {
		return nil, err
	}
	defer end(ctx, proc)
	answer, err := proc.Propose(ctx, &pluginv1.ProposeRequest{Results: known(r.doc, c), Seed: r.doc.Session.Seed})
	if err != nil {
		return nil, err
	}
	if err := refused(answer.GetDiagnostics()); err != nil {
		return nil, err
	}
	if err := tooLong(answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// errTooMany is an answer that no session could measure.
var errTooMany = errors.New("the plugin's answer is too long")

func tooLong(answer *pluginv1.ProposeResponse) error {
	for _, x := range []struct {
		what    string
		n, most int
	}{
		{"configurations", len(answer.GetProposals()), mostProposals},
		{"findings", len(answer.GetFindings()), mostFindings},
		{"pairs", len(answer.GetPairs()), mostFindings},
	} {
		if x.n > x.most {
			return fmt.Errorf("%w: it proposed %d %s at once, at most %d are taken; `search = false` in the measure block asks for none",
				errTooMany, x.n, x.what, x.most)
		}
	}
	return nil
}

// proposed is how many configurations of a case the plugin has named.
func proposed(c *record.Case) (n int) {
	for i := range c.Variants {
		if c.Variants[i].Role == record.RoleProposed {
			n++
		}
	}
	return n
}

// known is what the baseline's plugin hears of a case: the results of its own
// configurations, since those of another plugin mean nothing to it.
func known(d *record.Result, c *record.Case) []*pluginv1.Result {
	var out []*pluginv1.Result
	asked := d.Programs[c.Variants[0].Program].Plugin.Name
	for _, v := range c.Variants {
		if v.Role == record.RoleControl || d.Programs[v.Program].Plugin.Name != asked {
			continue
		}
		r := &pluginv1.Result{
			Name: v.Name, ConfigJson: v.Config, Baseline: v.Role == record.RoleBaseline, Metrics: v.Metrics,
			ChecksPassed: !slices.ContainsFunc(v.Checks, func(c record.Check) bool { return !c.Passed }),
			Failure:      v.Failure, Phases: map[string]*pluginv1.PhaseResult{},
		}
		for phase, s := range v.Phases {
			p := &pluginv1.PhaseResult{WallNs: s.WallNs.Value, DeviceNs: s.DeviceNs, EncodeNs: s.EncodeNs, Ratio: 1, Lower: proto.Float64(1), Upper: proto.Float64(1), Rounds: uint32(s.Rounds)}
			if s.Ratio != nil {
				p.Ratio, p.Lower, p.Upper = s.Ratio.Estimate, s.Ratio.Lower, s.Ratio.Upper
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

// adopt turns proposals into variants. Asking for a configuration again gives
// its variant more rounds. The error is the plugin's fault.
func adopt(c *record.Case, proposals []*pluginv1.Proposal, e *record.SearchEvent) error {
	taken := slices.Clone(c.Variants)
	for _, p := range proposals {
		config, digest, err := canonicalConfig(p.GetConfigJson())
		if err != nil {
			return fmt.Errorf("%q: %w", p.GetName(), err)
		}
		i := slices.IndexFunc(taken, func(v record.Variant) bool {
			return v.ConfigDigest == digest && v.Program == c.Variants[0].Program && (v.Role == record.RoleVariant || v.Role == record.RoleProposed)
		})
		if i >= 0 {
			e.Search.Chosen = append(e.Search.Chosen, taken[i].Name)
			continue
		}
		v := variantOf(freeName(taken, p.GetName()), record.RoleProposed, config, digest, c.Variants[0].Program)
		v.Why = p.GetWhy()
		taken = append(taken, v)
		e.Variants, e.Search.Chosen = append(e.Variants, v), append(e.Search.Chosen, v.Name)
	}
	return nil
}

func freeName(taken []record.Variant, want string) string {
	name := want
	for i := 2; name == "" || slices.ContainsFunc(taken, func(v record.Variant) bool { return v.Name == name }); i++ {
		name = fmt.Sprintf("%s-%d", want, i)
	}
	return name
}

func findingsOf(caseID string, in []*pluginv1.Finding) []record.Finding {
	out := []record.Finding{}
	for _, f := range in {
		data := json.RawMessage(f.GetDataJson())
		if !json.Valid(data) {
			data = nil
		}
		out = append(out, record.Finding{
			Case: caseID, Kind: f.GetKind(), Summary: f.GetSummary(), Detail: f.GetDetail(), Certainty: f.GetCertainty(), Data: data,
		})
	}
	return out
}
