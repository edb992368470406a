package report

import (
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

func TestVerdict(t *testing.T) {
	for _, k := range []struct {
		name   string
		change func(*record.Result)
		want   string
	}{
		{"skipped", func(r *record.Result) { r.Status, r.Diagnostics = record.Skipped, []string{"its condition is false"} }, "skipped: its condition is false"},
		{"nothing asked", func(r *record.Result) { r.Verdict, r.Cases[0].Judgements = "none", nil }, "none: no guardrail and no assert was asked"},
		{"a win", func(r *record.Result) {
			r.Verdict, r.Cases[0].Judgements = "pass", []judge.Judgement{{Verdict: judge.Pass, Reason: "even"}, {Verdict: judge.Pass, Win: true, Reason: "faster"}}
		}, "pass: 2 judgements, 1 win: faster"},
		{"a guardrail in a case", func(r *record.Result) {
			r.Verdict, r.Cases[0].ID = "fail", "bits=4"
			r.Cases[0].Judgements = []judge.Judgement{{Guardrail: "no_loss", Verdict: judge.Fail, OnFail: "fail", Reason: "it is slower"}}
		}, "fail by guardrail no_loss in case bits=4: it is slower"},
	} {
		t.Run(k.name, func(t *testing.T) {
			r, err := fakeresult.Small()
			if err != nil {
				t.Fatal(err)
			}
			k.change(r)
			if got := Verdict(r); got != k.want {
				t.Errorf("got %q, want %q", got, k.want)
			}
		})
	}
}
