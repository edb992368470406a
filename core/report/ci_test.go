package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// hostile is text that would be obeyed by a page, a table or a workflow.
const hostile = "<img src=x> | **bold** `code`\n::error::no\r]]>@someone\x1b[2J"

// forCI are a sweep that fails, one that has no verdict, one that passed, and one
// that crashed and says what it wants to be obeyed.
func forCI(t *testing.T) []*record.Result {
	t.Helper()
	docs := documents(t)
	pass, err := fakeresult.New(fakeresult.Options{Experiment: "pass"})
	if err != nil {
		t.Fatal(err)
	}
	dead, err := fakeresult.New(fakeresult.Options{Experiment: "dead", Margin: -1})
	if err != nil {
		t.Fatal(err)
	}
	dead.Status, dead.Experiment.Description, dead.Cases[0].Variants[1].Name = record.Crashed, hostile, hostile
	dead.Failures = []record.Failure{{Case: "default", Round: 2, Variant: "fused", Stage: "visit", Phase: "decode", Message: hostile}}
	dead.Findings = []record.Finding{{Case: "default", Kind: hostile, Certainty: "open", Summary: hostile}}
	return []*record.Result{docs["sweep"], docs["alike"], pass, dead}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	Markdown(&b, forCI(t))
	checkGolden(t, "ci-summary.golden", b.String())
	for _, bad := range []string{"<img", "**bold**", "`code`", "\r", "\x1b", "@someone"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q is sent as it is", bad)
		}
	}
}

// A summary stays below what a page takes, and says what it left out.
func TestMarkdownOfManyCases(t *testing.T) {
	r, err := fakeresult.New(fakeresult.Options{Variants: map[string]float64{"slow": 0.8}, Order: []string{"slow"}})
	if err != nil {
		t.Fatal(err)
	}
	last := r.Cases[0]
	for range 5000 {
		c := last
		c.ID, c.Judgements = "good", nil
		r.Cases = append(r.Cases, c)
	}
	r.Cases[0], r.Cases[4000] = r.Cases[4000], last
	var b strings.Builder
	Markdown(&b, []*record.Result{r})
	if b.Len() > 1<<20 || !strings.Contains(b.String(), "4961 cases more") {
		t.Errorf("%d bytes: %.300s", b.Len(), b.String())
	}
	if fails, good := strings.Index(b.String(), "**case default: fail**"), strings.Index(b.String(), "case good"); fails < 0 || fails > good {
		t.Errorf("the case that fails is at %d, others from %d", fails, good)
	}
}

func TestAnnotations(t *testing.T) {
	var b strings.Builder
	for _, r := range forCI(t) {
		Annotations(&b, r, func(d *record.Decided) Place {
			if d.Kind == record.ByGuardrail {
				return Place{"experiments/a,b.hcl", 12}
			}
			return Place{}
		})
	}
	checkGolden(t, "ci-annotations.golden", b.String())
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "::error ") && !strings.HasPrefix(line, "::warning ") || strings.Contains(line, "\x1b") {
			t.Errorf("%q is no annotation", line)
		}
	}
}

func TestJUnit(t *testing.T) {
	var b strings.Builder
	if err := JUnit(&b, forCI(t)); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "ci-junit.golden", b.String())
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
}
