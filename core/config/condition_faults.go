package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// conditionFaults reports parts that could not answer as they read.
func (x *experiment) conditionFaults(r *reader, c *expr.Condition) (fatal bool) {
	for _, f := range c.Faults(x.isInterval) {
		name := f.Ref.String()
		switch f.Kind {
		case expr.BoundTaken:
			fatal = true
			if plain := strings.Replace(f.Text, "."+f.Part, "", 1); plain != name {
				r.fault(f.Range, "Bounds decide nothing here", "%s is false on noise as well as on a loss. Write %s: it is inconclusive where the rounds allow both. .%s is known in error_message.", f.Text, plain, f.Part)
				continue
			}
			r.fault(f.Range, "Bounds decide nothing here", "%s hangs on noise. Compare %s itself: it is inconclusive where the rounds allow both. .%s is known in error_message.", f.Text, name, f.Part)
		case expr.BoundsLost:
			detail := fmt.Sprintf("%s of an interval has no bounds, so that this condition could never be true or false. Compare %s itself; + - * /, min, max, abs and log keep intervals.", f.Part, name)
			if f.Ref.Root == expr.Metric || f.Ref.Root == expr.Baseline {
				r.warn(f.Range, "Never decided", "%s\nThis is a warning because %s is a number, and no interval, if all rounds agree on it.", detail, name)
				continue
			}
			fatal = true
			r.fault(f.Range, "Never decided", "%s", detail)
		case expr.NeverEqual:
			if f.Ref.Root == expr.Ratio || f.Ref.Root == expr.Rate {
				r.warn(f.Range, "Never shown to be equal", "%s is measured: rounds can rule out that it is equal to a value, and can never show that it is. Compare with < or >, such as abs(%s - 1) < 0.02.", name, name)
			}
		}
	}
	return fatal
}

// isInterval says that a number has no value but bounds.
func (x *experiment) isInterval(ref expr.Ref) bool {
	for _, n := range x.everyNumber() {
		if n.Root == ref.Root && n.Name == ref.Name {
			return !n.Exact
		}
	}
	return ref.Root == expr.Ratio || ref.Root == expr.Rate
}

// directions replaces the fault about an unknown phase by one that says why a
// metric has no ratio.
func (x *experiment) directions(r *reader, diags hcl.Diagnostics, uses []expr.Use) {
	for _, u := range uses {
		i := slices.IndexFunc(x.Metrics, func(m Metric) bool { return m.Name == u.Name && m.Better == "" })
		if u.Root != expr.Ratio || i < 0 {
			continue
		}
		for _, d := range diags {
			if d.Summary == "Unknown phase or metric" && strings.Contains(d.Detail, u.Name) {
				d.Severity, d.Summary = hcl.DiagError, "No direction"
				d.Detail = fmt.Sprintf("The plugin %s does not say whether more or less %q is better, so that a ratio would mean nothing. Compare the values: metric.%s with baseline.metric.%s.", strings.Join(x.facts.plugins, ", "), u.Name, u.Name, u.Name)
			}
		}
	}
}

// wrongPlace reports numbers of one case in an assert over several, and cases
// that there are not.
func (x *experiment) wrongPlace(r *reader, uses []expr.Use, variables []hcl.Traversal, a *judge.Assert) bool {
	before := len(r.diags)
	if a.Over == "" {
		return false
	}
	values := x.valuesOfKey(a.Over)
	at := func(v string) string { return strings.TrimSuffix(expr.Ref{At: v, Root: "x"}.String(), ".x") }
	var places []string
	for _, v := range values {
		places = append(places, at(v))
	}
	written := strings.Join(places[:len(places)-1], ", ")
	if written != "" {
		written += " or "
	}
	written += places[len(places)-1]
	for _, t := range variables {
		if t.RootName() != "matrix" || len(t) < 2 {
			continue
		}
		if s, ok := t[1].(hcl.TraverseAttr); ok && s.Name == a.Over {
			r.fault(t.SourceRange(), "Not one value here", "With over = %q, matrix.%s has all its values; write %s.", a.Over, a.Over, written)
		}
	}
	for _, u := range uses {
		switch {
		case u.At == "" && u.Root != "at":
			r.fault(u.Range, "Not one value here", "With over = %q, %s has a value in each case; write %s, such as %s.%s.", a.Over, u.Ref, written, places[0], u.Ref)
		case u.At != "" && !slices.Contains(values, u.At):
			r.fault(u.Range, "Unknown case", "There is no case with %s = %s. %s", a.Over, u.At, diag.DidYouMean(u.At, "values", values))
		case u.At != "":
			x.everywhere(r, u, a.Over)
		}
	}
	return len(r.diags) > before
}

// everywhere reports a combination of the other keys that lacks the case.
func (x *experiment) everywhere(r *reader, u expr.Use, over string) {
	groups := map[string]map[string]bool{}
	for i := range x.Cases {
		var rest []string
		for _, key := range slices.Sorted(maps.Keys(x.Cases[i].Matrix)) {
			if key != over {
				rest = append(rest, key+" = "+label(x.Cases[i].Matrix[key]))
			}
		}
		id := strings.Join(rest, ", ")
		if groups[id] == nil {
			groups[id] = map[string]bool{}
		}
		groups[id][expr.Key(x.Cases[i].Matrix[over])] = true
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if !groups[id][u.At] {
			r.fault(u.Range, "Unknown case", "There is no case with %s = %s where %s: it is excluded. Write an assert of the cases that there are.", over, u.At, id)
			return
		}
	}
}
