package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// ResolveOptions are what an experiment needs from outside the files.
type ResolveOptions struct {
	// Device says what is known of a device that an experiment or a variant
	// asks for: a kind (apple, cuda, cpu, sim or auto) and which of that kind,
	// from 0. The plugin runs on the kinds able; on all if there are none. It
	// opens nothing; it is called once for the same arguments. Nil: the kind as
	// written, cpu for auto, and nothing else.
	Device func(kind string, index int, able []string) (DeviceFacts, error)
	// Schema asks a program what it is: the binary, with its environment, or
	// the installed plugin where there is none. It is called once for each.
	// Nil: configurations are not decoded and stay empty, and names of phases
	// and metrics are not checked.
	Schema func(p Program) (*pluginv1.DescribeResponse, error)
	// Validate asks a program about one configuration; it touches no device. It
	// is called once for the same arguments. An error says that the program
	// cannot be asked, which is a warning here. Nil: nothing is asked.
	Validate func(p Program, configJSON []byte) (*pluginv1.ValidateConfigResponse, error)
	// Environment says why env or inherit of a program cannot be given to it; the
	// error starts with the name of the argument and a colon. Nil: all can.
	Environment func(p Program) error
	// Build fills in Commit, Key, Dir and Built; it builds nothing. The error may
	// be an [UnknownRef]. It is called once for the same build. Nil: build.dir
	// and build.commit have no value.
	Build func(b *Build) error
	// Result reads what a result document has of each case: the names of the
	// variants that were measured. Nil: stored baselines are not looked into.
	Result func(path string) (map[string][]string, error)
	// Unreadable names the arguments of a require block whose quantity this
	// machine does not tell.
	Unreadable []string
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
	r := &resolver{module: m, opts: opts, plugins: map[string]*plugin{}, devices: map[string]*device{}, builds: map[string]built{}, answers: map[string]answer{}}
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
		r.diags = append(r.diags, checkWhens(out)...)
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
	builds  map[string]built
	answers map[string]answer
}

// experiment resolves one experiment.
func (r *resolver) experiment(h *head, chosen map[string]bool) (*Experiment, hcl.Diagnostics) {
	rd := &reader{attrs: h.content.Attributes, scope: r.module.headScope(), diags: h.diags}
	e := &Experiment{Name: h.name, Range: h.DefRange, Source: r.module.sourceOf(h), When: h.when}
	x := &experiment{Experiment: e, head: h, resolver: r, reader: rd, said: map[string]bool{}}
	asked, at := r.deviceName(rd, "device", deviceName{text: auto, kind: auto}, h.DefRange)
	rd.needsNoDevice("device")
	e.Classes = rd.classes()
	for _, d := range h.dependsOn {
		if chosen[d] {
			e.DependsOn = append(e.DependsOn, d)
		}
	}
	if attr := h.content.Attributes["plugin"]; attr != nil {
		if e.Plugin = rd.str("plugin", ""); e.Plugin == "" && !rd.diags.HasErrors() && !isNull(rd, attr) {
			rd.fault(attr.Expr.Range(), "Invalid value", `"plugin": the name of a plugin is required. It cannot depend on the device.`)
		}
	}
	if e.Plugin != "" {
		belongsInConfig(rd.diags, e.Plugin, r.plugin(Program{Plugin: e.Plugin}).schema)
	}
	x.device = x.openDevice(asked, x.able(asked), x.pluginsNamed(), at)
	e.Device, e.Kind, e.Index = asked.text, x.device.kind, asked.index
	rd.scope = x.device.scope
	e.names = x.device.scope
	e.Description = rd.str("description", "")

	x.cases()
	x.gather()
	x.blocks()
	x.checkWhen(r.module.ExperimentNames())
	return e, rd.diags
}

// isNull says whether an attribute is written as null, which means its default.
func isNull(rd *reader, attr *hcl.Attribute) bool {
	v, diags := expr.Eval(attr.Expr, rd.scope)
	return !diags.HasErrors() && v.IsNull()
}

// experiment is one being resolved.
type experiment struct {
	*Experiment
	head     *head
	resolver *resolver
	device   *device
	arms     []*arm                  // of every case, in order
	said     map[string]bool         // faults that are reported once
	labels   map[[2]string]hcl.Range // of blocks, by type and label
	facts    facts
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
