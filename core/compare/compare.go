// Package compare sets two result documents side by side. Speeds against each
// session's own baseline travel between sessions and are compared by their
// intervals; raw times do not, unless both sessions had the same set-up, and
// even then the machine may have drifted. [Compare] is the main path. Imported
// by core/report, core/trend, core/promote and core/cli.
package compare

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// A Report is what two documents say of each other.
type Report struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Differs lists where the set-ups differ; raw times are refused unless empty.
	Differs  []record.Field `json:"setup_differs"`
	Rows     []Row          `json:"rows"`
	OnlyA    []string       `json:"only_in_a"` // "case, variant, phase" that the other lacks
	OnlyB    []string       `json:"only_in_b"`
	Warnings []string       `json:"warnings"`
}

// A Side is one of the documents.
type Side struct {
	File       string    `json:"file"`
	Experiment string    `json:"experiment"`
	Session    string    `json:"session"`
	Started    time.Time `json:"started"`
	Verdict    string    `json:"verdict"`
}

// A Row is one variant in one phase of one case that both documents have.
type Row struct {
	Case    string        `json:"case"`
	Variant string        `json:"variant"`
	Role    string        `json:"role"` // in A
	Phase   string        `json:"phase"`
	A       *record.Ratio `json:"ratio_a"` // speed against A's baseline; null for the baseline
	B       *record.Ratio `json:"ratio_b"`
	// Change of the ratio from A to B, a fraction: 0.02 is 2 % faster in B.
	Change *float64 `json:"change"`
	Answer Answer   `json:"answer"`
	// Note says why ratios of this row may differ without the variant's doing, or are
	// not believed.
	Note string `json:"note,omitempty"`
	Raw  *Raw   `json:"raw"` // null where raw times are refused
	// Refused says why Raw is null.
	Refused string `json:"raw_refused,omitempty"`
	// Noise floors of the row's case and phase, fractions; null: too few rounds.
	FloorA *float64 `json:"noise_floor_a"`
	FloorB *float64 `json:"noise_floor_b"`
}

// Answer says whether a ratio changed.
type Answer string

// The answers. A change is beyond both intervals when they have no point in common.
const (
	Faster      Answer = "faster" // B's interval lies above A's
	Slower      Answer = "slower" // B's interval lies below A's
	NotShown    Answer = "no change shown"
	TooFew      Answer = "too few rounds"
	NotBelieved Answer = "not believed" // a check or a defect forbids it, in A or in B
	Baseline    Answer = "baseline"
)

// Raw are the multi-run medians of both sessions.
type Raw struct {
	WallA  float64 `json:"wall_ns_a"`
	WallB  float64 `json:"wall_ns_b"`
	RateA  float64 `json:"units_per_second_a"`
	RateB  float64 `json:"units_per_second_b"`
	Unit   string  `json:"unit"`   // tok, call, …
	Change float64 `json:"change"` // of the speed, a fraction
}

// Compare sets b against a. The files are for naming only. It fails when the
// documents have nothing in common or hold no measurements.
func Compare(fileA, fileB string, a, b *record.Result) (*Report, error) {
	rep := &Report{
		A: side(fileA, a), B: side(fileB, b), Differs: SetUp(a, b),
		Rows: []Row{}, OnlyA: []string{}, OnlyB: []string{}, Warnings: warnings(fileA, fileB, a, b),
	}
	if rep.Differs == nil {
		rep.Differs = []record.Field{}
	}
	for i := range a.Cases {
		ca := &a.Cases[i]
		cb := b.Case(ca.ID)
		for j := range ca.Variants {
			va := &ca.Variants[j]
			if va.Role == record.RoleControl {
				continue
			}
			var vb *record.Variant
			if cb != nil {
				vb = find(cb.Variants, func(v *record.Variant) bool { return v.Name == va.Name && v.Role != record.RoleControl })
			}
			rep.addVariant(a, ca, va, cb, vb)
		}
	}
	rep.addMissing(a, b)
	if len(rep.Rows) == 0 {
		return nil, fmt.Errorf("%s and %s have no case, variant and phase in common: %s against %s", fileA, fileB, contents(a), contents(b))
	}
	return rep, nil
}

// contents names what a document is about, in few words.
func contents(r *record.Result) string {
	var cases []string
	for i := range r.Cases {
		if i == 3 {
			cases = append(cases, "…")
			break
		}
		cases = append(cases, r.Cases[i].ID)
	}
	if cases == nil {
		cases = []string{"none"}
	}
	return fmt.Sprintf("experiment %q with cases %s", r.Experiment.Name, strings.Join(cases, "; "))
}

func side(file string, r *record.Result) Side {
	return Side{File: file, Experiment: r.Experiment.Name, Session: r.Session.ID, Started: r.Session.Started, Verdict: r.Verdict}
}

func (rep *Report) addVariant(a *record.Result, ca *record.Case, va *record.Variant, cb *record.Case, vb *record.Variant) {
	for _, phase := range a.Experiment.Measure.Phases {
		pa, ok := va.Phases[phase]
		if !ok {
			continue
		}
		var pb record.PhaseSummary
		there := false
		if vb != nil {
			pb, there = vb.Phases[phase]
		}
		if !there {
			rep.OnlyA = append(rep.OnlyA, fmt.Sprintf("%s, %s, %s", ca.ID, va.Name, phase))
			continue
		}
		row := Row{
			Case: ca.ID, Variant: va.Name, Role: va.Role, Phase: phase, A: pa.Ratio, B: pb.Ratio,
			FloorA: floor(ca, phase), FloorB: floor(cb, phase),
		}
		row.Answer, row.Change = Change(pa.Ratio, pb.Ratio)
		row.Note = configNote(ca, cb, va, vb)
		if why := unbelieved(ca, cb, va, vb); why != "" {
			row.Note = why
			if row.Answer != Baseline {
				row.Answer, row.Change = NotBelieved, nil
			}
		}
		switch {
		case len(rep.Differs) > 0:
			row.Refused = "the set-ups differ"
		case va.ConfigDigest != vb.ConfigDigest:
			row.Refused = "its configuration differs"
		case unbelieved(ca, cb, va, vb) != "":
			row.Refused = "it is not believed"
		case pa.WallNs.Value > 0 && pb.WallNs.Value > 0:
			row.Raw = &Raw{
				WallA: pa.WallNs.Value, WallB: pb.WallNs.Value, RateA: pa.UnitsPerSec, RateB: pb.UnitsPerSec,
				Unit: a.Experiment.Units[phase], Change: pa.WallNs.Value/pb.WallNs.Value - 1,
			}
		}
		rep.Rows = append(rep.Rows, row)
	}
}

// addMissing lists what only B has.
func (rep *Report) addMissing(a, b *record.Result) {
	for i := range b.Cases {
		cb := &b.Cases[i]
		ca := a.Case(cb.ID)
		for j := range cb.Variants {
			vb := &cb.Variants[j]
			if vb.Role == record.RoleControl {
				continue
			}
			for _, phase := range b.Experiment.Measure.Phases {
				if _, ok := vb.Phases[phase]; !ok || hasPhase(ca, vb.Name, phase) {
					continue
				}
				rep.OnlyB = append(rep.OnlyB, fmt.Sprintf("%s, %s, %s", cb.ID, vb.Name, phase))
			}
		}
	}
}

func hasPhase(c *record.Case, variant, phase string) bool {
	if c == nil {
		return false
	}
	v := find(c.Variants, func(v *record.Variant) bool { return v.Name == variant && v.Role != record.RoleControl })
	if v == nil {
		return false
	}
	_, ok := v.Phases[phase]
	return ok
}

// Change compares two ratios by their intervals.
func Change(a, b *record.Ratio) (Answer, *float64) {
	if a == nil || b == nil {
		return Baseline, nil
	}
	change := b.Estimate/a.Estimate - 1
	switch {
	case math.IsNaN(change) || math.IsInf(change, 0):
		return TooFew, nil
	case a.Lower == nil || a.Upper == nil || b.Lower == nil || b.Upper == nil:
		return TooFew, &change
	case *b.Lower > *a.Upper:
		return Faster, &change
	case *b.Upper < *a.Lower:
		return Slower, &change
	}
	return NotShown, &change
}

// unbelieved says why nothing may be said of a variant that both documents have.
func unbelieved(ca, cb *record.Case, va, vb *record.Variant) string {
	if why := ca.Unbelieved(va); why != "" {
		return "in A, " + why
	}
	if why := cb.Unbelieved(vb); why != "" {
		return "in B, " + why
	}
	return ""
}

func configNote(ca, cb *record.Case, va, vb *record.Variant) string {
	baseA := find(ca.Variants, isBaseline)
	baseB := find(cb.Variants, isBaseline)
	switch {
	case baseA != nil && baseB != nil && baseA.ConfigDigest != baseB.ConfigDigest:
		return "the baselines are configured differently, so the ratios are against different things"
	case va.ConfigDigest != vb.ConfigDigest:
		return "configured differently in A and B"
	case va.Role != vb.Role:
		return fmt.Sprintf("%s in A, %s in B", va.Role, vb.Role)
	}
	return ""
}

func isBaseline(v *record.Variant) bool { return v.Role == record.RoleBaseline }

func floor(c *record.Case, phase string) *float64 {
	if k := find(c.Controls, func(k *record.Control) bool { return k.Phase == phase }); k != nil {
		return k.NoiseFloor
	}
	return nil
}

// warnings are what a reader must know before believing a row.
func warnings(fileA, fileB string, a, b *record.Result) []string {
	out := []string{}
	for _, x := range []struct {
		name, file string
		r          *record.Result
	}{{"A", fileA, a}, {"B", fileB, b}} {
		if rep, err := rejudge.Check(x.r); err != nil {
			out = append(out, fmt.Sprintf("%s cannot be judged again: %v", x.name, err))
		} else if !rep.Follows {
			out = append(out, fmt.Sprintf("%s does not follow from its own samples; see: assay explain %s", x.name, x.file))
		}
		if x.r.Metadata.Device.Simulated {
			out = append(out, x.name+" was simulated: its times are not measurements")
		}
		if x.r.Verdict == "invalid" {
			out = append(out, x.name+" is invalid: its control says that the machine could not answer that day")
		}
	}
	if a.Session.ID == b.Session.ID && a.Experiment.Name == b.Experiment.Name {
		out = append(out, "A and B are the same session")
	} else if a.Experiment.Name != b.Experiment.Name {
		out = append(out, fmt.Sprintf("the experiments differ: %q in A, %q in B; what they call alike may not be", a.Experiment.Name, b.Experiment.Name))
	}
	if a.Metadata.Plugin.SHA256 != b.Metadata.Plugin.SHA256 {
		out = append(out, "the plugins differ, and with them the baseline may: a changed ratio can be the variant's doing or the baseline's")
	}
	files := false
	eachShared(a, b, func(v, w *record.Variant) { files = files || len(a.FilesDiffer(b, v, w)) > 0 })
	if files {
		out = append(out, "files that arms name differ, and with them the arms may: a changed ratio can be the variant's doing or the baseline's")
	}
	return out
}

func find[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}
