package record

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/judge"
)

// repeatable has all metadata that a win needs.
func repeatable() *Result {
	sha := "0123abc"
	r := &Result{Metadata: Metadata{GitSHA: &sha, MLXReason: "none here"}}
	r.Metadata.Device.Name, r.Metadata.Plugin.Version, r.Metadata.Plugin.SHA256, r.Metadata.Assay.SHA256 = "cpu", "1", "aa", "bb"
	return r
}

func win(variant string) judge.Judgement {
	return judge.Judgement{Variant: variant, Verdict: judge.Pass, Win: true, Reason: "faster"}
}

// A win needs a known commit: the experiment's, or those that both arms were
// built from.
func TestAWinNeedsAKnownCommit(t *testing.T) {
	built, loose := Program{Build: &Build{Commit: "c0ffee"}}, Program{}
	for name, c := range map[string]struct {
		sha           bool
		base, variant Program
		wins          bool
	}{
		"in a repository":      {true, loose, loose, true},
		"nowhere":              {false, loose, loose, false},
		"both built":           {false, built, built, true},
		"only the variant is":  {false, loose, built, false},
		"only the baseline is": {false, built, loose, false},
		"built from no commit": {false, Program{Build: &Build{}}, built, false},
	} {
		r := repeatable()
		if !c.sha {
			r.Metadata.GitSHA = nil
		}
		r.Programs = []Program{c.base, c.variant}
		j := r.believe(win("v"), &Case{Variants: []Variant{{Name: "base", Role: RoleBaseline}, {Name: "v", Role: RoleVariant, Program: 1}}})
		if j.Win != c.wins || j.Verdict != judge.Pass {
			t.Errorf("%s: win %t with verdict %s, want %t and a pass", name, j.Win, j.Verdict, c.wins)
		}
		if told := strings.Contains(j.Reason, "git_sha") && strings.Contains(j.Reason, "git repository with a commit"); told == c.wins {
			t.Errorf("%s: %s", name, j.Reason)
		}
	}
}

// What the baseline fails too says nothing of the variant.
func TestFailedChecksBlameWhoFailsThem(t *testing.T) {
	check := func(name string, passed bool) Check {
		return Check{Name: name, Kind: "correctness", When: "before", Passed: passed, Value: 2, Limit: 1}
	}
	for name, c := range map[string]struct {
		base, v      []Check
		reason, next string
	}{
		"only the variant": {[]Check{check("a", true)}, []Check{check("a", false)}, `variant "v" computes something else: correctness check a`, "make the kernel right"},
		"both alike":       {[]Check{check("a", false)}, []Check{check("a", false)}, `the baseline "base" fails the same check as "v": correctness check a`, "not this variant"},
		"only the baseline": {[]Check{check("a", false)}, []Check{check("a", true)}, `the baseline "base" fails a check: correctness check a`,
			"make the baseline right"},
		"both, in different checks": {[]Check{check("a", false), check("b", true)}, []Check{check("a", true), check("b", false)}, `variant "v" computes something else: correctness check b`, "make the kernel right"},
		"neither":                   {[]Check{check("a", true)}, []Check{check("a", true)}, "faster", ""},
	} {
		j := repeatable().believe(win("v"), &Case{Variants: []Variant{
			{Name: "base", Role: RoleBaseline, Checks: c.base}, {Name: "v", Role: RoleVariant, Checks: c.v},
		}})
		if !strings.HasPrefix(j.Reason, c.reason) || !strings.Contains(j.Next, c.next) || (j.Verdict == judge.Invalid) != (c.next != "") {
			t.Errorf("%s: %s: %s\n  next: %s", name, j.Verdict, j.Reason, j.Next)
		}
	}
}
