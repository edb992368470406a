package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// Outcome is what a later experiment's `when` may ask of an earlier one, as
// experiment.NAME.verdict and so on.
type Outcome struct {
	Verdict    string                         // the worst of all guardrails: pass, fail, inconclusive, invalid
	Status     string                         // complete, partial, crashed, hung, invalid, skipped
	Guardrails map[string]string              // name -> worst verdict over cases and variants
	Selected   map[string]map[string]string   // select -> case -> variant, empty for a tie or none
	Tied       map[string]map[string][]string // select -> case -> variants that cannot be told apart
	Findings   []OutcomeFinding
}

// OutcomeFinding is one finding of an earlier experiment.
type OutcomeFinding struct {
	Case, Kind, Summary, Certainty string
}

var findingType = cty.Object(map[string]cty.Type{
	"case": cty.String, "kind": cty.String, "summary": cty.String, "certainty": cty.String,
})

// outcomeTypes are the attributes of experiment.NAME.
var outcomeTypes = map[string]cty.Type{
	"verdict": cty.String, "status": cty.String, "guardrails": cty.Map(cty.String),
	"selected": cty.Map(cty.Map(cty.String)), "tied": cty.Map(cty.Map(cty.List(cty.String))), "findings": cty.List(findingType),
}

func (o Outcome) value() cty.Value {
	text := func(m map[string]string) cty.Value {
		if len(m) == 0 {
			return cty.MapValEmpty(cty.String)
		}
		out := map[string]cty.Value{}
		for k, v := range m {
			out[k] = cty.StringVal(v)
		}
		return cty.MapVal(out)
	}
	selected := cty.MapValEmpty(cty.Map(cty.String))
	if len(o.Selected) > 0 {
		m := map[string]cty.Value{}
		for k, v := range o.Selected {
			m[k] = text(v)
		}
		selected = cty.MapVal(m)
	}
	tied := cty.MapValEmpty(cty.Map(cty.List(cty.String)))
	if len(o.Tied) > 0 {
		m := map[string]cty.Value{}
		for name, cases := range o.Tied {
			m[name] = lists(cases)
		}
		tied = cty.MapVal(m)
	}
	findings := cty.ListValEmpty(findingType)
	if len(o.Findings) > 0 {
		var list []cty.Value
		for _, f := range o.Findings {
			list = append(list, cty.ObjectVal(map[string]cty.Value{
				"case": cty.StringVal(f.Case), "kind": cty.StringVal(f.Kind),
				"summary": cty.StringVal(f.Summary), "certainty": cty.StringVal(f.Certainty),
			}))
		}
		findings = cty.ListVal(list)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"verdict": cty.StringVal(o.Verdict), "status": cty.StringVal(o.Status),
		"guardrails": text(o.Guardrails), "selected": selected, "tied": tied, "findings": findings,
	})
}

func lists(m map[string][]string) cty.Value {
	out := map[string]cty.Value{}
	for key, names := range m {
		list := cty.ListValEmpty(cty.String)
		if len(names) > 0 {
			var values []cty.Value
			for _, n := range names {
				values = append(values, cty.StringVal(n))
			}
			list = cty.ListVal(values)
		}
		out[key] = list
	}
	if len(out) == 0 {
		return cty.MapValEmpty(cty.List(cty.String))
	}
	return cty.MapVal(out)
}

// EvalWhen says whether the experiment is to run, given the outcomes of the
// experiments it depends on. One without `when` always runs.
func (e *Experiment) EvalWhen(outcomes map[string]Outcome) (bool, hcl.Diagnostics) {
	if e.When == nil {
		return true, nil
	}
	results := map[string]cty.Value{}
	for name, o := range outcomes {
		results[name] = o.value()
	}
	base := e.names
	if base == nil {
		base = &hcl.EvalContext{Functions: functions(".")}
	}
	r := &reader{scope: with(base, "experiment", cty.ObjectVal(results))}
	v, ok := r.as(e.When, cty.Bool)
	return ok && v.True(), r.diags
}

// checkWhen checks the names and the type of `when` before anything runs.
func (x *experiment) checkWhen(experiments []string) {
	if x.When == nil {
		return
	}
	unknown := map[string]cty.Value{}
	for name, ty := range outcomeTypes {
		unknown[name] = cty.UnknownVal(ty)
	}
	results := map[string]cty.Value{}
	others := slices.DeleteFunc(slices.Clone(experiments), func(n string) bool { return n == x.Name })
	for _, name := range others {
		results[name] = cty.ObjectVal(unknown)
	}
	for _, t := range x.When.Variables() {
		if t.RootName() != "experiment" || len(t) < 2 {
			continue
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if ok && step.Name == x.Name {
			x.fault(t.SourceRange(), "Experiment depends on itself", "when is evaluated before experiment.%s runs. Refer to another experiment.", x.Name)
			return
		}
		if ok && !slices.Contains(others, step.Name) {
			x.fault(t.SourceRange(), "Unknown experiment", "There is no experiment %q. %s", step.Name, diag.DidYouMean(step.Name, "other experiments", others))
			return
		}
		if len(t) < 3 {
			continue
		}
		if attr, ok := t[2].(hcl.TraverseAttr); ok {
			if _, known := outcomeTypes[attr.Name]; !known {
				x.fault(t.SourceRange(), "Unknown attribute of an experiment", "There is no %q. %s", attr.Name,
					diag.DidYouMean(attr.Name, "attributes", []string{"verdict", "status", "guardrails", "selected", "tied", "findings"}))
				return
			}
		}
	}
	v, diags := expr.Eval(x.When, with(x.scope, "experiment", cty.ObjectVal(results)))
	x.diags = append(x.diags, explain(diags)...)
	if diags.HasErrors() {
		return
	}
	v, _ = v.UnmarkDeep()
	if converted, err := convert.Convert(v, cty.Bool); err != nil || converted.IsNull() {
		x.fault(x.When.Range(), "Invalid value", "%s", fmt.Sprintf("%q: true or false is required, such as experiment.NAME.verdict == %q.", "when", "fail"))
	}
}
