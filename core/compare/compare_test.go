package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func made(t *testing.T, o fakeresult.Options) *record.Result {
	t.Helper()
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// session is another session of the same experiment: other seed, other drift.
func session(t *testing.T, speed float64, change func(*record.Result)) *record.Result {
	t.Helper()
	return made(t, fakeresult.Options{
		Session: "20260302T120000Z-1b1b1b", Seed: 99, BaseNs: 9.4e6,
		Variants: map[string]float64{"fused": speed}, Order: []string{"fused"}, Change: change,
	})
}

func TestRatiosAreComparedByTheirIntervals(t *testing.T) {
	a := made(t, fakeresult.Options{})
	for _, c := range []struct {
		name  string
		speed float64
		want  Answer
	}{{"the same", 1.02, NotShown}, {"faster", 1.05, Faster}, {"slower", 0.99, Slower}} {
		t.Run(c.name, func(t *testing.T) {
			rep, err := Compare("a", "b", a, session(t, c.speed, nil))
			if err != nil {
				t.Fatal(err)
			}
			row := rep.Rows[1]
			if row.Variant != "fused" || row.Answer != c.want || row.Change == nil {
				t.Errorf("row %+v, want %s", row, c.want)
			}
			if rep.Rows[0].Answer != Baseline || rep.Rows[0].Raw == nil || rep.Rows[0].Raw.Change > -0.08 {
				t.Errorf("the baseline's raw times drifted by about 10 %%: %+v", rep.Rows[0].Raw)
			}
		})
	}
}

func TestWhatIsNotBelievedHasNoChange(t *testing.T) {
	wrong := func(name string) func(*record.Result) {
		return func(r *record.Result) {
			for i := range r.Cases[0].Variants {
				if v := &r.Cases[0].Variants[i]; v.Name == name {
					v.Defects = []record.Defect{{Name: record.LessThanClock, Phase: "decode"}}
				}
			}
		}
	}
	for _, c := range []struct{ name, in, of string }{
		{"in B", "B", "fused"}, {"in A", "A", "fused"}, {"the baseline", "B", "baseline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := made(t, fakeresult.Options{}), session(t, 1.05, nil)
			of := c.of
			if of == "baseline" {
				of = a.Cases[0].Variants[0].Name
			}
			wrong(of)(map[string]*record.Result{"A": a, "B": b}[c.in])
			rep, err := Compare("a", "b", a, b)
			if err != nil {
				t.Fatal(err)
			}
			row := rep.Rows[1]
			want := fmt.Sprintf("in %s, what the plugin says of %q cannot be true (less_than_clock)", c.in, of)
			if row.Answer != NotBelieved || row.Change != nil || row.Note != want || row.Raw != nil {
				t.Errorf("row %+v, want it not believed: %s", row, want)
			}
		})
	}
	a, b := made(t, fakeresult.Options{}), session(t, 1.05, nil)
	for i := range b.Cases[0].Variants {
		if v := &b.Cases[0].Variants[i]; v.Name == "fused" {
			v.Checks = []record.Check{{Name: "rel_err", When: "before", Kind: "correctness", Value: 5, Limit: 1}}
		}
	}
	rep, err := Compare("a", "b", a, b)
	if err != nil {
		t.Fatal(err)
	}
	if row := rep.Rows[1]; row.Answer != NotBelieved || !strings.HasPrefix(row.Note, `in B, variant "fused" computes something else: `) {
		t.Errorf("row %+v, want it not believed", row)
	}
	a, b = made(t, fakeresult.Options{}), session(t, 1.05, nil)
	b.Cases[0].Variants[0].Role = ""
	if rep, err = Compare("a", "b", a, b); err != nil {
		t.Fatal(err)
	}
	if row := rep.Rows[1]; row.Answer != NotBelieved || row.Note != "in B, the case has no baseline" || row.Raw != nil {
		t.Errorf("row %+v, want it not believed", row)
	}
}

func TestRawTimesNeedTheSameSetUp(t *testing.T) {
	a := made(t, fakeresult.Options{})
	for field, change := range map[string]func(*record.Result){
		"device kind":   func(r *record.Result) { r.Metadata.Device.Kind = "cuda" },
		"device name":   func(r *record.Result) { r.Metadata.Device.Name = "other" },
		"device driver": func(r *record.Result) { r.Metadata.Device.Driver = "550" },
		"OS build":      func(r *record.Result) { r.Metadata.Device.OSBuild = "26B1" },
		"host CPU":      func(r *record.Result) { r.Metadata.Host.CPU = "other" },
		"plugin digest": func(r *record.Result) { r.Metadata.Plugin.SHA256 = "cc" },
		"assay version": func(r *record.Result) { r.Metadata.Assay.Version = "0.2.0" },
		"cache":         func(r *record.Result) { r.Experiment.Measure.Cache = "hot" },
	} {
		rep, err := Compare("a", "b", a, session(t, 1.02, change))
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Differs) != 1 || rep.Differs[0].Name != field {
			t.Errorf("%s: set-up differs in %+v", field, rep.Differs)
		}
		for _, r := range rep.Rows {
			if r.Raw != nil || r.Refused == "" {
				t.Errorf("%s: raw times are shown: %+v", field, r)
			}
		}
	}
}

// Two sessions whose arms had another environment, commit or binary are no two
// readings of one thing.
func TestRawTimesNeedTheSamePrograms(t *testing.T) {
	with := func(change func(*record.Program)) *record.Result {
		return session(t, 1.02, func(r *record.Result) {
			p := record.Program{Plugin: record.Binary{Name: "gate", SHA256: "aa"}, Environment: []record.Variable{
				{Name: "GOMAXPROCS", Value: "1", Source: "allowed"}, {Name: "HOME", Value: "/home/a", Source: "allowed"},
			}}
			change(&p)
			r.Programs = []record.Program{p}
		})
	}
	a := with(func(*record.Program) {})
	for want, change := range map[string]func(*record.Program){
		"":                                     func(p *record.Program) { p.Environment[1].Value = "/home/b" },
		"separate: environment GOMAXPROCS 1 2": func(p *record.Program) { p.Environment[0].Value = "2" },
		"separate: environment OMP not set 4": func(p *record.Program) {
			p.Environment = append(p.Environment, record.Variable{Name: "OMP", Value: "4"})
		},
		"separate: program digest aa bb":        func(p *record.Program) { p.Plugin.SHA256 = "bb" },
		"separate: device index 0 1":            func(p *record.Program) { p.Index = 1 },
		"separate: build none c0ffee by make x": func(p *record.Program) { p.Build = &record.Build{Commit: "c0ffee", Command: []string{"make", "x"}} },
	} {
		rep, err := Compare("a", "b", a, with(change))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range rep.Differs {
			got += strings.Join([]string{d.Name, d.A, d.B}, " ")
		}
		if got != want || (rep.Rows[0].Raw == nil) != (want != "") {
			t.Errorf("differs in %q, want %q; raw times %v", got, want, rep.Rows[0].Raw)
		}
	}
}

func TestConfigurations(t *testing.T) {
	a, b := made(t, fakeresult.Options{}), session(t, 1.02, nil)
	b.Cases[0].Variants[1].ConfigDigest = "sha256:other"
	rep, err := Compare("a", "b", a, b)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Rows[0].Raw == nil || rep.Rows[1].Raw != nil || rep.Rows[1].Refused != "its configuration differs" {
		t.Errorf("one variant configured differently: %+v", rep.Rows)
	}
	b.Cases[0].Variants[0].ConfigDigest = "sha256:another"
	if rep, err = Compare("a", "b", a, b); err != nil {
		t.Fatal(err)
	}
	if len(rep.Differs) != 1 || rep.Differs[0].Name != "configuration digests" || !strings.Contains(rep.Rows[1].Note, "baselines") {
		t.Errorf("all configured differently: %+v, %q", rep.Differs, rep.Rows[1].Note)
	}
}

func TestWhatOnlyOneHas(t *testing.T) {
	a := made(t, fakeresult.Options{Phases: []string{"decode", "prefill"}})
	b := made(t, fakeresult.Options{Seed: 5, Variants: map[string]float64{"fused": 1.02, "new": 1}, Order: []string{"fused", "new"}})
	rep, err := Compare("a", "b", a, b)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rep.OnlyA, "; ") + " | " + strings.Join(rep.OnlyB, "; "); got != "default, separate, prefill; default, fused, prefill | default, new, decode" {
		t.Error(got)
	}
	if _, err := Compare("a", "b", a, made(t, fakeresult.Options{Cases: []string{"tokens=4"}})); err == nil || !strings.Contains(err.Error(), "in common") {
		t.Errorf("nothing in common: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	a, b := made(t, fakeresult.Options{}), session(t, 1.02, func(r *record.Result) { r.Metadata.Plugin.SHA256 = "cc" })
	b.Cases[0].Variants[1].Phases["decode"].Ratio.Estimate = 1.5
	rep, err := Compare("a", "b", a, b)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(rep.Warnings, "\n")
	for _, want := range []string{"B does not follow from its own samples; see: assay explain b", "the plugins differ"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning with %q in:\n%s", want, all)
		}
	}
	if rep, err = Compare("a", "a", a, a); err != nil || !strings.Contains(strings.Join(rep.Warnings, ""), "same session") {
		t.Errorf("%v %v", rep.Warnings, err)
	}
}
