package promote

import (
	"fmt"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// independent asks for enough sessions that are each their own: another seed, which
// draws orders and inputs, and another time.
func (p *Promotion) independent(needed int) {
	own := 0
	for i, d := range p.documents {
		alone := true
		for _, before := range p.documents[:i] {
			a, b := before.Result.Session, d.Result.Session
			switch {
			case a.ID == b.ID:
				p.miss("%s and %s are one session, %s: it counts once", before.File, d.File, a.ID)
			case a.Seed == b.Seed:
				p.miss("sessions %s and %s have one seed, %d, and so the same orders and inputs: run without --seed", a.ID, b.ID, a.Seed)
			case b.Started.Before(a.Ended):
				p.miss("session %s began before %s had ended: sessions at one time share what disturbs them", b.ID, a.ID)
			default:
				continue
			}
			alone = false
		}
		if alone {
			own++
		}
	}
	if own < needed {
		p.miss("%s of the %d that are needed: run the experiment again, on other days if it can be", count(own, "independent session"), needed)
	}
}

// sound asks of one document that a claim may rest on it at all, and that others can
// repeat it.
func (p *Promotion) sound(d Document) error {
	r := d.Result
	rep, err := rejudge.Check(r)
	if err != nil {
		return fmt.Errorf("%s: %w", d.File, err)
	}
	if !rep.Follows {
		p.miss("session %s: something stored does not follow from its samples; see: assay explain %s", d.session(), d.File)
	}
	if r.Status != record.Complete {
		p.miss("session %s is %s: only a complete one counts", d.session(), r.Status)
	}
	if r.Metadata.Device.Simulated {
		p.miss("session %s: its device is simulated, and its times are not measurements", d.session())
	}
	built := true
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			v := &c.Variants[k]
			if v.Role == record.RoleProposed {
				continue
			}
			for _, lack := range r.MissingMetadata(&c.Variants[0], v) {
				p.miss("session %s: %s", d.session(), lack)
			}
			built = built && r.BuiltFrom(v)
			for _, k := range v.Checks {
				if !k.Passed {
					p.miss("session %s: %s check %s of %s failed", d.session(), k.Kind, k.Name, v.Name)
				}
			}
			for _, x := range v.Defects {
				p.miss("session %s: what the plugin says of %s cannot be true (%s)", d.session(), v.Name, x.Name)
			}
		}
	}
	if dirty := r.Metadata.GitDirty; !built && (dirty == nil || *dirty) {
		p.miss("session %s: the commit is not what was measured, or nobody knows: files had uncommitted changes (git_dirty); commit them and run again", d.session())
	}
	return nil
}

// alike asks for one set-up and one verdict.
func (p *Promotion) alike() {
	first := p.documents[0]
	for _, d := range p.documents[1:] {
		for _, f := range compare.SetUp(first.Result, d.Result) {
			p.miss("sessions %s and %s differ in %s (%s and %s): a result is of one set-up", first.session(), d.session(), f.Name, orNone(f.A), orNone(f.B))
		}
		if d.Result.Verdict != first.Result.Verdict {
			p.miss("the verdict is %s in session %s and %s in %s", first.Result.Verdict, first.session(), d.Result.Verdict, d.session())
		}
		for i := range first.Result.Cases {
			p.configuredAlike(&first.Result.Cases[i], d)
		}
	}
}

func (p *Promotion) configuredAlike(c *record.Case, d Document) {
	other := d.Result.Case(c.ID)
	if other == nil {
		p.miss("session %s has no case %s", d.session(), c.ID)
		return
	}
	for _, v := range c.Variants {
		for _, w := range other.Variants {
			if v.Name == w.Name && v.ConfigDigest != w.ConfigDigest {
				p.miss("%s is configured differently in session %s", v.Name, d.session())
			}
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
