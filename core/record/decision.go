package record

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// decision is one on noisy values.
type decision struct {
	r      *Result
	c      *Case
	s      *Select
	x      *Race
	rounds []Round
	who    []Candidate
	alpha  float64
	raced  bool
}

// finalists are those that ran the race to its end. Who did not is left out.
func (d *decision) finalists(fresh []Candidate, out *Selection) (who []Candidate) {
	for _, name := range d.x.Finalists {
		k := Candidate{Variant: name}
		if i := slices.IndexFunc(fresh, func(f Candidate) bool { return f.Variant == name }); i >= 0 {
			k.Values = fresh[i].Values
		}
		i := slices.IndexFunc(d.c.Variants, func(v Variant) bool { return v.Name == name })
		if i < 0 {
			continue
		}
		if why := d.c.Ineligible(&d.c.Variants[i]); why != "" {
			out.LeftOut = append(out.LeftOut, LeftOut{name, why})
			continue
		}
		who = append(who, k)
	}
	return who
}

// make fills in the answer.
func (d *decision) make(out *Selection) error {
	out.Rounds, out.Alpha = Counted(d.rounds), d.alpha
	if len(d.who) == 1 && d.raced {
		out.Reason = fmt.Sprintf("of the finalists only %q could be measured to the end, so that it is compared with nobody", d.who[0].Variant)
		return nil
	}
	if why := d.r.unusable(d.rounds); why != nil {
		out.Reason = why.Reason
		return nil
	}
	bias, unsound, err := d.control()
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if unsound != "" {
		out.Reason = unsound
		return nil
	}
	f := d.r.field(d.c, d.s, d.rounds, d.who)
	if !f.ratio {
		bias = 0
	}
	best, all, err := f.Best(d.alpha, bias)
	if err != nil {
		return err
	}
	if out.Scale = scaleDifference; f.ratio {
		out.Scale = scaleRatio
	}
	value := 0.0
	for i, t := range all {
		n := Finalist{Variant: t.Name, Behind: t.Behind, Values: d.who[i].Values}
		if d.raced {
			if n.SamplesSHA, err = samplesDigests(t.Name, d.rounds); err != nil {
				return err
			}
		}
		if t.Estimate != nil {
			n.Estimate = f.value(*t.Estimate)
		}
		if t.Against != nil {
			if n.Against, err = f.against(t.Against, d.alpha); err != nil {
				return err
			}
		}
		if i == best {
			value = *n.Estimate
		}
		if !t.Behind && best >= 0 {
			out.Tied = append(out.Tied, t.Name)
		}
		out.Finalists = append(out.Finalists, n)
	}
	if best < 0 {
		out.Reason = "no candidate has a value of " + d.s.Of
		return nil
	}
	after := ""
	switch {
	case math.IsInf(bias, 1) && len(all) > 1:
		after = "; the control has too few rounds for any bound, so that every difference may be the machine's"
	case bias > 0 && len(all) > 1:
		after = fmt.Sprintf("; %s of each difference is charged to the machine, as the control shows", judge.Percent(math.Expm1(bias)))
	}
	out.settle(d.s, d.when(), after, value)
	return nil
}

// when says by which rounds the answer is given.
func (d *decision) when() string {
	n := Counted(d.rounds)
	switch {
	case d.raced && d.x.Racing():
		return fmt.Sprintf("a second race that ended after %d of %d rounds", n, d.x.Goal)
	case d.raced:
		return fmt.Sprintf("a second race of %d rounds", n)
	}
	return fmt.Sprintf("the first %d rounds", n)
}

// control of the rounds that decide, in every phase that the aim hangs on.
func (d *decision) control() (bias float64, unsound string, err error) {
	i := slices.IndexFunc(d.c.Variants, func(v Variant) bool { return v.Role == RoleControl })
	base := d.c.baseline()
	if i < 0 || base == nil {
		return 0, "the case has no control", nil
	}
	for _, phase := range d.s.Phases {
		var ratios []float64
		for k := range d.rounds {
			if v, ok := d.rounds[k].LogRatio(base.Name, d.c.Variants[i].Name, phase); ok && d.rounds[k].Counted {
				ratios = append(ratios, v)
			}
		}
		b, why, err := d.r.Plan.ControlBias(ratios)
		if err != nil || why != "" {
			return 0, why, err
		}
		bias = max(bias, b)
	}
	return bias, "", nil
}
