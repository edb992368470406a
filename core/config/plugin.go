package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
	"github.com/assay-bench/assay/core/source"
)

// plugin is what a program says of itself; nil fields when it cannot be asked.
type plugin struct {
	name     string // as experiments call it
	describe *pluginv1.DescribeResponse
	schema   *schema.Block

	unasked bool // it must not be started: only names in its configurations are checked

	fault *hcl.Diagnostic // why it cannot be used; without a place unless it has one of its own
	told  bool            // the fault has been reported
}

// Unasked is Schema's error of a program that must not be started for a look at
// it. That is a warning, and as much as possible is checked.
type Unasked struct{ Err error }

func (e *Unasked) Error() string { return e.Err.Error() }
func (e *Unasked) Unwrap() error { return e.Err }

// label is name and version, for texts.
func (p *plugin) label() string {
	if p.describe == nil {
		return p.name
	}
	return p.describe.GetName() + " " + p.describe.GetVersion()
}

// PluginName is what the plugin that experiments call local is installed as:
// what its source calls it, or the same name.
func (m *Module) PluginName(local string) string {
	return cmp.Or(source.Of(m.RequiredPlugins[local].Source).Name, local)
}

// describing is the part of a program that what it says of itself hangs on.
func describing(p Program) string {
	if p.Binary == "" {
		return p.Plugin
	}
	return fmt.Sprintf("%q %q %v %q", p.Plugin, p.Binary, p.Env, p.Inherit)
}

// plugin asks a program what it is, once.
func (r *resolver) plugin(ref Program) *plugin {
	key := describing(ref)
	if p, ok := r.plugins[key]; ok {
		return p
	}
	p := &plugin{name: ref.Plugin}
	r.plugins[key] = p
	if r.opts.Schema == nil {
		return p
	}
	describe, err := r.opts.Schema(ref)
	var unasked *Unasked
	if errors.As(err, &unasked) {
		p.unasked = true
		p.fault = &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: fmt.Sprintf("Plugin %q was not asked", ref.Plugin),
			Detail: sentence(err.Error()) + " Until then its configurations, phases and metrics are not checked.",
		}
		return p
	}
	if err != nil {
		p.fault = r.unavailable(ref, err)
		return p
	}
	block, err := schema.Compile(ref.Plugin, describe.GetConfig())
	if err != nil {
		p.fault = broken(ref.Plugin, sentence(err.Error())+" This is a defect of the plugin, not of this file: report it to the plugin's author.")
		return p
	}
	p.describe, p.schema = describe, block
	if p.fault = r.sourceFault(ref, describe); p.fault == nil {
		p.fault = r.versionFault(ref, describe)
	}
	return p
}

// sourceFault holds the source that required_plugins names against what the
// plugin says of itself. One that says nothing is taken for it.
func (r *resolver) sourceFault(ref Program, describe *pluginv1.DescribeResponse) *hcl.Diagnostic {
	req := r.module.RequiredPlugins[ref.Plugin]
	is := describe.GetSource()
	if !source.Contradicts(req.Source, is) {
		return nil
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Plugin of another source", Subject: &req.Range,
		Detail: fmt.Sprintf("The plugin %s that is installed says that it is %q, and %q is required. Install that one, or write source = %q.", describe.GetName(), is, req.Source, is),
	}
}

func (r *resolver) unavailable(ref Program, err error) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Detail: sentence(err.Error())}
	if ref.Binary != "" {
		d.Summary = "Binary cannot be used"
		return d
	}
	d.Summary = fmt.Sprintf("Plugin %q is not available", ref.Plugin)
	if req := r.module.RequiredPlugins[ref.Plugin]; r.module.PluginName(ref.Plugin) != ref.Plugin {
		d.Detail += fmt.Sprintf(" The source of %q is %q, says %s.", ref.Plugin, req.Source, place(req.Range))
	}
	if s := diag.Suggest(ref.Plugin, r.pluginNames()); s != "" {
		d.Detail += fmt.Sprintf(" Did you mean %q?", s)
	}
	return d
}

func broken(name, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprintf("Plugin %q is broken", name), Detail: detail}
}

// versionFault holds the version against the constraint of required_plugins.
func (r *resolver) versionFault(ref Program, describe *pluginv1.DescribeResponse) *hcl.Diagnostic {
	req, ok := r.module.RequiredPlugins[ref.Plugin]
	if !ok || req.constraint == nil {
		return nil
	}
	v, err := version.NewVersion(describe.GetVersion())
	switch {
	case err != nil:
		d := broken(ref.Plugin, fmt.Sprintf("It says its version is %q, which is no version.", describe.GetVersion()))
		d.Subject = &req.Range
		return d
	case req.constraint.Check(v):
		return nil
	}
	is := "is installed"
	if ref.Binary != "" {
		is = "is what " + ref.Binary + " says it is"
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Unsupported plugin version", Subject: &req.Range,
		Detail: fmt.Sprintf("%s %s %s; %s is required. Install another version, or change the constraint.", ref.Plugin, v, is, req.Version),
	}
}

func (r *resolver) pluginNames() []string {
	names := slices.Concat(r.opts.Installed, slices.Collect(maps.Keys(r.module.RequiredPlugins)))
	slices.Sort(names)
	return slices.Compact(names)
}

// blame reports why a plugin cannot be used, the first time that one is met.
func (x *experiment) blame(p *plugin, at hcl.Range) {
	if p.fault == nil || p.told {
		return
	}
	p.told = true
	d := *p.fault
	if d.Subject == nil {
		d.Subject = &at
	}
	x.diags = append(x.diags, &d)
}
