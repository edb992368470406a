package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// verdictWords are what experiment.NAME.guardrails.NAME may be; experiment.NAME.verdict
// may also be "none", without a guardrail.
var verdictWords = []string{string(judge.Pass), string(judge.Fail), string(judge.Inconclusive), string(judge.Invalid)}

// StatusWords are what experiment.NAME.status may be.
var StatusWords = []string{"complete", "partial", "crashed", "hung", "invalid", "skipped"}

// outcomeWords are the words that a reference to an outcome may stand for; nil:
// any value.
func outcomeWords(t hcl.Traversal) []string {
	if t.RootName() != "experiment" || len(t) < 3 {
		return nil
	}
	attr, ok := t[2].(hcl.TraverseAttr)
	switch {
	case !ok:
		return nil
	case attr.Name == "verdict" && len(t) == 3:
		return append(slices.Clone(verdictWords), "none")
	case attr.Name == "status" && len(t) == 3:
		return StatusWords
	case attr.Name == "guardrails" && len(t) == 4:
		return verdictWords
	}
	return nil
}

// checkWhens warns of conditions that no outcome of an earlier experiment makes
// true.
func checkWhens(experiments []*Experiment) hcl.Diagnostics {
	r := &reader{}
	for _, e := range experiments {
		if e.When == nil {
			continue
		}
		before := len(r.diags)
		r.unknownWords(e)
		r.unknownGuardrails(e, experiments)
		if len(r.diags) == before {
			r.neverTrue(e)
		}
	}
	return r.diags
}

// unknownWords warns of comparisons with a word that the outcome never is.
func (r *reader) unknownWords(e *Experiment) {
	node, ok := e.When.(hclsyntax.Node)
	if !ok {
		return
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		op, ok := n.(*hclsyntax.BinaryOpExpr)
		if !ok || op.Op != hclsyntax.OpEqual && op.Op != hclsyntax.OpNotEqual {
			return nil
		}
		for _, side := range [][2]hclsyntax.Expression{{op.LHS, op.RHS}, {op.RHS, op.LHS}} {
			t, diags := hcl.AbsTraversalForExpr(side[0])
			word, constant := constantString(side[1])
			if diags.HasErrors() || !constant {
				continue
			}
			words := outcomeWords(t)
			if words == nil || slices.Contains(words, word) {
				continue
			}
			always := map[bool]string{true: "never true", false: "always true"}[op.Op == hclsyntax.OpEqual]
			r.warn(side[1].Range(), "Unknown outcome", "%s is one of %s and never %q, so that this comparison is %s.%s",
				text(t), strings.Join(words, ", "), word, always, suggestWord(word, words))
		}
		return nil
	})
}

func suggestWord(word string, words []string) string {
	if s := diag.Suggest(word, words); s != "" {
		return fmt.Sprintf(" Did you mean %q?", s)
	}
	return ""
}

// text is a reference as it is written.
func text(t hcl.Traversal) string {
	out := t.RootName()
	for _, step := range t[1:] {
		switch s := step.(type) {
		case hcl.TraverseAttr:
			out += "." + s.Name
		case hcl.TraverseIndex:
			if name := s.Key; name.Type() == cty.String && hclsyntax.ValidIdentifier(name.AsString()) {
				out += "." + name.AsString() // a guardrail has one text
			} else {
				out += "[" + diag.Text(name) + "]"
			}
		}
	}
	return out
}

// unknownGuardrails warns of guardrails that the other experiment does not have.
// Whoever writes try or can means to ask whether it has.
func (r *reader) unknownGuardrails(e *Experiment, experiments []*Experiment) {
	if node, ok := e.When.(hclsyntax.Node); ok && calls(node, "try", "can") {
		return
	}
	for _, t := range e.When.Variables() {
		if len(t) < 4 || outcomeWords(t[:4]) == nil {
			continue
		}
		i := slices.IndexFunc(experiments, func(o *Experiment) bool { return o.Name == second(t) })
		name := second(t[2:])
		if i < 0 || name == "" {
			continue
		}
		var known []string
		for _, g := range experiments[i].Guardrails {
			known = append(known, g.Name)
		}
		if !slices.Contains(known, name) {
			r.warn(t.SourceRange(), "Unknown guardrail", "The experiment %q has no guardrail %q, so that this would have no value. %s", second(t), name, diag.DidYouMean(name, "guardrails", known))
		}
	}
}

func calls(node hclsyntax.Node, names ...string) bool {
	found := false
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && slices.Contains(names, call.Name) {
			found = true
		}
		return nil
	})
	return found
}

const maxOutcomes = 5_000 // combinations that are tried

// neverTrue tries every combination of the outcomes that when asks for. What is
// no outcome, such as a variable, may have any value.
func (r *reader) neverTrue(e *Experiment) {
	var asked []hcl.Traversal
	total := 1
	for _, t := range e.When.Variables() {
		words := outcomeWords(t)
		if words == nil || slices.ContainsFunc(asked, func(o hcl.Traversal) bool { return text(o) == text(t) }) {
			continue
		}
		asked = append(asked, t)
		if total *= len(words); total > maxOutcomes {
			return
		}
	}
	if len(asked) == 0 {
		return
	}
	for i := range total {
		v, diags := expr.Eval(e.When, whenScope(e, asked, i))
		if diags.HasErrors() || !v.IsKnown() || v.IsNull() {
			return
		}
		v, err := convert.Convert(v, cty.Bool)
		if err != nil {
			r.fault(e.When.Range(), "Invalid value", "when must be true or false, and is a word here. Compare it: %s == %q.", text(asked[0]), outcomeWords(asked[0])[0])
			return
		}
		if v.True() {
			return
		}
	}
	var facts []string
	for _, t := range asked {
		facts = append(facts, text(t)+" is one of "+strings.Join(outcomeWords(t), ", "))
	}
	r.warn(e.When.Range(), "Never true", "No outcome makes this condition true, so that %s is never measured: %s.", e.Name, strings.Join(facts, "; "))
}

// whenScope is the i-th combination of the outcomes asked for; all else is
// unknown.
func whenScope(e *Experiment, asked []hcl.Traversal, i int) *hcl.EvalContext {
	results := map[string]map[string]cty.Value{}
	guardrails := map[string]map[string]cty.Value{}
	of := func(name string) map[string]cty.Value {
		if results[name] == nil {
			results[name] = map[string]cty.Value{}
			for attr, ty := range outcomeTypes {
				results[name][attr] = cty.UnknownVal(ty)
			}
		}
		return results[name]
	}
	for _, t := range e.When.Variables() {
		if t.RootName() == "experiment" {
			of(second(t))
		}
	}
	for _, t := range asked {
		words, name := outcomeWords(t), second(t)
		word := cty.StringVal(words[i%len(words)])
		i /= len(words)
		if len(t) == 3 {
			of(name)[second(t[1:])] = word
			continue
		}
		if guardrails[name] == nil {
			guardrails[name] = map[string]cty.Value{}
		}
		guardrails[name][second(t[2:])] = word
	}
	values := map[string]cty.Value{}
	for name, attrs := range results {
		if g := guardrails[name]; g != nil {
			attrs["guardrails"] = cty.MapVal(g)
		}
		values[name] = cty.ObjectVal(attrs)
	}
	scope := e.names.NewChild()
	scope.Variables = map[string]cty.Value{
		"experiment": cty.ObjectVal(values), "var": cty.DynamicVal, "local": cty.DynamicVal, "device": cty.DynamicVal, "path": cty.DynamicVal,
	}
	return scope
}
