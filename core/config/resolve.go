package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
)

// ResolveOptions are what an experiment needs from outside the files.
type ResolveOptions struct {
	// Device says what is known of the device that an experiment asks for
	// (apple, cuda, cpu, sim or auto), for a plugin that runs on the kinds able;
	// on all if there are none. It opens nothing; it is called once for the same
	// arguments. Nil: the kind as written, cpu for auto, and nothing else.
	Device func(kind string, able []string) (DeviceFacts, error)
	// Schema asks an installed plugin what it is. It is called once per
	// plugin. Nil: configurations are not decoded and stay empty, and names
	// of phases and metrics are not checked.
	Schema func(plugin string) (*pluginv1.DescribeResponse, error)
	// Installed names the plugins that Schema knows, for suggestions.
	Installed []string
	// Only keeps the experiments named, and those that their `when` refers
	// to. Empty: all.
	Only []string
}

// Resolve evaluates the experiments, in run order: what an experiment depends
// on comes first, otherwise the order of the files by name and of the source.
// With an error, here or in Load, there are no experiments: a value that
// failed in one place may be missing in any other.
func (m *Module) Resolve(opts ResolveOptions) ([]*Experiment, hcl.Diagnostics) {
	if m.broken {
		return nil, nil
	}
	r := &resolver{module: m, opts: opts, plugins: map[string]*plugin{}, devices: map[string]*device{}}
	if len(m.experiments) == 0 && m.faulty {
		return nil, nil
	}
	if len(m.experiments) == 0 {
		at := hcl.Range{Filename: m.first, Start: hcl.InitialPos, End: hcl.InitialPos}
		return nil, hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "No experiment", Subject: &at,
			Detail: `The configuration holds no experiment block. Write experiment "name" { … }.`,
		}}
	}
	heads := r.heads()
	chosen := r.choose(heads)
	order := r.order(heads, chosen)
	var out []*Experiment
	for _, h := range order {
		e, diags := r.experiment(h, chosen)
		r.diags = append(r.diags, diags...)
		if e != nil && !diags.HasErrors() {
			out = append(out, e)
		}
	}
	r.diags = append(r.diags, checkOutputs(out)...)
	if !m.faulty && !r.diags.HasErrors() {
		r.diags = append(r.diags, checkCompared(out)...)
	}
	m.adviseFolder(r.diags)
	if m.faulty || r.diags.HasErrors() {
		return nil, r.diags
	}
	return out, r.diags
}

// adviseFolder says what is likely when a single file lacks a name that the
// other files of its folder may have.
func (m *Module) adviseFolder(diags hcl.Diagnostics) {
	if m.unread == 0 {
		return
	}
	for _, d := range diags {
		if strings.Contains(d.Detail, "Did you mean") {
			continue
		}
		switch d.Summary {
		case "Unknown variable", "Unknown local", "Unknown experiment":
			d.Detail += fmt.Sprintf("\nOnly %s was read; the folder has more files. To read all of them, name the folder: %s", m.first, m.Dir)
		}
	}
}

// resolver is the state of one Resolve.
type resolver struct {
	module  *Module
	opts    ResolveOptions
	diags   hcl.Diagnostics
	plugins map[string]*plugin
	devices map[string]*device
}

// plugin is what a plugin says of itself; nil fields when it cannot be asked.
type plugin struct {
	name     string
	describe *pluginv1.DescribeResponse
	schema   *schema.Block
}

func (p *plugin) phases() []string {
	var out []string
	for _, ph := range p.describe.GetPhases() {
		out = append(out, ph.GetName())
	}
	return out
}

func (p *plugin) metrics() []string {
	var out []string
	for _, mt := range p.describe.GetMetrics() {
		out = append(out, mt.GetName())
	}
	return out
}

// plugin asks for the plugin named in attr, once; the first experiment that
// names a faulty plugin gets the diagnostic.
func (r *resolver) plugin(name string, attr *hcl.Attribute, rd *reader) *plugin {
	if p, ok := r.plugins[name]; ok {
		return p
	}
	p := &plugin{name: name}
	r.plugins[name] = p
	if r.opts.Schema == nil {
		return p
	}
	describe, err := r.opts.Schema(name)
	if err != nil {
		detail := sentence(err.Error())
		if s := diag.Suggest(name, r.pluginNames()); s != "" {
			detail += fmt.Sprintf(" Did you mean %q?", s)
		}
		rd.fault(attr.Expr.Range(), fmt.Sprintf("Plugin %q is not available", name), "%s", detail)
		return p
	}
	block, err := schema.Compile(name, describe.GetConfig())
	if err != nil {
		rd.fault(attr.Expr.Range(), fmt.Sprintf("Plugin %q is broken", name),
			"%s This is a defect of the plugin, not of this file: report it to the plugin's author.", sentence(err.Error()))
		return p
	}
	p.describe, p.schema = describe, block
	if req, ok := r.module.RequiredPlugins[name]; ok && req.constraint != nil {
		v, err := version.NewVersion(describe.GetVersion())
		switch {
		case err != nil:
			rd.fault(req.Range, fmt.Sprintf("Plugin %q is broken", name), "It says its version is %q, which is no version.", describe.GetVersion())
		case !req.constraint.Check(v):
			rd.fault(req.Range, "Unsupported plugin version", "%s %s is installed; %s is required. Install another version, or change the constraint.", name, v, req.Version)
		}
	}
	return p
}

func (r *resolver) pluginNames() []string {
	names := slices.Clone(r.opts.Installed)
	for n := range r.module.RequiredPlugins {
		names = append(names, n)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// experiment resolves one experiment.
func (r *resolver) experiment(h *head, chosen map[string]bool) (*Experiment, hcl.Diagnostics) {
	rd := &reader{attrs: h.content.Attributes, scope: r.module.headScope(), diags: h.diags}
	e := &Experiment{
		Name: h.name, Range: h.DefRange, Source: r.module.sourceOf(h), When: h.when,
		Device: rd.oneOf("device", auto, auto, "apple", "cuda", "cpu", "sim"),
	}
	rd.needsNoDevice("device")
	for _, d := range h.dependsOn {
		if chosen[d] {
			e.DependsOn = append(e.DependsOn, d)
		}
	}
	p := &plugin{}
	if attr := h.content.Attributes["plugin"]; attr != nil {
		if e.Plugin = rd.str("plugin", ""); e.Plugin != "" {
			p = r.plugin(e.Plugin, attr, rd)
		} else if !rd.diags.HasErrors() {
			rd.fault(attr.Expr.Range(), "Invalid value", `"plugin": the name of a plugin is required. It cannot depend on the device.`)
		}
	}
	at := h.DefRange
	if attr := h.content.Attributes["device"]; attr != nil {
		at = attr.Expr.Range()
	}
	dev := r.device(e.Device, p, at)
	e.Kind = dev.kind
	rd.diags = append(rd.diags, dev.diags...)
	rd.scope = dev.scope
	e.Description = rd.str("description", "")
	rd.supportsDevice(e.Device, p, at)

	x := &experiment{Experiment: e, head: h, plugin: p, reader: rd}
	e.names = dev.scope
	x.cases()
	x.blocks()
	x.checkWhen(r.module.ExperimentNames())
	return e, rd.diags
}

// experiment is one being resolved.
type experiment struct {
	*Experiment
	head   *head
	plugin *plugin
	*reader
}

// sentence makes an error's text one: a capital first, a mark last.
func sentence(s string) string {
	if r, size := utf8.DecodeRuneInString(s); size > 0 {
		s = string(unicode.ToUpper(r)) + s[size:]
	}
	if strings.HasSuffix(s, "?") || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func unknownNumber() cty.Value { return cty.UnknownVal(cty.Number) }
