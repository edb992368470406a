package promote

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

var update = flag.Bool("update", false, "rewrite golden files")

// session is the n-th of an experiment.
func session(t *testing.T, n int, edit func(*fakeresult.Options)) Document {
	t.Helper()
	o := fakeresult.Options{
		Seed: uint64(n), Session: fmt.Sprintf("2026030%dT120000Z-00000%d", n, n), Started: time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC),
	}
	if edit != nil {
		edit(&o)
	}
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return Document{fmt.Sprintf("%d.json", n), r}
}

func sessions(t *testing.T, edit func(n int, o *fakeresult.Options)) (out []Document) {
	t.Helper()
	for n := 1; n <= 3; n++ {
		out = append(out, session(t, n, func(o *fakeresult.Options) {
			if edit != nil {
				edit(n, o)
			}
		}))
	}
	return out
}

// lossy has a variant that loses 10 %, and a guardrail that wants a reason for it.
func lossy(reason string) func(int, *fakeresult.Options) {
	return func(_ int, o *fakeresult.Options) {
		o.Margin, o.Variants, o.Order = -1, map[string]float64{"small": 0.9}, []string{"small"}
		o.Guardrails = []record.Guardrail{{Name: "speed", Phase: "decode", MinRatio: 1, Margin: 0.01, MinGain: 0.01, OnFail: judge.OnFailTradeoff}}
		if reason != "" {
			o.Tradeoffs = record.Tradeoffs{{Guardrail: "speed", Variant: "small", Reason: reason}}
		}
	}
}

func TestPromotedIsWritten(t *testing.T) {
	for name, documents := range map[string][]Document{
		"win":      sessions(t, nil),
		"tradeoff": sessions(t, lossy("it saves 3 GB | of memory")),
	} {
		p, err := Promote(documents, 3)
		if err != nil || len(p.Missing) > 0 {
			t.Fatalf("%s: %v, missing %q", name, err, p.Missing)
		}
		page, err := p.Into([]byte("# Roadmap\n\nDone:\n"))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, page, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(page)); d != "" {
			t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
		}
		// Once more, beside what people wrote around it, it changes nothing.
		again, err := p.Into([]byte(string(page) + "\nNext: more.\n"))
		if err != nil || string(again) != string(page)+"\nNext: more.\n" {
			t.Errorf("%v:\n%s", err, again)
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	edited := func(n int, edit func(*record.Result)) []Document {
		all := sessions(t, nil)
		edit(all[n-1].Result)
		return all
	}
	dirty := true
	for _, c := range []struct {
		name      string
		documents []Document
		want      string
	}{
		{"two sessions", sessions(t, nil)[:2], "2 independent sessions of the 3 that are needed: run the experiment again"},
		{"one session twice", append(sessions(t, nil)[:2], sessions(t, nil)[1]), "are one session, 20260302T120000Z-000002"},
		{"one seed", sessions(t, func(_ int, o *fakeresult.Options) { o.Seed = 7 }), "have one seed, 7"},
		{"at one time", sessions(t, func(_ int, o *fakeresult.Options) { o.Started = time.Time{} }), "began before"},
		{"another verdict", sessions(t, func(n int, o *fakeresult.Options) {
			if n == 2 {
				o.Variants, o.Order = map[string]float64{"fused": 0.9}, []string{"fused"}
			}
		}), "no_decode_regression of fused in decode: pass in session 20260301T120000Z-000001, fail in 20260302T120000Z-000002"},
		{"noise", sessions(t, func(_ int, o *fakeresult.Options) { o.Noise = 0.2 }), "is invalid in session"},
		{"intervals apart", sessions(t, func(n int, o *fakeresult.Options) {
			if n == 3 {
				o.Variants, o.Order = map[string]float64{"fused": 1.2}, []string{"fused"}
			}
		}), "have no point in common"},
		{"a loss that nobody accepted", sessions(t, lossy("")), `nothing in writing accepts it: tradeoff "speed"`},
		{"no guardrail", sessions(t, func(_ int, o *fakeresult.Options) { o.Margin = -1 }), "no guardrail and no assert was judged"},
		{"simulated", sessions(t, func(_ int, o *fakeresult.Options) { o.Simulated = true }), "its device is simulated"},
		{"uncommitted changes", edited(2, func(r *record.Result) { r.Metadata.GitDirty = &dirty }), "session 20260302T120000Z-000002: the commit is not what was measured"},
		{"no commit", edited(1, func(r *record.Result) { r.Metadata.GitSHA = nil }), "no commit is known (git_sha)"},
		{"another driver", edited(3, func(r *record.Result) { r.Metadata.Device.Driver = "2.0" }), "differ in device driver (none and 2.0)"},
		{"another configuration", edited(3, func(r *record.Result) { r.Cases[0].Variants[1].ConfigDigest = "sha256:other" }), "fused is configured differently in session 20260303T120000Z-000003"},
		{"measured in part", edited(1, func(r *record.Result) { r.Status = record.Partial }), "is partial: only a complete one counts"},
		{"tidied numbers", edited(1, func(r *record.Result) { r.Cases[0].Judgements[0].Verdict = judge.Fail }), "does not follow from its samples; see: assay explain 1.json"},
		{"a case less", edited(2, func(r *record.Result) { r.Cases[0].ID = "other" }), "has no case default"},
	} {
		p, err := Promote(c.documents, 3)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.Contains(strings.Join(p.Missing, "\n"), c.want) {
			t.Errorf("%s: %q is not among\n%s", c.name, c.want, strings.Join(p.Missing, "\n"))
		}
	}
}

func TestPromoteRefusesQuestionsWithoutSense(t *testing.T) {
	other := session(t, 2, func(o *fakeresult.Options) { o.Experiment = "other" })
	odd := session(t, 1, func(o *fakeresult.Options) { o.Experiment = "x --> y" })
	for want, documents := range map[string][]Document{
		"no result document":           nil,
		"promote one experiment":       {session(t, 1, nil), other},
		"cannot mark its place":        {odd},
		`1.json is of experiment "fus`: {session(t, 1, nil), other},
	} {
		if _, err := Promote(documents, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestMarksThatAreDamaged(t *testing.T) {
	p, err := Promote(sessions(t, nil), 3)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := p.marks()
	for page, want := range map[string]string{
		begin + "\n":                           "missing, or they are the wrong way round",
		end + "\n":                             "missing, or they are the wrong way round",
		end + "\n" + begin:                     "missing, or they are the wrong way round",
		strings.Repeat(begin+"\n"+end+"\n", 2): "more than once",
		begin + "\n" + begin + "\n" + end + "\ntext": "more than once",
	} {
		if _, err := p.Into([]byte(page)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", page, err, want)
		}
	}
}
