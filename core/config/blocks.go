package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/schema"
)

// blocks evaluates the blocks that are the same for every case. What guardrails
// name comes before them, and they come before the trade-offs that name them.
func (x *experiment) blocks() {
	wanted := &hcl.BodySchema{Blocks: onceBlocks}
	written := asWritten{x.head.Body, x.resolver.module.bytesOf(x.head)}
	body := dynblock.Expand(written, x.scope, dynblock.OptCheckForEach(schema.BoundForEach))
	content, _, diags := body.PartialContent(wanted)
	for _, d := range diags {
		// Faults of headers were found when the block was taken apart.
		if d.Expression != nil || d.EvalContext != nil {
			x.diags = append(x.diags, explain(hcl.Diagnostics{d})...)
		}
	}
	x.measure(x.single(content.Blocks, "measure"))
	for _, b := range content.Blocks.OfType("stored_baseline") {
		x.storedBaseline(b)
	}
	for _, b := range content.Blocks.OfType("guardrail") {
		x.guardrail(b)
	}
	for _, b := range content.Blocks.OfType("tradeoff") {
		x.tradeoff(b)
	}
	for _, b := range content.Blocks.OfType("assert") {
		x.assert(b)
	}
	for _, b := range content.Blocks.OfType("select") {
		x.selection(b)
	}
	x.unusedStored()
	x.metadata(x.single(content.Blocks, "metadata"))
	x.output(x.single(content.Blocks, "output"))
}

// single returns the one block of a type, nil if there is none.
func (x *experiment) single(blocks hcl.Blocks, kind string) *hcl.Block {
	found := blocks.OfType(kind)
	if len(found) == 0 {
		return nil
	}
	for _, b := range found[1:] {
		x.fault(b.DefRange, fmt.Sprintf("Duplicate %s block", kind), "An experiment has one %s block; the first is at %s. Delete one of them.", kind, place(found[0].DefRange))
	}
	return found[0]
}

func (x *experiment) metadata(b *hcl.Block) {
	x.Metadata = map[string]cty.Value{}
	if b == nil {
		return
	}
	attrs, diags := b.Body.JustAttributes()
	r := &reader{attrs: attrs, scope: x.scope, diags: diags}
	for _, attr := range sorted(attrs) {
		if v, ok := r.eval(attr.Expr); ok {
			x.Metadata[attr.Name] = v
		}
	}
	x.diags = append(x.diags, r.diags...)
}

var outputSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "path"}, {Name: "append"}}}

func (x *experiment) output(b *hcl.Block) {
	fallback := "results/" + x.Name + ".json"
	x.Output = Output{Path: fallback}
	if b == nil {
		return
	}
	content, diags := contentOf(b.Body, outputSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	x.Output = Output{Path: r.str("path", fallback), Append: r.str("append", "")}
	for name, path := range map[string]string{"path": x.Output.Path, "append": x.Output.Append} {
		if attr := content.Attributes[name]; attr != nil && path != "" && filepath.Ext(path) != ".json" {
			r.invalid(attr, "the name of a .json file is required.")
		}
	}
	if attr := content.Attributes["append"]; attr != nil && x.Output.Append != "" && outputFile(x.Output.Append) == outputFile(x.Output.Path) {
		r.invalid(attr, "path and append name the same file; one would overwrite the other.")
	}
	x.diags = append(x.diags, r.diags...)
}

// outputFile is one spelling of a path that is relative to the working folder.
func outputFile(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// checkOutputs reports experiments that would write the same document.
func checkOutputs(experiments []*Experiment) hcl.Diagnostics {
	r := &reader{}
	first, folded := map[string]*Experiment{}, map[string]*Experiment{}
	for _, e := range experiments {
		path := outputFile(e.Output.Path)
		if f, ok := first[path]; ok {
			r.fault(e.Range, "Two experiments write one file", "%s and %s (%s) both write %s. Give one of them another output path.", e.Name, f.Name, place(f.Range), filepath.Clean(e.Output.Path))
			continue
		}
		first[path] = e
		key := strings.ToLower(path)
		if f, ok := folded[key]; ok {
			r.warn(e.Range, "Paths that differ in case only", "%s writes %s and %s (%s) writes %s, which are one file on a disk that does not tell upper from lower case, as those of macOS. Give one of them another name or output path.",
				e.Name, filepath.Clean(e.Output.Path), f.Name, place(f.Range), filepath.Clean(f.Output.Path))
			continue
		}
		folded[key] = e
	}
	for _, e := range experiments {
		if e.Output.Append == "" {
			continue
		}
		if f, ok := first[outputFile(e.Output.Append)]; ok && f != e {
			r.fault(e.Range, "Two experiments write one file", "%s appends to %s, which is the whole document of %s (%s). Give one of them another file.", e.Name, e.Output.Append, f.Name, place(f.Range))
		}
	}
	return r.diags
}
