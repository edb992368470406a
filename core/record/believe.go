package record

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
)

// believe withdraws what a judgement must not claim: anything that rests on
// numbers that cannot be true, speed of a wrong result,
// and a win without the metadata that would let others repeat it.
func (r *Result) believe(j judge.Judgement, c *Case) judge.Judgement {
	i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == j.Variant })
	base, v := c.baseline(), c.baseline()
	if i >= 0 {
		v = &c.Variants[i]
	}
	if j.Win && v.Equals == base.Name {
		j.Win = false
		j.Reason += fmt.Sprintf("; not called a win: it is %q under another name", v.Equals)
	}
	if reason, next := wrongResult(base, v); reason != "" && j.Verdict != judge.Fail {
		j.Verdict, j.Win, j.Reason, j.Next = judge.Invalid, false, reason, next
	}
	if reason, next := c.distrust(v); reason != "" {
		j.Verdict, j.Win, j.Reason, j.Next = judge.Invalid, false, reason, next
	}
	if missing := r.MissingMetadata(base, v); j.Win && len(missing) > 0 {
		j.Win = false
		j.Reason += "; not called a win, which others must be able to repeat: " + strings.Join(missing, "; ")
	}
	return j
}

// Unbelieved says why nothing may be said of a variant's speed: of its own checks
// and numbers, or of those that it is compared with. Empty: it may.
func (c *Case) Unbelieved(v *Variant) string {
	if reason, _ := c.distrust(v); reason != "" {
		return reason
	}
	base := c.baseline()
	if base == nil {
		return "the case has no baseline"
	}
	reason, _ := wrongResult(base, v)
	return reason
}

// wrongResult says which checks forbid a statement about a variant's speed, and
// what to do about it. A check that the baseline fails too says nothing of the
// variant.
func wrongResult(base, v *Variant) (reason, next string) {
	shared := base.failed(func(k Check) bool { return slices.ContainsFunc(v.Checks, k.failsLike) })
	own := v.failed(func(k Check) bool { return !slices.ContainsFunc(base.Checks, k.failsLike) })
	basesOwn := base.failedChecks()
	switch {
	case v != base && own != "":
		return fmt.Sprintf("variant %q computes something else: %s", v.Name, own),
			"make the kernel right first; its speed means nothing until then"
	case v != base && shared != "":
		return fmt.Sprintf("the baseline %q fails the same check as %q: %s", base.Name, v.Name, shared),
			"the check, its inputs or what both have in common is wrong, not this variant: mend that first"
	case basesOwn != "":
		return fmt.Sprintf("the baseline %q fails a check: %s", base.Name, basesOwn),
			"make the baseline right first; a speed against it means nothing until then"
	}
	return "", ""
}

func (k Check) failsLike(o Check) bool {
	return !k.Passed && !o.Passed && k.Name == o.Name && k.When == o.When
}

func (v *Variant) failedChecks() string { return v.failed(func(Check) bool { return true }) }

// failed lists the failed checks of a choice.
func (v *Variant) failed(choice func(Check) bool) string {
	var bad []string
	for _, k := range v.Checks {
		if !k.Passed && choice(k) {
			bad = append(bad, fmt.Sprintf("%s check %s %s timing: %s", k.Kind, k.Name, k.When, k.Found()))
		}
	}
	return strings.Join(bad, "; ")
}

// Found is what the check found, in words.
func (k Check) Found() string {
	var parts []string
	if k.Value != math.MaxFloat64 { // else Detail has it
		parts = append(parts, fmt.Sprintf("%.3g", k.Value))
	}
	if k.Limit != math.MaxFloat64 {
		parts = append(parts, fmt.Sprintf("limit %.3g", k.Limit))
	}
	if k.Detail != "" {
		parts = append(parts, k.Detail)
	}
	return strings.Join(parts, ", ")
}

// MissingMetadata says what a claim about a variant lacks to be repeated by others,
// and where each comes from.
func (r *Result) MissingMetadata(base, v *Variant) []string {
	m := &r.Metadata
	var out []string
	for _, f := range []struct {
		there bool
		text  string
	}{
		{m.GitSHA != nil || r.BuiltFrom(base) && r.BuiltFrom(v),
			"no commit is known (git_sha); keep the experiment in a git repository with a commit, or build baseline and variant from one (build)"},
		{m.Device.Name != "", "the plugin does not name its device (device.name)"},
		{m.Plugin.Version != "", "the plugin states no version (plugin.version)"},
		{m.Plugin.SHA256 != "", "the plugin's binary has no digest (plugin.sha256)"},
		{m.Assay.SHA256 != "", "assay's own binary could not be read (assay.sha256)"},
		{m.MLXVersion != nil || m.MLXReason != "", "neither a version of MLX nor the reason why there is none is known (mlx_version)"},
	} {
		if !f.there {
			out = append(out, f.text)
		}
	}
	return out
}

// BuiltFrom says that what a variant runs was built from a known commit.
func (r *Result) BuiltFrom(v *Variant) bool {
	if v.Program < 0 || v.Program >= len(r.Programs) {
		return false
	}
	b := r.Programs[v.Program].Build
	return b != nil && b.Commit != ""
}
