package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/record"
)

// defects writes each defect of a variant once. A control has the baseline's.
func defects(w io.Writer, c *record.Case, s Style) {
	for _, v := range c.Variants {
		for _, d := range v.Defects {
			where := v.Name
			if d.Phase != "" {
				where += " in " + d.Phase
			}
			if d.Round > 0 {
				where += fmt.Sprintf(", first in round %d", d.Round)
			}
			s.say(w, "    ", "defect %s of %s: %s", s.bold(d.Name), where, d.Detail)
		}
	}
}

// failedChecks writes each failed check once, with all variants that failed it
// alike.
func failedChecks(w io.Writer, c *record.Case, s Style) {
	type found struct{ kind, name, when, what string }
	var order []found
	names := map[found][]string{}
	for _, v := range c.Variants {
		for _, k := range v.Checks {
			if k.Passed {
				continue
			}
			f := found{k.Kind, k.Name, k.When, k.Found()}
			if names[f] == nil {
				order = append(order, f)
			}
			names[f] = append(names[f], v.Name)
		}
	}
	for _, f := range order {
		s.say(w, "    ", "%s check %s failed for %s %s timing: %s", f.kind, f.name, listOf(names[f]), f.when, f.what)
	}
}
