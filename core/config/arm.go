package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/schema"
)

// shared is what the experiment says for all variants of a case.
type shared struct {
	config []schema.Layer // at most one
	builds []*hcl.Block   // at most one
}

// arm is a variant whose program is being resolved. Its reader has the
// variant's arguments; all holds the experiment's, evaluated for this variant.
type arm struct {
	x    *experiment
	v    *Variant
	all  *reader
	id   string // of the case
	at   hcl.Range
	made bool // it is built

	plugin  *plugin
	foreign bool // its plugin has another source than the experiment's
	standIn bool // plugin is the installed one; the binary is not built yet
	unknown bool // an argument of the program has no value, because of a fault
	*reader
}

// program resolves what the variant runs.
func (a *arm) program(content *hcl.BodyContent, s shared) {
	a.v.Program.Plugin = a.pluginName()
	a.foreign = a.v.Program.Plugin != a.x.Plugin &&
		a.x.resolver.module.PluginName(a.v.Program.Plugin) != a.x.resolver.module.PluginName(a.x.Plugin)
	a.onDevice()
	a.buildOf(content, s)
	a.binary()
	a.environment()
	a.ask()
}

// pluginName is the variant's plugin, else the experiment's; at is where it is
// named.
func (a *arm) pluginName() string {
	if name := a.str("plugin", ""); name != "" {
		a.at = a.attrs["plugin"].Expr.Range()
		return name
	}
	if attr := a.all.attrs["plugin"]; attr != nil {
		a.at = attr.Expr.Range()
	}
	if a.x.Plugin == "" && !a.x.diags.HasErrors() && !a.diags.HasErrors() {
		a.fault(a.x.Range, "No plugin", `The variant %q has no plugin. Write plugin = "NAME" here, for all variants, or in each variant.`, a.v.Name)
	}
	return a.x.Plugin
}

// onDevice finds the device that the arm runs on. What expressions know of a
// device is always of the experiment's, so that all arms have one problem.
func (a *arm) onDevice() {
	p := &a.v.Program
	p.Device, p.Kind, p.Index = a.x.Device, a.x.Kind, a.x.Index
	attr := a.attrs["device"]
	if attr == nil {
		return
	}
	asked, at := a.x.resolver.deviceName(a.reader, "device", deviceName{}, attr.Expr.Range())
	if asked.kind == "" {
		return // null, or a fault
	}
	var able []string
	if asked.kind == auto {
		able = a.x.resolver.plugin(Program{Plugin: p.Plugin}).describe.GetDevices()
	}
	d := a.x.openDevice(asked, able, []string{p.Plugin}, at)
	p.Device, p.Kind, p.Index = asked.text, d.kind, asked.index
}

// buildOf decides whether the arm is built and brings build.* into its scopes.
func (a *arm) buildOf(content *hcl.BodyContent, s shared) {
	own := content.Blocks.OfType("build")
	if len(own) > 1 {
		a.fault(own[1].DefRange, "Duplicate build block", "A variant has at most one build block; the first is at %s.", place(own[0].DefRange))
	}
	if len(own) == 0 && (len(s.builds) == 0 || a.attrs["binary"] != nil) {
		return
	}
	var layers []buildLayer
	for _, b := range s.builds {
		layers = append(layers, buildLayer{b, a.all.scope})
	}
	if len(own) > 0 {
		layers = append(layers, buildLayer{own[0], a.scope})
	}
	b, ok := a.build(layers)
	a.v.Program.Build, a.made = b, true
	a.unknown = a.unknown || !ok
	a.scope, a.all.scope = withBuild(a.scope, b, ok), withBuild(a.all.scope, b, ok)
}

// binary reads the executable. The experiment's holds for variants of a plugin
// of the same source.
func (a *arm) binary() {
	r := a.reader
	if r.attrs["binary"] == nil {
		if r = a.all; a.foreign {
			return
		}
	}
	attr := r.attrs["binary"]
	if attr == nil {
		return
	}
	before := len(r.diags)
	text := r.str("binary", "")
	a.notBuilt(r, before)
	switch {
	case text == "":
		if !isNull(r, attr) {
			a.unknown = true
			if len(r.diags) == before && !a.unresolved(r, attr) {
				r.invalid(attr, `the path of an executable is required, or null for the installed plugin.`)
			}
		}
		return
	case !strings.Contains(text, "/"):
		r.invalid(attr, "%q is looked up nowhere: write a path with a /, such as %q.", text, "./"+text)
		a.unknown = true
		return
	}
	abs, err := a.x.resolver.module.absolute(text)
	if err != nil {
		r.invalid(attr, "%s", sentence(err.Error()))
		a.unknown = true
		return
	}
	a.v.Program.Binary, a.at = abs, attr.Expr.Range()
}

// unresolved says whether an attribute has no value because of an earlier fault.
func (a *arm) unresolved(r *reader, attr *hcl.Attribute) bool {
	v, diags := expr.Eval(attr.Expr, r.scope)
	return diags.HasErrors() || !v.IsWhollyKnown()
}

// environment merges env key by key and reads inherit, a list as a whole.
func (a *arm) environment() {
	before, beforeAll := len(a.diags), len(a.all.diags)
	env := a.all.stringMap("env")
	for k, v := range a.stringMap("env") {
		if env == nil {
			env = map[string]*string{}
		}
		env[k] = v
	}
	a.v.Program.Env = applied(env)
	r := a.reader
	if r.attrs["inherit"] == nil {
		r = a.all
	}
	names := r.strings("inherit")
	for _, n := range names {
		if !variableName(n) {
			r.invalid(r.attrs["inherit"], "%q cannot be the name of an environment variable.", n)
		}
	}
	slices.Sort(names)
	a.v.Program.Inherit = slices.Compact(names)
	a.notBuilt(a.reader, before)
	a.notBuilt(a.all, beforeAll)
	a.settable()
	for _, r := range []*reader{a.reader, a.all} {
		for _, name := range []string{"env", "inherit"} {
			if attr := r.attrs[name]; attr != nil && a.unresolved(r, attr) {
				a.unknown = true
			}
		}
	}
}

// settable reports variables that no plugin can be given.
func (a *arm) settable() {
	check := a.x.resolver.opts.Environment
	if check == nil {
		return
	}
	err := check(a.v.Program)
	if err == nil {
		return
	}
	at := a.v.Range
	for _, r := range []*reader{a.all, a.reader} {
		for _, name := range []string{"env", "inherit"} {
			if attr := r.attrs[name]; attr != nil && strings.HasPrefix(err.Error(), name+": ") {
				at = attr.Expr.Range()
			}
		}
	}
	a.fault(at, "Variable that cannot be set", "%s", sentence(err.Error()))
}

// notBuilt says of faults about build.*, from index on, why the variant has none.
func (a *arm) notBuilt(r *reader, from int) {
	if a.made {
		return
	}
	for _, d := range r.diags[from:] {
		explainBuild(d, a.v.Name, a.attrs["binary"] != nil)
	}
}

func explainBuild(d *hcl.Diagnostic, variant string, ownBinary bool) {
	if d.Summary != "build is not known here" {
		return
	}
	why := "has no build block, and neither has the experiment"
	if ownBinary {
		why = "has a binary of its own and is not; build {} in the variant builds it too"
	}
	d.Detail = fmt.Sprintf("%s %q %s.", where["build"], variant, why)
}

// ask finds what the program says of itself. A binary that is to be built is
// stood in for by the installed plugin of the same name.
func (a *arm) ask() {
	p := &a.v.Program
	if p.Plugin == "" || a.unknown {
		a.plugin = &plugin{name: p.Plugin}
		return
	}
	if p.Binary != "" && a.pending(p.Binary) {
		a.standIn, a.v.Pending = true, true
		if a.plugin = a.x.resolver.plugin(Program{Plugin: p.Plugin}); a.plugin.fault != nil {
			a.plugin = &plugin{name: p.Plugin}
		}
	} else {
		a.plugin = a.x.resolver.plugin(*p)
		a.x.blame(a.plugin, a.at)
	}
	p.Name, p.Version = a.plugin.describe.GetName(), a.plugin.describe.GetVersion()
	a.supportsDevice()
}

// supportsDevice reports, once for the same place, a plugin that does not run
// on the device.
func (a *arm) supportsDevice() {
	able, kind := a.plugin.describe.GetDevices(), a.v.Program.Kind
	if len(able) == 0 || slices.Contains(able, kind) || a.x.device.gone && a.v.Program.Device == auto {
		return
	}
	at := a.x.Range
	if attr := a.all.attrs["device"]; attr != nil {
		at = attr.Expr.Range()
	}
	if attr := a.attrs["device"]; attr != nil {
		at = attr.Expr.Range()
	}
	key := fmt.Sprint(at, a.plugin.name, kind)
	if a.x.said[key] {
		return
	}
	a.x.said[key] = true
	a.x.fault(at, "Unsupported device", "The plugin %s runs on %s, not on %s. Write one of these, or leave device out.", a.plugin.name, strings.Join(able, ", "), kind)
}
