package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// write makes the page of a document.
func write(t testing.TB, r *record.Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, []Document{{File: "results/a.json", Result: r}}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func made(t testing.TB, o fakeresult.Options) *record.Result {
	t.Helper()
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	ids      = regexp.MustCompile(` id="([^"]*)"`)
	headings = regexp.MustCompile(`<h([1-6])`)
	unthemed = regexp.MustCompile(`(fill|stroke):#`)
	quotes   = regexp.MustCompile(`"[^"]*"`) // of attributes; in texts they are escaped
	loads    = regexp.MustCompile(`(?i)<(script|img|link|iframe|object|embed)\b|<[^<>]*(\ssrc=|\son[a-z]+=)|url\(|@import`)
)

// wellMade holds what every page must be: text of one file that loads and runs
// nothing, with headings in order and a table for each chart.
func wellMade(t *testing.T, page string) {
	t.Helper()
	if !utf8.ValidString(page) || !strings.HasPrefix(page, "<!doctype html>") || !strings.HasSuffix(page, "</html>\n") {
		t.Error("it is no whole page of UTF-8")
	}
	if found := loads.FindString(quotes.ReplaceAllString(page, `""`)); found != "" {
		t.Errorf("it loads or runs something: %q", found)
	}
	if found := unthemed.FindString(page); found != "" {
		t.Errorf("a chart has a colour that does not follow the scheme: %q", found)
	}
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("id %q stands twice", m[1])
		}
		seen[m[1]] = true
	}
	level := '0'
	for _, m := range headings.FindAllStringSubmatch(page, -1) {
		if next := rune(m[1][0]); next > level+1 {
			t.Errorf("a heading of level %c follows one of level %c", next, level)
		} else {
			level = next
		}
	}
	charts, labelled := strings.Count(page, "<svg"), strings.Count(page, `role="img" aria-label="`)
	if charts != labelled {
		t.Errorf("%d charts, %d labels", charts, labelled)
	}
	if figures, tables := strings.Count(page, "<figure>"), strings.Count(page, "<summary>Numbers"); figures != tables {
		t.Errorf("%d figures, %d tables of their numbers", figures, tables)
	}
	if tables, captions := strings.Count(page, "<table"), strings.Count(page, "<caption>"); tables != captions {
		t.Errorf("%d tables, %d captions", tables, captions)
	}
}

const undrawn = "cannot be drawn"

func TestPagesOfDocuments(t *testing.T) {
	read := func(file string) func(*testing.T) *record.Result {
		return func(t *testing.T) *record.Result {
			r, err := record.ReadReduced(file)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	fake := func(o fakeresult.Options, change func(*record.Result)) func(*testing.T) *record.Result {
		return func(t *testing.T) *record.Result {
			r := made(t, o)
			if change != nil {
				change(r)
			}
			return r
		}
	}
	failed := func(r *record.Result) {
		r.Status, r.Verdict = record.Crashed, "invalid"
		r.Failures = []record.Failure{{Case: "default", Round: 3, Variant: "fused", Phase: "decode", Stage: "visit", Kind: "signal", Message: "it died", LastIntent: "run", Panic: []string{"panic: x"}, NextStep: "see why"}}
		r.Probe = &record.Probe{Kind: "cpu", Message: "no answer"}
		r.Cases[0].Variants[1].Phases = map[string]record.PhaseSummary{}
		r.Cases[0].Variants[2].Defects = []record.Defect{{Name: record.LessThanClock, Phase: "decode", Round: 1, Detail: "numbers"}}
		r.Cases[0].Rounds[2].Counted, r.Cases[0].Rounds[2].Disturbed = false, true
	}
	for _, k := range []struct {
		name string
		made func(*testing.T) *record.Result
		want []string
	}{
		{"a pass", fake(fakeresult.Options{}, nil), []string{
			`<span class="badge pass">pass</span>`, "Forest plot of speeds in decode. fused 1.0", "Where the wall time goes in decode: separate", "Bandwidth in decode as a share",
			"Speed of fused and of the control against separate in decode", "The machine over 8 rounds", "0.99, which a pass must exceed", "assay explain results/a.json", "sha256", "noise floor",
		}},
		{"a fail", fake(fakeresult.Options{Variants: map[string]float64{"slow": 0.9}, Order: []string{"slow"}}, nil), []string{"fail by guardrail no_decode_regression: ", "a loss is proven", "<strong>Next:</strong> revert"}},
		{"every quantity", fake(fakeresult.EveryQuantity(), nil), []string{"Accepted by a written trade-off: it saves memory", "(only warns)", "Metrics, medians over rounds"}},
		{"a simulated device", fake(fakeresult.Options{Simulated: true}, nil), []string{"simulated device: correctness only"}},
		{"no guardrails", fake(fakeresult.Options{Margin: -1}, nil), []string{"none: no guardrail and no assert was asked"}},
		{"a sweep over a matrix", fake(fakeresult.Options{Cases: []string{"tokens=1", "tokens=4", "tokens=16"}}, nil), []string{"Speed in decode over tokens: fused 1.0", `href="#e1c3"`}},
		{"failures", fake(fakeresult.Options{}, failed), []string{"round 3, visit of variant fused in decode: it died", "panic: x", "defect less_than_clock of control in decode, first in round 1", "not measured", "does not work in a fresh process either"}},
		{"skipped", fake(fakeresult.Options{}, func(r *record.Result) {
			r.Status, r.Verdict, r.Cases, r.Diagnostics = record.Skipped, "none", nil, []string{"when is false"}
		}), []string{"skipped: when is false"}},
		{"no rounds yet", fake(fakeresult.Options{}, func(r *record.Result) {
			for i := range r.Cases[0].Variants {
				r.Cases[0].Variants[i].Phases = nil
			}
			r.Status, r.Cases[0].Rounds, r.Cases[0].Judgements, r.Verdict = record.Partial, nil, nil, "none"
		}), []string{"not measured"}},
		{"nothing at all", func(*testing.T) *record.Result { return &record.Result{} }, []string{"no guardrail"}},
		{"of schema 1", read("../record/testdata/v1-complete.json"), []string{"How and where it was measured"}},
		{"recovered, of schema 1", read("../record/testdata/v1-killed-recovered.json"), []string{"How and where it was measured"}},
	} {
		t.Run(k.name, func(t *testing.T) {
			r := k.made(t)
			page := write(t, r)
			wellMade(t, page)
			if strings.Contains(page, undrawn) {
				t.Error("a chart cannot be drawn")
			}
			for _, want := range append(k.want, templateText(report.Verdict(r))) {
				if !strings.Contains(page, want) {
					t.Errorf("it lacks %q", want)
				}
			}
		})
	}
}

// templateText is a text as a page has it.
func templateText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;").Replace(s)
}

// What a plugin says is shown, and never becomes a part of the page.
func TestForeignTextStaysText(t *testing.T) {
	const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>` + "\x1b[31m\u202e\x00"
	r := made(t, fakeresult.Options{Variants: map[string]float64{evil: 1.02}, Order: []string{evil}})
	r.Experiment.Name, r.Experiment.Description, r.Experiment.Source = evil, evil, evil
	r.Experiment.Units["decode"] = evil
	r.Experiment.Metadata["note"] = json.RawMessage(`"<script>"`)
	r.Metadata.Device.Name, r.Metadata.Device.Facts = evil, map[string]string{evil: evil}
	r.Metadata.Model, r.Session.Command = ptr(evil), []string{"assay", "run", evil}
	r.Findings = []record.Finding{{Kind: evil, Summary: evil, Detail: evil, Certainty: evil}}
	r.Failures = []record.Failure{{Message: evil, Stage: evil, LastIntent: evil, Stderr: []string{evil}, NextStep: evil}}
	r.Diagnostics = []string{evil}
	r.Cases[0].ID = evil
	r.Cases[0].Variants[1].Metrics = map[string]float64{evil: 1}
	r.Cases[0].Variants[1].Defects = []record.Defect{{Name: evil, Detail: evil}}
	r.Cases[0].Judgements[0].Reason, r.Cases[0].Judgements[0].Verdict = evil, judge.Verdict(evil)
	page := write(t, r)
	wellMade(t, page)
	for _, bad := range []string{"\x1b", "\u202e", "\x00", "<script", "<img"} {
		if strings.Contains(page, bad) {
			t.Errorf("it has %q", bad)
		}
	}
	if got := strings.Count(page, "&lt;script&gt;"); got < 30 {
		t.Errorf("it says %d times what plugin and author said, want most of them", got)
	}
	if !strings.Contains(page, `\x1b[31m\u202e`) {
		t.Error("what reorders text is not written out")
	}
}

func ptr[T any](x T) *T { return &x }

// Numbers that no chart has room for are in the tables still.
func TestNumbersThatCannotBeDrawn(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 1e-300, -1, 0} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			r := made(t, fakeresult.Options{})
			c := &r.Cases[0]
			for i := range c.Variants {
				s := c.Variants[i].Phases["decode"]
				s.WallNs.Value, s.DeviceNs, s.EncodeNs, s.UnitsPerSec = x, x, x, x
				s.Share = &record.Share{Yardstick: record.Stream, Share: x, Lower: &x, Upper: &x, GBps: x}
				if s.Ratio != nil {
					s.Ratio = &record.Ratio{Estimate: x, Lower: &x, Upper: &x}
				}
				c.Variants[i].Phases["decode"] = s
			}
			c.Judgements[0].Estimate, c.Judgements[0].Lower, c.Judgements[0].Upper = &x, &x, &x
			for i := range c.Rounds {
				d := &c.Rounds[i]
				d.Before = record.Environment{CPUMHz: x, Celsius: x, ThermalState: "serious"}
				for k := range d.Visits {
					d.Visits[k].Observed = record.Observation{ForeignLoad: x, MHzBefore: x}
				}
			}
			wellMade(t, write(t, r))
		})
	}
}

// A page of many rounds says that it shows some of them.
func TestManyRounds(t *testing.T) {
	r := made(t, fakeresult.Options{})
	c := &r.Cases[0]
	for len(c.Rounds) < 1000 {
		d := c.Rounds[len(c.Rounds)%8]
		d.Index = len(c.Rounds) + 1
		c.Rounds = append(c.Rounds, d)
	}
	page := write(t, r)
	wellMade(t, page)
	if !strings.Contains(page, "One of 5 rounds is shown; the result document has all 1000.") {
		t.Error("it does not say how many rounds it shows")
	}
	if len(page) > 1<<19 {
		t.Errorf("it has %d bytes", len(page))
	}
}

// Variants that differ in one number of their configuration are a curve.
func TestOverConfig(t *testing.T) {
	r := made(t, fakeresult.Options{Variants: map[string]float64{"e1": 1.1, "e2": 1.3, "e3": 1.2}, Order: []string{"e1", "e2", "e3"}})
	for i := range r.Cases[0].Variants {
		r.Cases[0].Variants[i].Config = json.RawMessage(fmt.Sprintf(`{"bits":4,"epsilon":%d}`, 10*i))
	}
	r.Selections = []record.Selection{{Name: "best", Case: "default", Outcome: record.OutcomeWinner, Variant: "e2"}}
	r.Findings = []record.Finding{{Case: "default", Kind: "knee", Summary: "the fastest is 20", Certainty: "shown"}}
	page := write(t, r)
	wellMade(t, page)
	for _, want := range []string{"Speed in decode over epsilon", "knee: the fastest is 20", "chosen by a select block"} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if strings.Contains(page, "Speed in decode over bits") {
		t.Error("it has a curve of what does not differ")
	}
}

func TestPieces(t *testing.T) {
	for text, want := range map[string]string{
		"`assay resume` goes on": "[assay resume] goes on", "plain": "plain", "one ` alone": "one ` alone", "`a` and `b`": "[a] and [b]", "``": "", "": "",
	} {
		got := ""
		for _, p := range pieces(text) {
			if p.Command {
				p.Text = "[" + p.Text + "]"
			}
			got += p.Text
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// FuzzPage: whatever a document holds, a page is made of it.
func FuzzPage(f *testing.F) {
	r, err := fakeresult.Small()
	if err != nil {
		f.Fatal(err)
	}
	text, err := jsonfuzz.New(r)
	if err != nil {
		f.Fatal(err)
	}
	text.Seed(f.Add)
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		var r record.Result
		if json.Unmarshal(text.With(at, value), &r) == nil {
			wellMade(t, write(t, &r))
		}
	})
}
