package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Phase is one that every program of an experiment can time.
type Phase struct {
	Name   string
	Unit   string // what one iteration produces
	Single bool   // every program can time its iterations one by one
}

// Metric is one that a program of an experiment may report.
type Metric struct {
	Name   string
	Unit   string
	Better string // lower or higher; empty: not said, or the programs disagree
	Exact  bool   // the same in every round, says every program that has it
}

// PhaseNames lists the phases that the experiment measures: those of its
// measure block, else every phase that its programs have in common.
func (e *Experiment) PhaseNames() []string {
	if len(e.Measure.Phases) > 0 {
		return e.Measure.Phases
	}
	return phaseNames(e.Phases)
}

func phaseNames(phases []Phase) []string {
	var out []string
	for _, p := range phases {
		out = append(out, p.Name)
	}
	return out
}

// facts are phases and metrics, merged over the arms of an experiment.
type facts struct {
	started bool
	phases  []Phase           // of all arms so far
	lacking map[string]string // phase -> a plugin that does not have it
	batches map[string]string // phase -> a plugin that does not time single iterations of it
	units   map[string]string // phase -> a unit of it that is not the first program's
	metrics []Metric
	plugins []string // names, each once
	open    string   // why there may be more than is known; empty: there is no more
	unasked bool     // some plugin could not be asked at all: names are not checked
}

// gather asks every program about every configuration of its own, and merges
// the phases and metrics that they have.
func (x *experiment) gather() {
	x.facts.lacking, x.facts.batches, x.facts.units = map[string]string{}, map[string]string{}, map[string]string{}
	faults := newCaseFaults(len(x.Cases))
	ask := x.resolver.opts.Validate != nil && !x.diags.HasErrors() && !x.resolver.module.faulty
	merged := map[*pluginv1.ValidateConfigResponse]*plugin{}
	for _, a := range x.arms {
		d := a.plugin.describe
		if d == nil && a.standIn {
			x.facts.open = fmt.Sprintf("%q is not built yet, and no plugin of its name is installed", a.v.Name)
			continue
		}
		if d == nil || a.unknown {
			x.facts.unasked = true
			continue
		}
		if a.standIn {
			x.facts.open = fmt.Sprintf("%q is not built yet, and the build may have others than %s", a.v.Name, a.plugin.label())
		}
		var more *pluginv1.ValidateConfigResponse
		if ask && a.v.JSON != nil {
			var diags hcl.Diagnostics
			more, diags = a.validate()
			faults.add(a.id, diags)
			x.facts.unasked = x.facts.unasked || diags.HasErrors() // it does not say then what can be measured
		} else if len(d.GetPhases()) == 0 {
			x.facts.unasked = true
		}
		if p, ok := merged[more]; ok && p == a.plugin {
			continue
		}
		merged[more] = a.plugin
		x.facts.merge(a.plugin.name, slices.Concat(d.GetPhases(), more.GetPhases()), slices.Concat(d.GetMetrics(), more.GetMetrics()))
	}
	x.diags = append(x.diags, faults.result()...)
	x.keepStarts()
	if len(x.arms) == 0 && x.Plugin != "" { // the cases are faulty; the rest can still be checked
		if p := x.resolver.plugin(Program{Plugin: x.Plugin}); p.describe != nil && len(p.describe.GetPhases()) > 0 {
			x.facts.merge(p.name, p.describe.GetPhases(), p.describe.GetMetrics())
		}
	}
	x.Phases, x.Metrics = x.facts.phases, x.facts.metrics
	for _, p := range x.Phases {
		if other := x.facts.units[p.Name]; other != "" {
			x.warn(x.Range, "Different units", "One iteration of %s gives a %s in one program and a %s in another, so that a ratio of the two says nothing, unless these are the same.", p.Name, p.Unit, other)
		}
	}
	if len(x.Cases) > 0 && x.Plugin == "" {
		if b := x.Cases[0].Baseline(); b != nil {
			x.Plugin = b.Program.Plugin
		}
	}
	if len(x.Phases) == 0 && x.facts.started && x.facts.open == "" && !x.facts.unasked && !x.diags.HasErrors() {
		x.noPhase()
	}
}

// noPhase reports an experiment in which there is nothing to time.
func (x *experiment) noPhase() {
	if len(x.facts.lacking) == 0 {
		x.fault(x.Range, "No phase to time", "The plugin %s has no phase with this config. `assay plugin docs %s` says what names one.", x.facts.plugins[0], x.facts.plugins[0])
		return
	}
	x.fault(x.Range, "No phase in common", "No phase can be timed in every variant: the plugins are %s. Compare programs that have a phase of one name.", strings.Join(x.facts.plugins, ", "))
}

func (f *facts) merge(plugin string, phases []*pluginv1.Phase, metrics []*pluginv1.Metric) {
	if !slices.Contains(f.plugins, plugin) {
		f.plugins = append(f.plugins, plugin)
	}
	var have []Phase
	for _, p := range phases {
		n := Phase{Name: p.GetName(), Unit: p.GetUnit(), Single: p.GetSingle()}
		if !n.Single {
			f.batches[n.Name] = plugin
		}
		if i := slices.IndexFunc(f.phases, func(o Phase) bool { return o.Name == n.Name }); i >= 0 {
			f.phases[i].Single = f.phases[i].Single && n.Single
			if f.phases[i].Unit != n.Unit && f.units[n.Name] == "" {
				f.units[n.Name] = n.Unit
			}
		} else if f.started {
			f.lacking[n.Name] = f.plugins[0]
		}
		have = append(have, n)
	}
	if !f.started {
		f.phases, f.started = have, true
	}
	f.phases = slices.DeleteFunc(f.phases, func(p Phase) bool {
		lacks := !slices.ContainsFunc(have, func(o Phase) bool { return o.Name == p.Name })
		if lacks {
			f.lacking[p.Name] = plugin
		}
		return lacks
	})
	for _, m := range metrics {
		f.addMetric(m)
	}
}

func (f *facts) addMetric(m *pluginv1.Metric) {
	better := map[pluginv1.Metric_Better]string{
		pluginv1.Metric_BETTER_LOWER: "lower", pluginv1.Metric_BETTER_HIGHER: "higher",
	}[m.GetBetter()]
	for i := range f.metrics {
		if o := &f.metrics[i]; o.Name == m.GetName() {
			o.Exact = o.Exact && m.GetExact()
			if o.Better != better {
				o.Better = ""
			}
			return
		}
	}
	f.metrics = append(f.metrics, Metric{Name: m.GetName(), Unit: m.GetUnit(), Better: better, Exact: m.GetExact()})
}

// answer is what a program said of one configuration.
type answer struct {
	*pluginv1.ValidateConfigResponse
	err error
}

// validate asks the program, or what stands in for it, about the configuration.
func (a *arm) validate() (*pluginv1.ValidateConfigResponse, hcl.Diagnostics) {
	p, r := a.v.Program, a.x.resolver
	if a.standIn {
		p.Binary = ""
	}
	dir := ""
	if p.Build != nil {
		dir = p.Build.Dir
	}
	key := fmt.Sprintf("%s %v %q %s:%d %q %s", describing(p), p.Env, p.Inherit, p.Kind, p.Index, dir, a.v.Digest)
	said, ok := r.answers[key]
	if !ok {
		said.ValidateConfigResponse, said.err = r.opts.Validate(p, a.v.JSON)
		r.answers[key] = said
	}
	if said.err != nil {
		a.x.facts.open = fmt.Sprintf("the plugin %s could not be asked", a.plugin.name)
		w := &reader{}
		w.warn(a.v.Range, "Configuration not checked", "The plugin %s could not be asked about it: %v.", a.plugin.name, said.err)
		return nil, w.diags
	}
	a.v.Starts = nil
	for _, c := range said.GetStarts() {
		a.v.Starts = append(a.v.Starts, Command{Argv: c.GetArgv(), Folder: c.GetFolder()})
	}
	diags := a.v.Diagnostics(a.plugin.name, said.GetDiagnostics())
	if a.standIn {
		diags = softened(diags, fmt.Sprintf("checked against %s, not the build", a.plugin.label()))
	} else if folder := inJSON(p.Build); folder != nil && !p.Build.Built && bytes.Contains(a.v.JSON, folder) {
		diags = softened(diags, "checked before the build")
	}
	return said.ValidateConfigResponse, diags
}

// keepStarts puts what the arms' plugins start into the cases.
func (x *experiment) keepStarts() {
	starts := map[[2]string][]Command{}
	for _, a := range x.arms {
		starts[[2]string{a.id, a.v.Name}] = a.v.Starts
	}
	for i := range x.Cases {
		for j := range x.Cases[i].Variants {
			v := &x.Cases[i].Variants[j]
			v.Starts = starts[[2]string{x.Cases[i].ID, v.Name}]
		}
	}
}

// unknownPhase says why name is no phase to measure.
func (x *experiment) unknownPhase(name string) string {
	known := phaseNames(x.Phases)
	if plugin, ok := x.facts.lacking[name]; ok {
		return fmt.Sprintf("the plugin %s has no phase %q, which every program of the experiment needs. %s", plugin, name, diag.DidYouMean(name, "common phases", known))
	}
	if len(x.facts.plugins) == 0 {
		return fmt.Sprintf("no phase %q is known.", name)
	}
	return fmt.Sprintf("the plugin %s has no phase %q. %s", x.facts.plugins[0], name, diag.DidYouMean(name, "phases", known))
}

// doubt reports a phase or a metric that no plugin has: a warning where there
// may be more than is known.
func (x *experiment) doubt(r *reader, attr *hcl.Attribute, detail string) {
	switch {
	case x.facts.unasked || !x.facts.started && x.facts.open == "":
	case x.facts.open == "":
		r.invalid(attr, "%s", detail)
	default:
		r.warn(attr.Expr.Range(), "Not known yet", "%s\nThis is a warning because %s.", sentence(detail), x.facts.open)
	}
}
