package report

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

func explained(t *testing.T, o fakeresult.Options, edit func(*record.Result)) string {
	t.Helper()
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := record.WriteResult(path, r, nil); err != nil {
		t.Fatal(err)
	}
	if r, err = record.ReadResult(path); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(r)
	}
	rep, err := rejudge.Check(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := rep.CheckJournal(path, r); err != nil {
		t.Fatal(err)
	}
	if o.Folder != "" {
		rep.Journal.Path = "results/runs/x/journal.jsonl"
	}
	var b strings.Builder
	Explain(&b, r, rep, Style{Width: 80})
	within(t, b.String(), 80)
	b.Reset()
	Explain(&b, r, rep, Style{})
	return b.String()
}

func TestExplain(t *testing.T) {
	near := fakeresult.Options{Noise: 0.008, Variants: map[string]float64{"near": 0.995}, Order: []string{"near"}}
	for _, c := range []struct {
		golden string
		o      fakeresult.Options
		edit   func(*record.Result)
	}{
		{"explain-pass.golden", fakeresult.Options{Folder: filepath.Join(t.TempDir(), "run")}, nil},
		{"explain-three-looks.golden", near, nil},
		{"explain-noisy.golden", fakeresult.Options{Noise: 0.05}, nil},
		{"explain-quantities.golden", everyQuantity(), nil},
		{"explain-asserts.golden", fakeresult.Options{Margin: -1, Variants: map[string]float64{"fused": 1.02, "same": 1}, Order: []string{"fused", "same"}, Asserts: []judge.Assert{
			{Name: "faster", Condition: "ratio.decode > 1", Numbers: []judge.Number{{Root: "ratio", Name: "decode"}}},
		}}, nil},
		{"explain-no-guardrails.golden", fakeresult.Options{Margin: -1}, nil},
		{"explain-one-sample-edited.golden", fakeresult.Options{Folder: filepath.Join(t.TempDir(), "run2")}, func(r *record.Result) {
			r.Cases[0].Rounds[4].Visits[1].Samples.WallNs[2] += 3e6
		}},
		{"explain-verdict-edited.golden", fakeresult.Options{Variants: map[string]float64{"slow": 0.95}, Order: []string{"slow"}}, func(r *record.Result) {
			r.Verdict, r.Cases[0].Judgements[0].Verdict = "pass", "pass"
		}},
	} {
		t.Run(c.golden, func(t *testing.T) { checkGolden(t, c.golden, explained(t, c.o, c.edit)) })
	}
}

// everyQuantity asks about whatever can be asked about, of one variant.
func everyQuantity() fakeresult.Options {
	o := fakeresult.EveryQuantity()
	o.Margin, o.Variants, o.Order = -1, map[string]float64{"slow": 0.8}, []string{"slow"}
	return o
}

func TestResultOfEveryQuantity(t *testing.T) {
	r, err := fakeresult.New(everyQuantity())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	Result(&b, r, Style{})
	checkGolden(t, "result-quantities.golden", b.String())
}

func TestPlotHoldsWhateverTheData(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	for name, p := range map[string]ratioPlot{
		"one round":   {points: []plotPoint{{"1", 1, 1}}},
		"no control":  {points: []plotPoint{{"1", 1.2, 0}, {"2", 1.3, 0}}, line: 0.99},
		"far off":     {points: []plotPoint{{"1", 1, 1}, {"2", 1.001, 1}, {"3", 0.999, 1}, {"4", 9, 0.01}}, line: 0.99},
		"all alike":   {points: []plotPoint{{"1", 1, 1}, {"2", 1, 1}}, line: 1},
		"open bounds": {points: []plotPoint{{"1", 1.01, 1}}, bars: []plotBar{{"bounds", '●', 1.01, nil, nil}, {"control", '○', 1, f(0.5), nil}}},
		"beyond all":  {points: []plotPoint{{"1", 1, 1}, {"2", 1e308, 5e-324}}, line: 1e308, bars: []plotBar{{"bounds", '●', 1e308, f(1), f(math.MaxFloat64)}}},
		"large":       {points: []plotPoint{{"1", 1e9, 1e9}, {"2", 1e8, 1}}, line: 1e9},
		"many rounds": {points: func() (out []plotPoint) {
			for range 100 {
				out = append(out, plotPoint{"7", 1.01, 0.99})
			}
			return out
		}()},
	} {
		var b strings.Builder
		p.variant = "v"
		p.write(&b, "", Style{})
		lines := strings.Split(b.String(), "\n")
		if len(lines) < 3 || len(lines) > plotRows+6 {
			t.Errorf("%s: %d lines:\n%s", name, len(lines), b.String())
		}
		for _, l := range lines[:len(lines)-2] {
			if n := len([]rune(l)); n > plotWidth+len("control")+2 {
				t.Errorf("%s: a line of %d columns: %q", name, n, l)
			}
		}
		if name == "beyond all" && !strings.Contains(lines[2], "▸") {
			t.Errorf("a point beyond the axis is not at its edge:\n%s", b.String())
		}
		if name == "far off" && (!strings.Contains(b.String(), "▸") || !strings.Contains(b.String(), "◂")) {
			t.Errorf("far-off points are not shown at the edge:\n%s", b.String())
		}
	}
}
