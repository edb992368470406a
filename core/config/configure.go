package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/schema"
)

// configure decodes the variant's configuration: the experiment's config, where
// its plugin has the same source, and the variant's own.
func (a *arm) configure(own hcl.Blocks, base []schema.Layer, b written) {
	var layers []schema.Layer
	if !a.foreign {
		for _, l := range base {
			l.Scope = a.all.scope
			layers = append(layers, l)
		}
	}
	if len(own) > 0 {
		layers = append(layers, schema.Layer{Body: own[0].Body, Scope: a.scope, Range: own[0].DefRange, Expanded: b.generated})
	}
	if a.unknown {
		return
	}
	if a.plugin.schema == nil {
		if a.standIn {
			for _, l := range layers {
				a.soften(explain(checkNames(l.Body, l.Scope)), "no plugin of that name is installed to check it against")
			}
		}
		if a.plugin.unasked {
			for _, l := range layers {
				a.soften(explain(checkNames(l.Body, l.Scope)), "the plugin was not asked")
			}
		}
		return
	}
	decoded, diags := a.plugin.schema.Decode(layers, b.DefRange, schema.Files{Base: filepath.FromSlash(a.x.resolver.module.Dir), Pending: a.pending})
	diags = explain(diags)
	belongsOutside(diags)
	if a.foreign && a.x.Plugin != "" {
		diags = a.notTakenOver(diags, base)
	}
	for _, d := range diags {
		if !a.made {
			explainBuild(d, a.v.Name, a.attrs["binary"] != nil)
		}
	}
	if a.standIn {
		a.soften(diags, fmt.Sprintf("checked against %s, not the build", a.plugin.label()))
	} else {
		a.diags = append(a.diags, diags...)
	}
	a.v.Config, a.v.JSON, a.v.decoded = decoded.Value, decoded.JSON, decoded
	a.v.Digest = digest(a.v.JSON, a.v.Program.Build)
}

// pending says whether a path is in a folder that is not built yet.
func (a *arm) pending(path string) bool {
	b := a.v.Program.Build
	return b != nil && !b.Built && b.Dir != "" && (path == b.Dir || strings.HasPrefix(path, b.Dir+string(filepath.Separator)))
}

// soften keeps faults as warnings: only the build knows.
func (a *arm) soften(diags hcl.Diagnostics, why string) {
	a.diags = append(a.diags, softened(diags, why)...)
}

func softened(diags hcl.Diagnostics, why string) hcl.Diagnostics {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			d.Severity = hcl.DiagWarning
			d.Detail += fmt.Sprintf("\n%s.", strings.ToUpper(why[:1])+why[1:])
		}
	}
	return diags
}

// digest is that of the configuration, the build's folder written as a name so
// that it is the same on every machine; "" without a configuration.
func digest(config []byte, b *Build) string {
	if config == nil {
		return ""
	}
	if dir := inJSON(b); dir != nil {
		config = bytes.ReplaceAll(config, dir, []byte("${build.dir}"))
	}
	sum := sha256.Sum256(config)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// inJSON is the build's folder as a JSON string holds it; nil: there is none.
func inJSON(b *Build) []byte {
	if b == nil || b.Dir == "" {
		return nil
	}
	text, err := json.Marshal(b.Dir)
	if err != nil {
		return nil
	}
	return bytes.Trim(text, `"`)
}

// notTakenOver says of arguments that the variant lacks and the experiment's
// config has that they are another plugin's.
func (a *arm) notTakenOver(diags hcl.Diagnostics, base []schema.Layer) hcl.Diagnostics {
	for _, d := range diags {
		for i := range a.plugin.schema.Attributes {
			name := a.plugin.schema.Attributes[i].Name
			if d.Summary != "Missing required argument" || !strings.HasPrefix(d.Detail, fmt.Sprintf("The argument %q", name)) || !has(base, name) {
				continue
			}
			d.Summary = "Config of another plugin"
			d.Detail = fmt.Sprintf("%q is a variant of the plugin %s, and the experiment's config is %s's: %q is not taken over. Write it in the variant's config.",
				a.v.Name, a.v.Program.Plugin, a.x.Plugin, name)
		}
	}
	return diags
}

func has(layers []schema.Layer, name string) bool {
	for _, l := range layers {
		content, _, _ := l.Body.PartialContent(&hcl.BodySchema{
			Attributes: []hcl.AttributeSchema{{Name: name}}, Blocks: []hcl.BlockHeaderSchema{{Type: name}},
		})
		if content.Attributes[name] != nil || len(content.Blocks) > 0 {
			return true
		}
	}
	return false
}

// checkNames evaluates a body that has no schema, for the faults of its
// expressions. The content of dynamic blocks has names of its own and is left
// out.
func checkNames(body hcl.Body, scope *hcl.EvalContext) hcl.Diagnostics {
	var diags hcl.Diagnostics
	written, ok := body.(*hclsyntax.Body)
	if !ok {
		attrs, _ := body.JustAttributes()
		for _, attr := range sorted(attrs) {
			_, more := expr.Eval(attr.Expr, scope)
			diags = append(diags, more...)
		}
		return diags
	}
	for _, attr := range sorted(attributes(written)) {
		_, more := expr.Eval(attr.Expr, scope)
		diags = append(diags, more...)
	}
	for _, b := range written.Blocks {
		if b.Type != "dynamic" {
			diags = append(diags, checkNames(b.Body, scope)...)
		}
	}
	return diags
}

func attributes(body *hclsyntax.Body) hcl.Attributes {
	out := hcl.Attributes{}
	for name, attr := range body.Attributes {
		out[name] = attr.AsHCLAttribute()
	}
	return out
}
