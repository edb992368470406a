package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/assay-bench/assay/core/diag"
)

// head is an experiment block taken apart but not evaluated.
type head struct {
	*block
	content   *hcl.BodyContent
	dependsOn []string
	when      hcl.Expression
	whenNeeds []string
	diags     hcl.Diagnostics // reported when the experiment is resolved
}

// caseBlocks are evaluated for each case, onceBlocks once.
var caseBlocks = []hcl.BlockHeaderSchema{
	{Type: "config"},
	{Type: "build"},
	{Type: "variant", LabelNames: []string{"name"}},
}

var onceBlocks = []hcl.BlockHeaderSchema{
	{Type: "measure"},
	{Type: "stored_baseline", LabelNames: []string{"name"}},
	{Type: "guardrail", LabelNames: []string{"name"}},
	{Type: "tradeoff", LabelNames: []string{"guardrail"}},
	{Type: "assert", LabelNames: []string{"name"}},
	{Type: "select", LabelNames: []string{"name"}},
	{Type: "metadata"},
	{Type: "output"},
}

var experimentBlocks = slices.Concat(caseBlocks, onceBlocks)

var experimentSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{
		{Name: "description"}, {Name: "plugin"}, {Name: "device"}, {Name: "class"}, {Name: "depends_on"},
		{Name: "when"}, {Name: "matrix"}, {Name: "exclude"}, {Name: "binary"}, {Name: "env"}, {Name: "inherit"},
	},
	Blocks: append(slices.Clone(experimentBlocks), hcl.BlockHeaderSchema{Type: "dynamic", LabelNames: []string{"type"}}),
}

// heads takes every experiment apart.
func (r *resolver) heads() []*head {
	names := r.module.ExperimentNames()
	var out []*head
	for _, b := range r.module.experiments {
		h := &head{block: b}
		h.content, h.diags = contentOf(b.Body, experimentSchema)
		rd := &reader{diags: h.diags}
		if attr := h.content.Attributes["depends_on"]; attr != nil {
			items, diags := hcl.ExprList(attr.Expr)
			if diags.HasErrors() {
				rd.fault(attr.Expr.Range(), "Invalid depends_on", "A list of experiments is required: [experiment.NAME, …].")
			}
			for _, item := range items {
				if name := rd.reference(item, b.name, names); name != "" {
					h.dependsOn = append(h.dependsOn, name)
				}
			}
		}
		if attr := h.content.Attributes["when"]; attr != nil {
			h.when = attr.Expr
			for _, t := range attr.Expr.Variables() {
				if t.RootName() != "experiment" || len(t) < 2 {
					continue
				}
				if step, ok := t[1].(hcl.TraverseAttr); ok && slices.Contains(names, step.Name) && step.Name != b.name {
					h.whenNeeds = append(h.whenNeeds, step.Name)
				}
			}
			for _, n := range h.whenNeeds {
				if !slices.Contains(h.dependsOn, n) {
					h.dependsOn = append(h.dependsOn, n)
				}
			}
		}
		for _, d := range h.content.Blocks.OfType("dynamic") {
			var known []string
			for _, s := range experimentBlocks {
				known = append(known, s.Type)
			}
			if !slices.Contains(known, d.Labels[0]) {
				rd.fault(d.LabelRanges[0], "Unsupported block type", "There is no block %q to generate. %s", d.Labels[0], diag.DidYouMean(d.Labels[0], "blocks", known))
			}
		}
		h.diags = rd.diags
		out = append(out, h)
	}
	return out
}

// reference reads experiment.NAME.
func (r *reader) reference(expr hcl.Expression, self string, names []string) string {
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() || len(t) != 2 || t.RootName() != "experiment" {
		r.fault(expr.Range(), "Invalid depends_on", "Write experiment.NAME, without quotes.")
		return ""
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		r.fault(expr.Range(), "Invalid depends_on", "Write experiment.NAME, without quotes.")
		return ""
	}
	others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == self })
	switch {
	case step.Name == self:
		r.fault(expr.Range(), "Experiment depends on itself", "Remove experiment.%s here.", self)
	case !slices.Contains(names, step.Name):
		r.fault(expr.Range(), "Unknown experiment", "There is no experiment %q. %s", step.Name, diag.DidYouMean(step.Name, "other experiments", others))
	default:
		return step.Name
	}
	return ""
}

// choose applies Only: the names asked for and what their `when` needs.
func (r *resolver) choose(heads []*head) map[string]bool {
	chosen := map[string]bool{}
	byName := map[string]*head{}
	for _, h := range heads {
		byName[h.name] = h
		chosen[h.name] = len(r.opts.Only) == 0
	}
	var add func(string)
	add = func(name string) {
		if chosen[name] {
			return
		}
		chosen[name] = true
		for _, n := range byName[name].whenNeeds {
			add(n)
		}
	}
	for _, name := range r.opts.Only {
		if byName[name] != nil {
			add(name)
			continue
		}
		rd := &reader{}
		rd.fault(r.module.remember("--only", name), "Unknown experiment", "There is no experiment %q. %s", name,
			diag.DidYouMean(name, "experiments", r.module.ExperimentNames()))
		r.diags = append(r.diags, rd.diags...)
	}
	return chosen
}

// order puts the chosen experiments into run order and reports circles.
func (r *resolver) order(heads []*head, chosen map[string]bool) []*head {
	byName := map[string]*head{}
	graph := map[string][]string{}
	var names []string
	for _, h := range heads {
		if chosen[h.name] {
			names = append(names, h.name)
			byName[h.name] = h
		}
	}
	for _, n := range names {
		for _, d := range byName[n].dependsOn {
			if chosen[d] {
				graph[n] = append(graph[n], d)
			}
		}
	}
	order, circles := topological(names, graph)
	for _, c := range circles {
		h := byName[c[0]]
		at := h.DefRange
		if attr := h.content.Attributes["depends_on"]; attr != nil {
			at = attr.Range
		} else if h.when != nil {
			at = h.when.Range()
		}
		rd := &reader{}
		rd.fault(at, "Experiments depend on each other in a circle", "%s. Remove one of these depends_on.", strings.Join(append(c, c[0]), " → "))
		r.diags = append(r.diags, rd.diags...)
	}
	// Experiments in or behind a circle still have their own faults to report.
	for _, n := range names {
		if !slices.Contains(order, n) {
			order = append(order, n)
		}
	}
	out := make([]*head, len(order))
	for i, n := range order {
		out[i] = byName[n]
	}
	return out
}

// bytesOf is the file that the block stands in.
func (m *Module) bytesOf(h *head) []byte {
	if f := m.files[h.DefRange.Filename]; f != nil {
		return f.Bytes
	}
	return nil
}

// sourceOf is the text of the block; the whole file in the JSON syntax, which
// does not know where a block ends.
func (m *Module) sourceOf(h *head) string {
	f := m.files[h.DefRange.Filename]
	if f == nil {
		return ""
	}
	if body, ok := h.Body.(*hclsyntax.Body); ok {
		start, end := h.TypeRange.Start.Byte, body.SrcRange.End.Byte
		if start >= 0 && start <= end && end <= len(f.Bytes) {
			return string(f.Bytes[start:end])
		}
	}
	return string(f.Bytes)
}
