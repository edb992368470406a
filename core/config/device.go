package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// auto is the device of experiments that name none.
const auto = "auto"

var deviceKinds = []string{auto, "apple", "cuda", "cpu", "sim"}

// deviceName is a device as written: KIND or KIND:INDEX.
type deviceName struct {
	text, kind string
	index      int
}

// otherNames are words for devices that are no kinds, and the kinds that are meant.
var otherNames = map[string][]string{
	"gpu": {"apple", "cuda"}, "metal": {"apple"}, "mps": {"apple"}, "mac": {"apple"}, "nvidia": {"cuda"}, "simulator": {"sim"},
}

// unknownKind says what to write instead of a kind that there is not.
func (r *resolver) unknownKind(kind, index string) string {
	meant := otherNames[strings.ToLower(kind)]
	if len(meant) == 0 {
		if s := diag.Suggest(kind, deviceKinds); s != "" {
			return fmt.Sprintf("Did you mean %q?", s+index)
		}
		return fmt.Sprintf("The kinds are: %s.", strings.Join(deviceKinds, ", "))
	}
	var here []string
	for _, k := range meant {
		if r.opts.Device == nil || k == "sim" {
			continue
		}
		if d, err := r.opts.Device(k, 0, nil); err == nil {
			here = append(here, fmt.Sprintf("%s (%s)", k, d.Name))
		}
	}
	text := fmt.Sprintf("Write %s.", `"`+strings.Join(meant, `" or "`)+`"`)
	switch {
	case len(here) > 0:
		text += fmt.Sprintf(" This machine has %s.", strings.Join(here, " and "))
	case r.opts.Device != nil && meant[0] != "sim":
		text += fmt.Sprintf(" This machine has no %s; `assay doctor` lists what it has.", strings.Join(meant, " and no "))
	}
	return text
}

// deviceName reads the attribute name of rd, and where it is written; where it
// is not, the fallback and the place that stands for it.
func (r *resolver) deviceName(rd *reader, name string, fallback deviceName, at hcl.Range) (deviceName, hcl.Range) {
	v, attr, ok := rd.value(name, cty.String, "one of "+strings.Join(deviceKinds, ", "))
	if attr != nil {
		at = attr.Expr.Range()
	}
	if !ok {
		return fallback, at
	}
	d := deviceName{text: v.AsString()}
	kind, index, indexed := strings.Cut(d.text, ":")
	d.kind = kind
	if !slices.Contains(deviceKinds, kind) {
		if indexed {
			index = ":" + index
		}
		rd.invalid(attr, "%s is no kind of device. %s", diag.Text(v), r.unknownKind(kind, index))
		return fallback, at
	}
	if !indexed {
		return d, at
	}
	if kind == auto || kind == "cpu" || kind == "sim" {
		rd.fault(at, "No such device", "%q: %s has no index. Write %q.", d.text, kind, kind)
		return fallback, at
	}
	n, err := strconv.ParseUint(index, 10, 16)
	if err != nil {
		rd.invalid(attr, "%s will not do: write a kind and an index, such as %q.", diag.Text(v), kind+":1")
		return fallback, at
	}
	d.index = int(n)
	return d, at
}

// device is a scope, made once; its faults are reported with the first
// experiment that uses it.
type device struct {
	kind  string // what auto comes to
	scope *hcl.EvalContext
	diags hcl.Diagnostics
	gone  bool // the machine does not have it
	told  bool
}

// able are the kinds that the plugins of the experiment have in common, as far
// as the plugins can be known before there is a device; nil: all.
func (x *experiment) able(d deviceName) []string {
	if d.kind != auto {
		return nil
	}
	var common []string
	for _, name := range x.pluginsNamed() {
		able := x.resolver.plugin(Program{Plugin: name}).describe.GetDevices()
		switch {
		case len(able) == 0:
		case common == nil:
			common = able
		default:
			shared := slices.DeleteFunc(slices.Clone(common), func(kind string) bool { return !slices.Contains(able, kind) })
			if len(shared) == 0 {
				return common // a variant says which of the two cannot run
			}
			common = shared
		}
	}
	return common
}

// pluginsNamed are the plugins of the experiment and of its variants, those
// that hang on a device or on the matrix left out.
func (x *experiment) pluginsNamed() []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	add(x.Plugin)
	for _, b := range x.head.content.Blocks.OfType("variant") {
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "plugin"}}})
		r := &reader{attrs: content.Attributes, scope: x.scope}
		add(r.str("plugin", ""))
	}
	return out
}

// openDevice asks for a device, once for the same one and the same kinds. One
// that none of the plugins runs on is not asked for: that is the fault to report.
func (x *experiment) openDevice(name deviceName, able, plugins []string, at hcl.Range) *device {
	r := x.resolver
	if name.kind != auto && len(plugins) > 0 && !r.someRunsOn(plugins, name.kind) {
		scope, diags := r.module.deviceScope(DeviceFacts{Kind: name.kind, Index: name.index})
		x.diags = append(x.diags, diags...)
		return &device{kind: name.kind, scope: scope, gone: true}
	}
	key := fmt.Sprint(name.kind, name.index, able)
	d, ok := r.devices[key]
	if !ok {
		d = r.askDevice(name, able, x.Plugin, at)
		r.devices[key] = d
	}
	if !d.told {
		d.told = true
		x.diags = append(x.diags, d.diags...)
	}
	return d
}

func (r *resolver) someRunsOn(plugins []string, kind string) bool {
	return slices.ContainsFunc(plugins, func(name string) bool {
		able := r.plugin(Program{Plugin: name}).describe.GetDevices()
		return len(able) == 0 || slices.Contains(able, kind)
	})
}

func (r *resolver) askDevice(name deviceName, able []string, plugin string, at hcl.Range) *device {
	facts := DeviceFacts{Kind: name.kind, Index: name.index}
	d := &device{}
	if r.opts.Device != nil {
		var err error
		if facts, err = r.opts.Device(name.kind, name.index, able); err != nil {
			d.diags, d.gone = hcl.Diagnostics{noDevice(name, able, plugin, err, at)}, true
			facts = DeviceFacts{Kind: name.kind}
		}
	}
	if facts.Kind == auto {
		facts.Kind = "cpu"
	}
	d.kind = facts.Kind
	scope, diags := r.module.deviceScope(facts)
	d.scope, d.diags = scope, append(d.diags, diags...)
	return d
}

func noDevice(name deviceName, able []string, plugin string, err error, at hcl.Range) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprintf("No device of kind %q", name.kind), Subject: &at}
	d.Detail = sentence(strings.TrimPrefix(err.Error(), name.kind+": "))
	switch {
	case strings.Contains(name.text, ":"):
		d.Summary = fmt.Sprintf("No device %q", name.text)
	case len(able) > 0 && plugin != "":
		d.Summary = fmt.Sprintf("No device for the plugin %q", plugin)
	}
	if slices.Contains(able, "sim") {
		d.Detail += ` To see whether it is correct, write device = "sim"; its times are not measurements.`
	}
	return d
}

// needsNoDevice reports a head attribute whose value hangs on the device.
func (r *reader) needsNoDevice(name string) {
	attr := r.attrs[name]
	if attr == nil {
		return
	}
	v, diags := expr.Eval(attr.Expr, r.scope)
	if diags.HasErrors() || v.IsWhollyKnown() {
		return
	}
	for _, t := range attr.Expr.Variables() {
		if t.RootName() == "local" {
			r.fault(attr.Expr.Range(), "Invalid value", "%q depends on a local that has no value without a device, and this is read before there is one. Use variables only.", name)
			return
		}
	}
}
