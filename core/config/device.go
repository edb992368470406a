package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// auto is the device of experiments that name none.
const auto = "auto"

// device is a kind's scope, made once; its faults are reported with the first
// experiment that uses it.
type device struct {
	kind  string // what auto comes to
	scope *hcl.EvalContext
	diags hcl.Diagnostics
}

func (r *resolver) device(kind string, p *plugin, at hcl.Range) *device {
	var able []string
	if kind == auto {
		able = p.describe.GetDevices()
	}
	key := kind + " " + strings.Join(able, " ")
	if d, ok := r.devices[key]; ok {
		return &device{kind: d.kind, scope: d.scope}
	}
	facts := DeviceFacts{Kind: kind}
	d := &device{}
	if r.opts.Device != nil {
		var err error
		if facts, err = r.opts.Device(kind, able); err != nil {
			d.diags = append(d.diags, noDevice(kind, able, p, err, at))
			facts = DeviceFacts{Kind: kind}
		}
	}
	if facts.Kind == auto {
		facts.Kind = "cpu"
	}
	d.kind = facts.Kind
	scope, diags := r.module.deviceScope(facts)
	d.scope, d.diags = scope, append(d.diags, diags...)
	r.devices[key] = d
	return d
}

func noDevice(kind string, able []string, p *plugin, err error, at hcl.Range) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprintf("No device of kind %q", kind), Detail: sentence(err.Error()), Subject: &at}
	if len(able) > 0 {
		d.Summary = fmt.Sprintf("No device for the plugin %q", p.name)
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
	v, diags := attr.Expr.Value(r.scope)
	if diags.HasErrors() || v.IsWhollyKnown() {
		return
	}
	for _, t := range attr.Expr.Variables() {
		if t.RootName() == "local" {
			r.fault(attr.Expr.Range(), "Invalid value", "%q depends on a local that has no value without a device, and the device is chosen here. Use variables only.", name)
			return
		}
	}
}

func (r *reader) supportsDevice(kind string, p *plugin, at hcl.Range) {
	if able := p.describe.GetDevices(); kind != auto && len(able) > 0 && !slices.Contains(able, kind) {
		r.fault(at, "Unsupported device", "The plugin %s runs on %s, not on %s.", p.name, strings.Join(able, ", "), kind)
	}
}
