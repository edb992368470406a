package main

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

const page = "../../../docs/method.md"

// readTable returns the data rows of the first table after a mark, cells
// trimmed.
func readTable(t *testing.T, text, mark string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(text, mark)
	if !ok {
		t.Fatalf("text lacks %q", mark)
	}
	var rows [][]string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if rows != nil {
				break
			}
			continue
		}
		var cells []string
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		rows = append(rows, cells)
	}
	if len(rows) < 3 {
		t.Fatalf("no table after %q", mark)
	}
	return rows[2:]
}

func number(t *testing.T, cell string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(strings.TrimSuffix(cell, " %"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// checkTargets holds the tables to what the method promises, with some slack in
// percentage points for few trials.
func checkTargets(t *testing.T, text string, slack float64) {
	t.Helper()
	rows := readTable(t, text, "simulated sessions per cell")
	if len(rows) != len(weathers)*len(methods) {
		t.Fatalf("%d rows, want %d", len(rows), len(weathers)*len(methods))
	}
	for _, r := range rows {
		if r[1] != "Assay" {
			continue
		}
		falseFail, falsePass, power := number(t, r[2]), number(t, r[3]), number(t, r[5])
		if falsePass > 5+slack {
			t.Errorf("%s: false pass %v %%, promised at most 5", r[0], falsePass)
		}
		if r[0] != "hot" && (falseFail > 1+slack || power < 95-slack) {
			t.Errorf("%s: false fail %v %%, power at 3 %% loss %v %%; promised at most 1 and at least 95", r[0], falseFail, power)
		}
	}
	for _, r := range readTable(t, text, "*Inconclusive*, *invalid*, *rounds*") {
		if r[0] == "hot" && (number(t, r[4]) < 90-slack || number(t, r[3]) > number(t, r[1])/10) {
			t.Errorf("hot: only %s of the wrong answers became inconclusive or invalid", r[4])
		}
	}
	for _, r := range readTable(t, text, "Sessions of one assert") {
		if wrong := number(t, r[3]); wrong > 1+slack {
			t.Errorf("%s: %s at %s is answered wrongly in %v %%, promised at most 1", r[0], r[1], r[2], wrong)
		}
		if r[0] == "calm" && r[2] == "0.97" && number(t, r[5]) < 95-slack {
			t.Errorf("%s at %s fails in %s only", r[1], r[2], r[5])
		}
	}
	_, wins, _ := strings.Cut(text, "though the variant is the baseline:")
	wins, _, _ = strings.Cut(wins, "where a win is")
	shares := regexp.MustCompile(`([0-9.]+) % on a`).FindAllStringSubmatch(wins, -1)
	for _, w := range shares {
		if x := number(t, w[1]); x > 1+slack {
			t.Errorf("%v %% wins without a gain, promised at most 1", x)
		}
	}
	if len(shares) != len(weathers) {
		t.Errorf("%d shares of wins, want %d: %q", len(shares), len(weathers), wins)
	}
	for _, r := range readTable(t, text, "Guardrails on other quantities") {
		falseFail, falsePass, twice, invalid := number(t, r[2]), number(t, r[3]), number(t, r[4]), number(t, r[7])
		if falseFail > 5+slack || falsePass > 5+slack || invalid < 10 && twice < 95-slack {
			t.Errorf("%s, %s: false fail %v %%, false pass %v %%, twice the margin found in %v %%", r[0], r[1], falseFail, falsePass, twice)
		}
	}
	_, most, _ := strings.Cut(text, "claimed without a gain in at most ")
	most, _, _ = strings.Cut(most, " of sessions")
	if x := number(t, most); x > 1+slack {
		t.Errorf("%v %% wins without a gain, promised at most 1", x)
	}
	for _, r := range readTable(t, text, "held against a bound") {
		insideFail, outsidePass := number(t, r[3]), number(t, r[6])
		atPass, atFail := number(t, r[4]), number(t, r[5])
		if drifts := r[0] == "warm" || r[0] == "hot"; insideFail > 5+slack || outsidePass > 5+slack || !drifts && max(atPass, atFail) > 5+slack {
			t.Errorf("%s, %s: at the bound pass %v %%, fail %v %%; inside fail %v %%, outside pass %v %%", r[0], r[1], atPass, atFail, insideFail, outsidePass)
		}
	}
	for _, r := range readTable(t, text, "Select blocks with") {
		right, wrong, tie := number(t, r[2]), number(t, r[3]), number(t, r[4])
		switch {
		case wrong > 5+slack, r[1] == "6 alike" && tie < 90-slack:
			t.Errorf("%s machine, %s: wrong winner %v %%, tie %v %%", r[0], r[1], wrong, tie)
		case r[0] == "calm" && r[1] == "1 of 6 is 2 % faster" && right < 90-slack:
			t.Errorf("calm machine, %s: found %v %%, promised 90", r[1], right)
		}
	}
	for _, r := range readTable(t, text, "Experiments of") {
		if r[1] == "1 %" && number(t, r[2]) > 5+slack || r[1] == "0 %" && number(t, r[3]) > 5+slack {
			t.Errorf("%s machine, true loss %s: any pass %s, any fail %s", r[0], r[1], r[2], r[3])
		}
	}
}

func TestPublishedTablesKeepThePromises(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	checkTargets(t, string(b), 0)
}

func TestStudyRewritesThePage(t *testing.T) {
	dir := t.TempDir()
	doc := filepath.Join(dir, "method.md")
	if err := os.WriteFile(doc, []byte("before\n"+beginMark+"\nold\n"+endMark+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(200, doc); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	if !strings.HasPrefix(got, "before\n"+beginMark) || !strings.HasSuffix(got, endMark+"\nafter\n") || strings.Contains(got, "old") {
		t.Errorf("page outside the marks changed:\n%s", got)
	}
	checkTargets(t, got, 3)
	for _, name := range []string{"drift.svg", "verdicts.svg", "wrong.svg"} {
		if svg, err := os.ReadFile(filepath.Join(dir, "img", name)); err != nil || !strings.Contains(string(svg), "</svg>") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBadStudies(t *testing.T) {
	doc := filepath.Join(t.TempDir(), "bare.md")
	if err := os.WriteFile(doc, []byte("no marks"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(1, doc); err == nil || !strings.Contains(err.Error(), "marks") {
		t.Errorf("page without marks: %v", err)
	}
	if err := run(0, ""); err == nil {
		t.Error("no trials: no error")
	}
}

// The worked example of the page must be what the shipped code says of the
// times printed there.
func TestWorkedExample(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var base, fused, control []float64
	for _, r := range readTable(t, text, "## A worked example") {
		base, fused, control = append(base, number(t, r[1])), append(fused, number(t, r[2])), append(control, number(t, r[3]))
	}
	p, err := judge.NewPlan(judge.Method{})
	if err != nil {
		t.Fatal(err)
	}
	var d, dc []float64
	for i := range base {
		d, dc = append(d, math.Log(base[i]/fused[i])), append(dc, math.Log(base[i]/control[i]))
	}
	js, err := judge.Judge(p, []judge.Guardrail{{Name: "no_decode_regression", Phase: "decode", MinRatio: 1, Margin: 0.01}},
		[]judge.Case{{ID: "bits=4", Phases: []judge.Phase{{
			Name: "decode", Control: judge.Arm{Name: "control", LogRatios: dc},
			Variants: []judge.Arm{{Name: "fused", LogRatios: d, MedianRatio: stats.Median(base) / stats.Median(fused)}},
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	j := js[0]
	space := regexp.MustCompile(`\s+`)
	flat := space.ReplaceAllString(text, " ")
	for _, want := range []string{
		string(j.Verdict) + ": " + j.Reason,
		"next: " + j.Next,
		"multi-run medians " + strconv.FormatFloat(*j.MedianRatio, 'f', 4, 64),
		"noise floor " + strconv.FormatFloat(100**j.Control.NoiseFloor, 'f', 2, 64) + " %",
	} {
		if !strings.Contains(flat, space.ReplaceAllString(want, " ")) {
			t.Errorf("page lacks what the code says: %s", want)
		}
	}
}
