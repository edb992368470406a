package record

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/judge"
)

// ended tells an arm with so many values what ended its measuring.
func (r *Result) ended(c *Case, a *judge.Arm, values int) {
	why := r.whyEnded(c, a.Name)
	if a.Ended = why; values == 0 && a.Lacks == nil {
		a.Lacks = why
	}
}

// whyEnded is the failure after which an arm was measured no more: its own, the
// baseline's, or one that ended the case; nil without one. More rounds change
// nothing about it.
func (r *Result) whyEnded(c *Case, arm string) *judge.Lack {
	base := c.baseline()
	for _, name := range []string{arm, base.Name, ""} {
		f := r.lastWord(c, name)
		if f == nil {
			continue
		}
		what, next := fmt.Sprintf("%q", name), "mend what the failure names, then run again"
		switch name {
		case "":
			what, next = "the process of all arms", "mend what the failure names, then run again; `assay doctor` checks device and plugin"
		case base.Name:
			what = fmt.Sprintf("the baseline %q", name)
		}
		return &judge.Lack{Reason: fmt.Sprintf("%s failed (%s): %s", what, f.Stage, firstLine(f.Message)), Next: next, Invalid: true}
	}
	return nil
}

// lastWord is the failure that ended the measuring of a variant, or with an empty
// name that of its case; nil if none did.
func (r *Result) lastWord(c *Case, variant string) *Failure {
	for i := range r.Failures {
		if f := &r.Failures[i]; f.Case == c.ID && f.Variant == variant && f.StruckOut {
			return f
		}
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return cmp.Or(line, "no message")
}
