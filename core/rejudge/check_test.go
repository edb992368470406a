package rejudge

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// stored is a document that went to disk and back, as explain gets it.
func stored(t *testing.T, o fakeresult.Options) (*record.Result, string) {
	t.Helper()
	made, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := record.WriteResult(path, made, nil); err != nil {
		t.Fatal(err)
	}
	r, err := record.ReadResult(path)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func check(t *testing.T, r *record.Result) *Report {
	t.Helper()
	rep, err := Check(r)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

var (
	faster = judge.Assert{Name: "faster", Variant: "fused", Condition: "ratio.decode > 1.01", Numbers: []judge.Number{{Root: "ratio", Name: "decode"}}}
	over   = judge.Assert{Name: "scales", Over: "tokens", Condition: "at[4].rate.decode > 0.5 * at[1].rate.decode", Numbers: []judge.Number{{Root: "rate", Name: "decode"}}}
)

// An answer of an assert is found out as a verdict of a guardrail is.
func TestEditedAssertsAreFound(t *testing.T) {
	for name, edit := range map[string]func(*record.Result){
		"verdict": func(r *record.Result) {
			r.Cases[0].Asserts[0].Verdict, r.Cases[0].Asserts[0].Passed = judge.Fail, false
		},
		"lower":        func(r *record.Result) { *r.Cases[0].Asserts[0].Numbers[0].Lower *= 1.001 },
		"condition":    func(r *record.Result) { r.Experiment.Asserts[0].Condition = "ratio.decode > 1.5" },
		"removed":      func(r *record.Result) { r.Cases[0].Asserts = nil },
		"more claims":  func(r *record.Result) { r.Experiment.Asserts[0].Condition = "abs(ratio.decode - 1) > 0.001" },
		"of a variant": func(r *record.Result) { r.Experiment.Asserts[0].Variant = "" },
	} {
		r, _ := stored(t, fakeresult.Options{Margin: -1, Asserts: []judge.Assert{faster}})
		edit(r)
		if rep := check(t, r); rep.Follows {
			t.Errorf("%s: the edit was not found", name)
		}
	}
	r, _ := stored(t, fakeresult.Options{Margin: -1, Asserts: []judge.Assert{faster}})
	r.Cases[0].Asserts[0].Message = "in other words"
	if rep := check(t, r); !rep.Follows {
		t.Errorf("another wording: %+v", rep.Differences)
	}
}

func TestUntouchedDocumentsFollow(t *testing.T) {
	many := fakeresult.Options{
		Cases: []string{"bits=4,tokens=1", "bits=8,tokens=1"}, Phases: []string{"decode", "prefill"},
		Variants: map[string]float64{"fused": 1.05, "slow": 0.95}, Order: []string{"fused", "slow"},
	}
	for name, o := range map[string]fakeresult.Options{
		"pass": {}, "many cases": many,
		"fail":           {Variants: map[string]float64{"slow": 0.95}, Order: []string{"slow"}},
		"noisy":          {Noise: 0.05},
		"more looks":     {Noise: 0.008, Variants: map[string]float64{"near": 0.995}, Order: []string{"near"}},
		"no guardrails":  {Margin: -1},
		"every quantity": fakeresult.EveryQuantity(),
		"asserts":        {Margin: -1, Asserts: []judge.Assert{faster}},
		"over cases":     {Cases: []string{"tokens=1", "tokens=4"}, Asserts: []judge.Assert{over}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := stored(t, o)
			rep := check(t, r)
			if !rep.Follows || len(rep.Differences) > 0 {
				t.Errorf("follows %v, differences %+v", rep.Follows, rep.Differences)
			}
			for _, j := range rep.Judgements {
				if !j.Follows || j.Why != WhySame {
					t.Errorf("judgement %+v", j)
				}
			}
		})
	}
}

// Every one of these edits must be found, and the first judgement must be
// described as given.
func TestEditsAreFound(t *testing.T) {
	cases := []struct {
		name  string
		edit  func(*record.Result)
		why   string // of the first judgement
		where string // of some difference
	}{
		{"one sample, the median unmoved", func(r *record.Result) {
			*slowest(r, "fused") *= 2
		}, WhyRests, "case default, fused: samples_sha256 decode"},
		{"one sample of the control", func(r *record.Result) {
			*slowest(r, "control") += 1 << 40
		}, WhyRests, "case default, control: samples_sha256 decode"},
		{"samples of one round, the verdict unmoved", func(r *record.Result) {
			scale(r, "fused", 1, 0.9)
		}, WhyNumbers, "guardrail no_decode_regression, fused in decode: "},
		{"samples of every round", func(r *record.Result) {
			for round := range r.Cases[0].Rounds {
				scale(r, "fused", round, 1.1)
			}
		}, WhyVerdict, "guardrail no_decode_regression, fused in decode: verdict"},
		{"the verdict", func(r *record.Result) {
			r.Cases[0].Judgements[0].Verdict = judge.Fail
		}, WhyVerdict, "guardrail no_decode_regression, fused in decode: verdict"},
		{"the overall verdict", func(r *record.Result) { r.Verdict = "fail" }, WhySame, "verdict"},
		{"an estimate", func(r *record.Result) {
			p := r.Cases[0].Variants[1].Phases["decode"]
			p.Ratio.Estimate *= 1 + 1e-9
		}, WhySame, "fused in decode: ratio estimate"},
		{"a min_ratio", func(r *record.Result) { r.Experiment.Guardrails[0].MinRatio = 2 }, WhyVerdict, ""},
		{"claims", func(r *record.Result) { r.Plan.Claims = 0 }, "", "plan claims"},
		{"a look's level", func(r *record.Result) { r.Plan.Looks[0].Alpha *= 2 }, "", "plan looks 0 alpha"},
		{"a look's decision", func(r *record.Result) { r.Cases[0].Looks[0].Stop = false }, WhySame, "look at 8 rounds: stop"},
		{"a round taken out of the statistics", func(r *record.Result) { r.Cases[0].Rounds[3].Counted = false }, WhyNumbers, ""},
		{"the looks and all that rests on them", func(r *record.Result) {
			r.Plan.Looks, r.Cases[0].Judgements, r.Verdict = nil, nil, "none"
		}, WhyVerdict, "plan looks"},
		{"a judgement removed", func(r *record.Result) { r.Cases[0].Judgements = nil }, WhyVerdict, ""},
		{"a judgement added", func(r *record.Result) {
			j := r.Cases[0].Judgements[0]
			j.Guardrail = "another"
			r.Cases[0].Judgements = append(r.Cases[0].Judgements, j)
		}, WhySame, "guardrail another"},
		{"a check that failed", func(r *record.Result) { r.Cases[0].Rounds[2].Prepared[1].Checks[0].Passed = false }, WhyVerdict, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, _ := stored(t, fakeresult.Options{})
			c.edit(r)
			rep := check(t, r)
			if rep.Follows || len(rep.Differences) == 0 {
				t.Fatal("the edit was not found")
			}
			if got := rep.Judgements[0]; c.why != "" && got.Why != c.why {
				t.Errorf("first judgement: %s (stored %s, want %s); want %s", got.Why, got.Stored, got.Want, c.why)
			}
			if !slices.ContainsFunc(rep.Differences, func(d Difference) bool { return strings.Contains(d.Where, c.where) }) {
				t.Errorf("no difference at %q in %+v", c.where, rep.Differences)
			}
		})
	}
}

// Verdicts of another phase, case or variant do not rest on a changed sample.
func TestOnlyWhatRestsOnASampleFallsWithIt(t *testing.T) {
	r, _ := stored(t, fakeresult.Options{
		Cases: []string{"tokens=1", "tokens=4"}, Phases: []string{"decode", "prefill"},
		Variants: map[string]float64{"fused": 1.05, "slow": 0.95}, Order: []string{"fused", "slow"},
	})
	*slowest(r, "fused")++
	var fallen []string
	for _, j := range check(t, r).Judgements {
		if !j.Follows {
			fallen = append(fallen, j.Case+" "+j.Variant+" "+j.Phase)
		}
	}
	if len(fallen) != 1 || fallen[0] != "tokens=1 fused decode" {
		t.Errorf("%q", fallen)
	}
}

func slowest(r *record.Result, variant string) *int64 {
	d := &r.Cases[0].Rounds[0]
	i := slices.IndexFunc(d.Visits, func(v record.Visit) bool { return v.Variant == variant })
	walls := d.Visits[i].Samples.WallNs
	return &walls[slices.Index(walls, slices.Max(walls))]
}

func scale(r *record.Result, variant string, round int, by float64) {
	d := &r.Cases[0].Rounds[round]
	for i := range d.Visits {
		if d.Visits[i].Variant == variant {
			for k, ns := range d.Visits[i].Samples.WallNs {
				d.Visits[i].Samples.WallNs[k] = int64(float64(ns) * by)
			}
		}
	}
}

func TestLastBitsAndWordingAreTolerated(t *testing.T) {
	r, _ := stored(t, fakeresult.Options{})
	r.Cases[0].Variants[1].Phases["decode"].Ratio.Estimate *= 1 + 3e-16
	r.Cases[0].Judgements[0].Reason = "said otherwise"
	rep := check(t, r)
	if !rep.Follows || len(rep.Notes) != 1 {
		t.Errorf("follows %v, notes %q, differences %+v", rep.Follows, rep.Notes, rep.Differences)
	}
}

func TestUnusableDocumentsAreErrors(t *testing.T) {
	for name, edit := range map[string]func(*record.Result){
		"no baseline":     func(r *record.Result) { r.Cases[0].Variants[0].Role = "variant" },
		"zero iterations": func(r *record.Result) { r.Cases[0].Rounds[0].Visits[0].Samples.Iterations[0] = 0; zero(r) },
		"confidence":      func(r *record.Result) { r.Experiment.Measure.Confidence = 7 },
	} {
		r, _ := stored(t, fakeresult.Options{})
		edit(r)
		if rep, err := Check(r); err == nil {
			t.Errorf("%s: no error, follows %v", name, rep.Follows)
		}
	}
}

func zero(r *record.Result) {
	for i := range r.Cases[0].Rounds[0].Visits {
		clear(r.Cases[0].Rounds[0].Visits[i].Samples.Iterations)
	}
}

func first(s record.Samples, n int) (out record.Samples) {
	for i := range n {
		out.Add(s.At(i))
	}
	return out
}

func TestJournal(t *testing.T) {
	open := func(t *testing.T) (*record.Result, string) {
		t.Helper()
		return stored(t, fakeresult.Options{Folder: filepath.Join(t.TempDir(), "run")})
	}
	held := func(t *testing.T, r *record.Result, path string) *Report {
		t.Helper()
		rep := check(t, r)
		if err := rep.CheckJournal(path, r); err != nil {
			t.Fatal(err)
		}
		return rep
	}
	t.Run("agrees", func(t *testing.T) {
		r, path := open(t)
		if rep := held(t, r, path); !rep.Follows || rep.Journal.State != JournalAgrees || rep.Journal.Samples != 8*6*5 {
			t.Errorf("%v %+v", rep.Follows, rep.Journal)
		}
	})
	t.Run("names the sample that differs", func(t *testing.T) {
		r, path := open(t)
		r.Cases[0].Rounds[2].Visits[4].Samples.WallNs[1] += 5
		rep := held(t, r, path)
		want := "case default, round 3, visit 5 of fused in decode, sample 2: wall_ns"
		got := rep.Journal.SampleDifferences()
		if rep.Follows || rep.Journal.State != JournalDiffers || len(got) != 1 || got[0].Where != want {
			t.Errorf("%v %+v, want one difference at %q", rep.Follows, rep.Journal, want)
		}
	})
	t.Run("a sample left out", func(t *testing.T) {
		r, path := open(t)
		v := &r.Cases[0].Rounds[2].Visits[4]
		v.Samples = first(v.Samples, 4)
		if rep := held(t, r, path); rep.Journal.State != JournalDiffers || len(rep.Journal.SampleDifferences()) != 5 { // one a column
			t.Errorf("%+v", rep.Journal)
		}
	})
	t.Run("a guardrail changed after the session", func(t *testing.T) {
		r, path := open(t)
		r.Experiment.Guardrails[0].Margin = 0.05
		if err := r.Summarize(); err != nil {
			t.Fatal(err)
		}
		rep := held(t, r, path)
		if rep.Journal.State != JournalDiffers || rep.Journal.Differences[0].Where != "experiment guardrails 0 margin" {
			t.Errorf("%+v", rep.Journal)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		r, path := open(t)
		raw, err := os.ReadFile(r.Session.Journal)
		if err != nil {
			t.Fatal(err)
		}
		raw = bytes.Replace(raw, []byte(`"iterations":3`), []byte(`"iterations":4`), 1)
		if err := os.WriteFile(r.Session.Journal, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if rep := held(t, r, path); rep.Follows || rep.Journal.State != JournalDamaged || !strings.Contains(rep.Journal.Damage, "checksum") {
			t.Errorf("%+v", rep.Journal)
		}
	})
	t.Run("another session's", func(t *testing.T) {
		r, path := open(t)
		r.Session.ID = "else"
		if rep := held(t, r, path); rep.Journal.State != JournalDamaged || !strings.Contains(rep.Journal.Damage, "of session else") {
			t.Errorf("%+v", rep.Journal)
		}
	})
	t.Run("beside the document", func(t *testing.T) {
		r, path := open(t)
		runs := filepath.Join(filepath.Dir(path), "runs", r.Session.ID)
		if err := os.MkdirAll(filepath.Dir(runs), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Dir(r.Session.Journal), runs); err != nil {
			t.Fatal(err)
		}
		if rep := held(t, r, path); rep.Journal.State != JournalAgrees {
			t.Errorf("%+v", rep.Journal)
		}
	})
	t.Run("missing", func(t *testing.T) {
		r, path := stored(t, fakeresult.Options{})
		if rep := held(t, r, path); !rep.Follows || rep.Journal.State != JournalMissing {
			t.Errorf("%v %+v", rep.Follows, rep.Journal)
		}
	})
}

// What a plugin reported at the end of a round is under its judgement too.
func TestReportedValuesAreJudgedAgain(t *testing.T) {
	r, _ := stored(t, fakeresult.EveryQuantity())
	for i := range r.Cases[0].Rounds {
		for k := range r.Cases[0].Rounds[i].Released {
			r.Cases[0].Rounds[i].Released[k].PeakBytes *= 2
		}
	}
	rep := check(t, r)
	for _, j := range rep.Judgements {
		switch {
		case j.Guardrail == "limit" && (j.Stored != judge.Pass || j.Want != judge.Fail):
			t.Errorf("limit of %s: stored %s, from the values %s", j.Variant, j.Stored, j.Want)
		case j.Guardrail != "limit" && j.Stored != j.Want: // a ratio is what it was
			t.Errorf("%s of %s: stored %s, from the values %s", j.Guardrail, j.Variant, j.Stored, j.Want)
		case j.Judgement.AsIs && !j.Follows:
			t.Errorf("%s of %s does not follow: %s", j.Guardrail, j.Variant, j.Why)
		}
	}
	if rep.Follows {
		t.Error("doubled values follow")
	}
}
