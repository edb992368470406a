package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

func TestDecided(t *testing.T) {
	judged := func(verdict judge.Verdict, onFail judge.OnFail, name string) judge.Judgement {
		return judge.Judgement{Guardrail: name, Phase: "decode", Variant: "fused", Verdict: verdict, OnFail: onFail, Reason: "because of " + name, Next: "mend it"}
	}
	assert := record.AssertResult{Name: "small", Variant: "fused", Verdict: judge.Fail, Message: "too large"}
	failed := record.Check{Name: "close", Kind: "correctness", When: "before", Value: 2, Limit: 1}
	cases := []struct {
		name    string
		verdict judge.Verdict
		js      []judge.Judgement
		asserts []record.AssertResult
		checks  []record.Check
		want    *record.Decided
	}{
		{name: "everything passed", verdict: judge.Pass, js: []judge.Judgement{judged(judge.Pass, "fail", "a")}},
		{name: "the first guardrail that fails", verdict: judge.Fail,
			js:   []judge.Judgement{judged(judge.Inconclusive, "fail", "a"), judged(judge.Fail, judge.OnFailWarn, "b"), judged(judge.Fail, "fail", "c"), judged(judge.Fail, "fail", "d")},
			want: &record.Decided{Kind: "guardrail", Name: "c", Case: "default", Variant: "fused", Of: "decode", Reason: "because of c", Next: "mend it"}},
		{name: "an assert where guardrails pass", verdict: judge.Fail,
			js: []judge.Judgement{judged(judge.Pass, "fail", "a")}, asserts: []record.AssertResult{assert},
			want: &record.Decided{Kind: "assert", Name: "small", Case: "default", Variant: "fused", Reason: "too large"}},
		{name: "a check before both", verdict: judge.Fail,
			js: []judge.Judgement{judged(judge.Fail, "fail", "a")}, asserts: []record.AssertResult{assert}, checks: []record.Check{failed},
			want: &record.Decided{Kind: "check", Name: "close", Case: "default", Variant: "fused", Reason: failed.Found()}},
		{name: "invalid before inconclusive", verdict: judge.Invalid,
			js:   []judge.Judgement{judged(judge.Inconclusive, "fail", "a"), judged(judge.Invalid, "fail", "b")},
			want: &record.Decided{Kind: "guardrail", Name: "b", Case: "default", Variant: "fused", Of: "decode", Reason: "because of b", Next: "mend it"}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			r, err := fakeresult.Small()
			if err != nil {
				t.Fatal(err)
			}
			c := &r.Cases[0]
			c.Judgements, c.Asserts, r.Verdict = k.js, k.asserts, string(k.verdict)
			for i := range c.Variants {
				c.Variants[i].Checks = nil
			}
			c.Variants[1].Checks = k.checks
			if diff := cmp.Diff(k.want, r.Decided()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
