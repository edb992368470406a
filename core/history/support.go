package history

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/stats"
)

const (
	supportAlpha = 0.05 // one-sided, of the bound over sessions
	supportPower = 0.8
	// ownSpread is how many sessions tell how much a patch's ratio spreads.
	// With fewer, the control's movement stands in.
	ownSpread = 3
	// knownControl is how many sessions tell how far a control moves: two that
	// happen to agree say little.
	knownControl = 5
)

type patchKey struct {
	controlKey
	patches, label string
}

func (d *Document) patches(phase string) ([]Patch, error) {
	rows := map[patchKey][]*Row{}
	var order []patchKey
	for i := range d.Rows {
		r := &d.Rows[i]
		if _, ok := r.Phases[phase]; !ok || r.CopyOf != "" {
			continue
		}
		k := patchKey{r.key(), strings.Join(r.Patches, "+"), r.Label}
		if rows[k] == nil {
			order = append(order, k)
		}
		rows[k] = append(rows[k], r)
	}
	slices.SortStableFunc(order, func(a, b patchKey) int {
		if c := a.compare(b.controlKey); c != 0 {
			return c
		}
		return strings.Compare(a.patches+" "+a.label, b.patches+" "+b.label)
	})
	var out []Patch
	for _, k := range order {
		p, err := d.patch(k, phase, rows[k])
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", p.Name(), p.Model, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func (d *Document) patch(k patchKey, phase string, rows []*Row) (Patch, error) {
	p := Patch{
		Hardware: k.hardware, Model: k.model, Tokens: k.tokens, Setting: k.setting, Phase: phase,
		Patches: rows[0].Patches, Label: k.label, Ratios: []float64{}, Unplaced: []float64{},
	}
	slices.SortStableFunc(rows, func(a, b *Row) int { return a.Time.Compare(b.Time) })
	control, known := d.control(k.controlKey, phase)
	p.ControlRange = control.Range
	d.others(&p, rows)
	versions := map[string]bool{}
	for _, r := range rows {
		ratio := r.Phases[phase].Ratio()
		if ratio <= 0 {
			continue
		}
		p.Ratios = append(p.Ratios, ratio)
		versions[r.Commit] = true
		if strings.EqualFold(r.Fidelity, "FAIL") {
			p.Unfaithful++
		} else if ratio > 1 {
			p.Wins++
			if known && control.Sessions >= knownControl && ratio > 1+control.Range {
				p.Clear++
			}
		}
	}
	p.Versions = len(versions)
	if p.Sessions = len(p.Ratios); p.Sessions == 0 {
		p.Support, p.Reason = NotMeasured, "no session has a rate of the patched model"
		return p, nil
	}
	p.Min, p.Median, p.Max = slices.Min(p.Ratios), stats.Median(p.Ratios), slices.Max(p.Ratios)
	if err := p.bound(); err != nil {
		return p, err
	}
	if err := p.need(control); err != nil {
		return p, err
	}
	p.judge(control)
	return p, nil
}

// others collects what there is of the same variant and cannot be counted: rows that do
// not name model or machine and do not contradict those that are known, and rows that
// were rejected.
func (d *Document) others(p *Patch, rows []*Row) {
	variants := map[string]bool{}
	for _, r := range rows {
		if v := d.variantOf(r); v != "" {
			variants[v] = true
		}
	}
	for i := range d.Rows {
		r := &d.Rows[i]
		ratio := r.Phases[p.Phase].Ratio()
		if r.placed() || r.CopyOf != "" || ratio <= 0 || !variants[r.Variant] || r.Tokens != p.Tokens || slices.Contains(rows, r) {
			continue
		}
		if agree(shortName(r.Model), shortName(p.Model)) && agree(r.Hardware, p.Hardware) {
			p.Unplaced = append(p.Unplaced, ratio)
		}
	}
	for _, r := range d.Rejected {
		if variants[r.Variant] {
			p.Unread++
		}
	}
}

// variantOf is the tool's name of a row's patched arm: as the row or a copy of it says,
// else as the capsule's name ends, which the tool makes of it.
func (d *Document) variantOf(r *Row) string {
	if r.Variant != "" {
		return r.Variant
	}
	longest := ""
	for i := range d.Rows {
		switch v := d.Rows[i].Variant; {
		case v == "":
		case d.Rows[i].CopyOf == r.Source:
			return v
		case len(v) > len(longest) && strings.HasSuffix(r.Capsule, "_"+v):
			longest = v
		}
	}
	return longest
}

// bound is what all sessions together say, each one round of its own.
func (p *Patch) bound() error {
	s, err := stats.NewPaired(p.logs())
	if err != nil {
		return err
	}
	b, err := s.Lower(supportAlpha)
	if err == nil && !b.Open {
		lower := math.Exp(b.Value)
		p.Lower = &lower
	}
	return err
}

func (p *Patch) logs() []float64 {
	out := make([]float64, len(p.Ratios))
	for i, r := range p.Ratios {
		out[i] = math.Log(r)
	}
	return out
}

// need plans how many sessions would show the median ratio.
func (p *Patch) need(control Movement) error {
	effect := math.Abs(math.Log(p.Median))
	sigma := stats.StdDev(p.logs())
	if p.Sessions < ownSpread {
		if control.Sessions < knownControl {
			return nil
		}
		// Baseline and patched model each move as the control does.
		sigma = math.Sqrt2 * stats.StdDev(control.logs)
	}
	if effect == 0 {
		return nil
	}
	n, err := stats.RoundsNeeded(sigma, effect, supportAlpha, supportPower)
	p.SessionsNeeded = n
	return err
}

func (p *Patch) judge(control Movement) {
	gain := fmt.Sprintf("%+.1f %%", 100*(p.Median-1))
	moved := fmt.Sprintf("the same control moved by %.1f %% between %d sessions on %d days", 100*control.Range, control.Sessions, control.Days)
	beyond := p.Median > 1+control.Range
	if reason := p.contradiction(control); reason != "" {
		p.Support, p.Reason = Contradictory, reason
		return
	}
	switch {
	case p.Median <= 1:
		p.Support, p.Reason = NoWin, fmt.Sprintf("%s: nothing to support", gain)
		return
	case p.Wins == 0:
		p.Support, p.Reason = NoWin, "tokens changed in every session: a speed-up without fidelity is no win"
		return
	case p.Model == "" || p.Hardware == "":
		p.Support, p.Reason = Unknown, fmt.Sprintf("%s, but the rows do not name model or machine, so that nothing says how far their control moves", gain)
		return
	case control.Sessions < 2:
		p.Support = Unknown
		p.Reason = fmt.Sprintf("%s in one session, and nothing says how far its control moves between sessions", gain)
	case beyond && control.Sessions >= knownControl:
		p.Support, p.Reason = Supported, fmt.Sprintf("%s, and %s", gain, moved)
		return
	case p.Lower != nil && *p.Lower > 1:
		p.Support = Together
		p.Reason = fmt.Sprintf("%s, but %s, so no session shows it alone; its %d sessions together put it at %.3f× or more", gain, moved, p.Sessions, *p.Lower)
	case beyond:
		p.Support = Unknown
		p.Reason = fmt.Sprintf("%s, and %s, which are too few to tell how far it moves", gain, moved)
	default:
		p.Support, p.Reason = NotSupported, fmt.Sprintf("%s, but %s", gain, moved)
	}
	if p.SessionsNeeded > p.Sessions && p.SessionsNeeded < math.MaxInt32 {
		p.Reason += fmt.Sprintf("; about %d sessions would be needed", p.SessionsNeeded)
	}
	p.Reason += control.alike(p)
}

// contradiction names both sides where there are two: sessions beyond the control's
// movement in both directions, or a win and rows of the same variant without one that
// do not say on which model or machine they were measured.
func (p *Patch) contradiction(control Movement) string {
	if control.Sessions >= knownControl && p.Wins > 0 && p.Max > 1+control.Range && p.Min < 1/(1+control.Range) {
		return fmt.Sprintf("sessions from %.3f× to %.3f×, and the same control moved by %.1f %% alone: some gain and some lose more than that", p.Min, p.Max, 100*control.Range)
	}
	if len(p.Unplaced) == 0 || p.Wins == 0 || p.Median <= 1 || slices.Min(p.Unplaced) > 1 {
		return ""
	}
	return fmt.Sprintf("%s of %.3f× to %.3f×, but %s of the same variant that do not name model or machine, of %.3f× to %.3f×",
		count(p.Sessions, "session"), p.Min, p.Max, count(len(p.Unplaced), "row"), slices.Min(p.Unplaced), slices.Max(p.Unplaced))
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// alike says what the control did under single versions of the runtime, where a
// speed-up would stand clear of that.
func (m Movement) alike(p *Patch) string {
	var clear []string
	for _, a := range m.Alike {
		if a.Sessions > 1 && p.Median > 1+a.Range {
			clear = append(clear, fmt.Sprintf("%.1f %% over %d sessions with %s", 100*a.Range, a.Sessions, a.Runtime))
		}
	}
	if clear == nil {
		return ""
	}
	return " (the control moved by only " + strings.Join(clear, ", ") + ")"
}
