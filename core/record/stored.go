package record

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// Stored is what a document takes over from an earlier one, its stored baseline,
// so that it can be judged again without that file.
type Stored struct {
	Name       string      `json:"name"`
	File       string      `json:"file"`
	SHA256     string      `json:"sha256"`
	Session    string      `json:"session"`
	Experiment string      `json:"experiment"`
	Started    time.Time   `json:"started"`
	Host       Host        `json:"host"`
	Device     Device      `json:"device"`
	Arms       []StoredArm `json:"arms"`
}

// StoredArm is one variant of one case as an earlier session measured it, by the
// quantity of one guardrail.
type StoredArm struct {
	Guardrail string `json:"guardrail"`
	Case      string `json:"case"`
	Variant   string `json:"variant"` // that is judged now
	Of        string `json:"of"`      // the variant of then
	// Beside is an arm of now, BesideOf one of then with the same program and
	// configuration. Empty: there is none, and Values are of the quantity itself.
	Beside   string    `json:"beside"`
	BesideOf string    `json:"beside_of"`
	Values   []float64 `json:"values"`  // one a round: log-ratios against BesideOf, else logarithms
	Control  []float64 `json:"control"` // log-ratios of the control against the baseline
	Lacks    string    `json:"lacks,omitempty"`
}

// StoredFrom takes out of an earlier document what guardrails against it need.
// of names the variant there; empty: the one that is called as it is now. r has
// the variants of its cases, and need not be measured.
func (r *Result) StoredFrom(then *Result, name, of string, cases []Case) Stored {
	s := Stored{
		Name: name, Session: then.Session.ID, Experiment: then.Experiment.Name, Started: then.Session.Started,
		Host: then.Metadata.Host, Device: then.Metadata.Device, Arms: []StoredArm{},
	}
	for _, g := range r.Experiment.Guardrails {
		if g.Against != name {
			continue
		}
		for i := range cases {
			c := &cases[i]
			if !g.Asks(c.ID) {
				continue
			}
			for j := range c.Variants {
				v := &c.Variants[j]
				if v.Role == RoleVariant && (g.Variant == "" || g.Variant == v.Name) {
					s.Arms = append(s.Arms, r.storedArm(then, g, c, v, of))
				}
			}
		}
	}
	return s
}

func (r *Result) storedArm(then *Result, g Guardrail, c *Case, v *Variant, of string) StoredArm {
	a := StoredArm{Guardrail: g.Name, Case: c.ID, Variant: v.Name, Of: of, Values: []float64{}, Control: []float64{}}
	if of == "" {
		a.Of = v.Name
	}
	old := then.Case(c.ID)
	if old == nil {
		a.Lacks = fmt.Sprintf("the stored result has no case %s", c.ID)
		return a
	}
	w := old.variant(a.Of)
	base := old.baseline()
	switch {
	case then.Metadata.Device.Simulated:
		a.Lacks = "the stored result was simulated: its times are not measurements"
	case base == nil:
		a.Lacks = fmt.Sprintf("the stored result has no baseline in the case %s", c.ID)
	case w == nil:
		a.Lacks = fmt.Sprintf("the stored result has no variant %q in the case %s", a.Of, c.ID)
	case w.failedChecks() != "":
		a.Lacks = fmt.Sprintf("%q of the stored result computes something else: %s", a.Of, w.failedChecks())
	case w.defective() != "":
		a.Lacks = "the stored result: " + w.defective()
	}
	if a.Lacks != "" {
		return a
	}
	read := newReader(old, g)
	if p, q := r.common(then, c, old, v, w); p != nil {
		a.Beside, a.BesideOf = p.Name, q.Name
	}
	arm := read.beside(a.BesideOf, w.Name)
	if arm.Lacks != nil {
		a.Lacks = "the stored result: " + arm.Lacks.Reason
		return a
	}
	if len(arm.LogRatios) == 0 {
		a.Lacks = fmt.Sprintf("the stored result has no round of %q to compare with in the case %s", a.Of, c.ID)
		return a
	}
	a.Values = append(a.Values, arm.LogRatios...)
	for k := range old.Variants {
		if old.Variants[k].Role == RoleControl {
			a.Control = append(a.Control, read.arm(base.Name, old.Variants[k].Name).LogRatios...)
		}
	}
	return a
}

// common is an arm that both sessions measured: of one program and one
// configuration, and neither the one that is judged now nor the one that it is
// held against. The baseline comes first.
func (r *Result) common(then *Result, c, old *Case, judged, stored *Variant) (now, before *Variant) {
	for i := range c.Variants {
		p := &c.Variants[i]
		if p.Role == RoleControl || p.Role == RoleProposed || p.Name == judged.Name {
			continue
		}
		for j := range old.Variants {
			q := &old.Variants[j]
			if q.Role == RoleControl || q.Name == stored.Name || q.ConfigDigest != p.ConfigDigest || q.failedChecks() != "" || q.defective() != "" {
				continue
			}
			if x, y := r.ProgramOf(p), then.ProgramOf(q); x != nil && y != nil && x.Alike(y) && r.FilesDiffer(then, p, q) == nil {
				return p, q
			}
		}
	}
	return nil, nil
}

// ProgramOf is what a variant runs, nil in documents of schema 1.
func (r *Result) ProgramOf(v *Variant) *Program {
	if v.Program < 0 || v.Program >= len(r.Programs) {
		return nil
	}
	return &r.Programs[v.Program]
}

func (c *Case) variant(name string) *Variant {
	i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == name && v.Role != RoleControl })
	if i < 0 {
		return nil
	}
	return &c.Variants[i]
}

// against is what the rounds of a case and a stored session say of a guardrail.
func (r *Result) against(c *Case, g Guardrail) judge.Quantity {
	q := judge.Quantity{Guardrail: g.Name}
	read := newReader(c, g)
	base := c.baseline().Name
	k := slices.IndexFunc(r.Stored, func(s Stored) bool { return s.Name == g.Against })
	for i := range c.Variants {
		v := &c.Variants[i]
		if v.Role != RoleVariant || g.Variant != "" && g.Variant != v.Name {
			continue
		}
		if k < 0 {
			q.Variants = append(q.Variants, judge.Arm{Name: v.Name, Lacks: &judge.Lack{
				Reason: fmt.Sprintf("the document does not have the stored baseline %q", g.Against), Next: "measure again with `assay run`", Invalid: true,
			}})
			continue
		}
		arm, control := r.Stored[k].arm(r, c, g, read, v.Name)
		q.Variants = append(q.Variants, arm)
		if len(q.Control.Stored) == 0 {
			q.Control = read.arm(base, control)
			q.Control.Beside = base
			if q.Control.Stored = r.Stored[k].control(c, g); len(q.Control.Stored) == 0 && q.Control.Lacks == nil {
				q.Control.Lacks = &judge.Lack{Reason: fmt.Sprintf("the stored baseline %q has no round of a control", g.Against), Next: otherResult}
			}
		}
	}
	return q
}

func (s *Stored) control(c *Case, g Guardrail) []float64 {
	for i := range s.Arms {
		if a := &s.Arms[i]; a.Guardrail == g.Name && a.Case == c.ID && len(a.Control) > 0 {
			return a.Control
		}
	}
	return nil
}

// arm is a variant's data, and control the name of the control of now.
func (s *Stored) arm(r *Result, c *Case, g Guardrail, read reader, variant string) (out judge.Arm, control string) {
	for i := range c.Variants {
		if c.Variants[i].Role == RoleControl {
			control = c.Variants[i].Name
		}
	}
	lack := func(reason, next string) judge.Arm {
		return judge.Arm{Name: variant, Lacks: &judge.Lack{Reason: reason, Next: next, Invalid: true}}
	}
	i := slices.IndexFunc(s.Arms, func(a StoredArm) bool { return a.Guardrail == g.Name && a.Case == c.ID && a.Variant == variant })
	if i < 0 {
		return lack(fmt.Sprintf("the stored baseline %q has nothing of %q in this case", s.Name, variant), "measure again with `assay run`"), control
	}
	a := &s.Arms[i]
	if a.Lacks != "" {
		return lack(a.Lacks, otherResult), control
	}
	if a.Beside == "" {
		if differs := s.machine(r); differs != "" {
			return lack(fmt.Sprintf("no arm of one program and configuration is in both sessions, and the machine is not the same: %s", differs),
				"keep an arm of the same program in both: a variant whose plugin version, binary or build is fixed"), control
		}
	}
	out = read.beside(a.Beside, variant)
	out.Stored, out.Beside = a.Values, a.Beside
	if g.AsIs() && len(out.LogRatios) > 0 && len(a.Values) > 0 {
		out.Values = []float64{
			math.Exp(slices.Min(out.LogRatios) - slices.Max(a.Values)), math.Exp(slices.Max(out.LogRatios) - slices.Min(a.Values)),
		}
	}
	if len(out.LogRatios) > 0 && len(a.Values) > 0 {
		out.MedianRatio = math.Exp(stats.Median(out.LogRatios) - stats.Median(a.Values))
	}
	return out, control
}

// otherResult is what to do about a stored result that nothing can be held against.
const otherResult = "name another result in stored_baseline, or measure that one again"

// machine says in which respect the machine of the stored session is another one;
// empty: in none.
func (s *Stored) machine(r *Result) string {
	was, is := s.Host, r.Metadata.Host
	was.Flags, is.Flags = nil, nil
	switch {
	case !reflect.DeepEqual(was, is):
		return fmt.Sprintf("it was %s with %s and %s, and is %s with %s and %s", was.Hostname, was.CPU, was.Kernel, is.Hostname, is.CPU, is.Kernel)
	case s.Device.Kind != r.Metadata.Device.Kind || s.Device.Name != r.Metadata.Device.Name || s.Device.Driver != r.Metadata.Device.Driver:
		return fmt.Sprintf("the device was %s %s %s, and is %s %s %s", s.Device.Kind, s.Device.Name, s.Device.Driver,
			r.Metadata.Device.Kind, r.Metadata.Device.Name, r.Metadata.Device.Driver)
	}
	return ""
}

// beside is a variant against another arm, or, without one, the logarithm of its
// own value in each round, negative where less is better.
func (x reader) beside(arm, variant string) judge.Arm {
	if arm != "" {
		return x.arm(arm, variant)
	}
	a := judge.Arm{Name: variant}
	if a.Lacks = x.lacks(variant); a.Lacks != nil {
		return a
	}
	for i := range x.c.Rounds {
		d := &x.c.Rounds[i]
		v, ok := x.inRound(d, variant)
		if !d.Counted || !ok {
			continue
		}
		if !(v > 0) || math.IsInf(v, 0) {
			a.Lacks = &judge.Lack{
				Reason: fmt.Sprintf("%s of %q is %v in round %d: a ratio with it means nothing", x.g.Of(), variant, v, d.Index),
				Next:   "bound the value itself: max = …", Invalid: true,
			}
			return a
		}
		ln := math.Log(v)
		if x.g.Better != "higher" {
			ln = -ln
		}
		a.LogRatios = append(a.LogRatios, ln)
	}
	return a
}
