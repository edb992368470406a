package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

var update = flag.Bool("update", false, "write the golden files")

// fakeDescribe is the plugin that every test configuration uses.
func fakeDescribe() *pluginv1.DescribeResponse {
	one, thousand := 1.0, 1000.0
	return &pluginv1.DescribeResponse{
		Name: "fake", Version: "0.1.3", Source: "assay/fake",
		Phases:  []*pluginv1.Phase{{Name: "decode", Unit: "tok"}, {Name: "prefill", Unit: "tok"}},
		Metrics: []*pluginv1.Metric{{Name: "rel_err"}, {Name: "refine_rate"}},
		Devices: []string{"cpu", "cuda"},
		Config: &pluginv1.Block{
			Attributes: []*pluginv1.Attribute{
				{Name: "model", Type: "string", Required: true, Description: "Shape preset"},
				{Name: "bits", Type: "number", DefaultJson: "4", OneOfJson: []string{"2", "3", "4", "6", "8"}, Integer: true},
				{Name: "tokens", Type: "number", DefaultJson: "1", Integer: true, Min: &one},
				{Name: "group_size", Type: "number", DefaultJson: "64", OneOfJson: []string{"32", "64", "128"}},
				{Name: "layers", Type: "number", DefaultJson: "1", Integer: true, Min: &one, Max: &thousand},
				{Name: "fused", Type: "bool", DefaultJson: "false"},
				{Name: "epsilon", Type: "number"},
				{Name: "combine", Type: "string", DefaultJson: `"fp32"`, OneOfJson: []string{`"fp32"`, `"fp32_no_fma"`, `"exact"`}},
				{Name: "shape", Type: "list(number)", Integer: true},
				{Name: "old_name", Type: "string", Deprecated: "use model"},
			},
			Blocks: []*pluginv1.NestedBlock{
				{TypeName: "weights", MaxItems: 1, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
					{Name: "seed", Type: "number", DefaultJson: "1", Integer: true},
					{Name: "scale", Type: "number", DefaultJson: "1.5"},
				}}},
				{TypeName: "patch", MaxItems: 3, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
					{Name: "name", Type: "string", Required: true},
					{Name: "on", Type: "bool", DefaultJson: "true"},
				}}},
			},
		},
	}
}

func fakeOptions() ResolveOptions {
	return ResolveOptions{Device: fakeDevice, Schema: fakeSchema, Validate: fakeValidate, Build: fakeBuild, Result: fakeResult}
}

// fakeResult knows the results monday.json, of every example's case, and
// elsewhere.json.
func fakeResult(path string) (map[string][]string, error) {
	switch filepath.Base(path) {
	case "monday.json", "last_release.json":
		return map[string][]string{"default": {"separate", "fused"}, "n=1": {"a", "b"}}, nil
	case "elsewhere.json":
		return map[string][]string{"n=9": {"a", "b"}}, nil
	}
	return nil, fmt.Errorf("result %s: no such file", path)
}

func fakeDevice(kind string, index int, able []string) (DeviceFacts, error) {
	if kind == "auto" {
		if kind = "cpu"; len(able) > 0 && !slices.Contains(able, kind) {
			return DeviceFacts{}, fmt.Errorf("none of %s is here", strings.Join(able, ", "))
		}
	}
	if kind == "apple" {
		return DeviceFacts{}, fmt.Errorf("this machine has no Apple GPU; it has: cpu, cuda")
	}
	if index > 1 {
		return DeviceFacts{}, fmt.Errorf("this machine has cuda:0 (Test Device) and cuda:1 (Test Device); assay doctor lists them")
	}
	return DeviceFacts{Kind: kind, Index: index, Name: "Test Device", Family: "test", Cores: 2, MemoryBytes: 8 << 30}, nil
}

// fakeSchema knows the plugins fake, gpuonly, broken, other, script and server,
// fake-old as another version of fake, and every binary in a folder bin as a
// version of fake.
func fakeSchema(p Program) (*pluginv1.DescribeResponse, error) {
	name := p.Plugin
	if p.Binary != "" {
		if filepath.Base(filepath.Dir(p.Binary)) != "bin" {
			return nil, fmt.Errorf("%s: no such file", filepath.Base(p.Binary))
		}
		name = "fake"
	}
	switch name {
	case "fake", "fake-again", "x":
		return fakeDescribe(), nil
	case "fake-old":
		d := fakeDescribe()
		d.Version, d.Phases = "0.1.0", append(d.Phases[:1], &pluginv1.Phase{Name: "pack", Unit: "call"})
		return d, nil
	case "script":
		return fakeScript(), nil
	case "server":
		return fakeServer(), nil
	case "gpuonly":
		d := fakeDescribe()
		d.Name, d.Devices = "gpuonly", []string{"apple", "sim"}
		return d, nil
	case "broken":
		d := fakeDescribe()
		d.Config.Attributes[0].Type = "strin"
		return d, nil
	case "other":
		return &pluginv1.DescribeResponse{
			Name: "other", Version: "2.0.0", Phases: []*pluginv1.Phase{{Name: "start", Unit: "call"}, {Name: "decode", Unit: "tok", Single: true}},
			Metrics: []*pluginv1.Metric{{Name: "peak", Unit: "B", Better: pluginv1.Metric_BETTER_LOWER, Exact: true}},
			Config: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
				{Name: "model", Type: "string", Required: true}, {Name: "argv", Type: "list(string)"}, {Name: "threads", Type: "number", Integer: true},
			}},
		}, nil
	}
	return nil, fmt.Errorf("no plugin %q is installed in bin/plugins", p.Plugin)
}

// fakeScript runs an argv; its configuration names its phases and metrics.
func fakeScript() *pluginv1.DescribeResponse {
	return &pluginv1.DescribeResponse{
		Name: "script", Version: "0.1.0",
		Config: &pluginv1.Block{
			Attributes: []*pluginv1.Attribute{{Name: "cold", Type: "bool", DefaultJson: "false"}},
			Blocks: []*pluginv1.NestedBlock{
				{TypeName: "run", MinItems: 1, MaxItems: 1, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
					{Name: "argv", Type: "list(string)", Required: true}, {Name: "timeout", Type: "string", DefaultJson: `"1m"`},
				}}},
				{TypeName: "phase", LabelName: "name", Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
					{Name: "pattern", Type: "string"}, {Name: "unit", Type: "string", DefaultJson: `"call"`}, {Name: "wall", Type: "bool", DefaultJson: "false"},
				}}},
				{TypeName: "metric", LabelName: "name", Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{{Name: "pattern", Type: "string"}}}},
				{TypeName: "output", MaxItems: 1, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{{Name: "same_as", Type: "string"}}}},
			},
		},
	}
}

// fakeServer asks a server for tokens.
func fakeServer() *pluginv1.DescribeResponse {
	return &pluginv1.DescribeResponse{
		Name: "server", Version: "0.1.0",
		Phases:  []*pluginv1.Phase{{Name: "ttft", Unit: "request", Single: true}, {Name: "decode", Unit: "tok"}},
		Metrics: []*pluginv1.Metric{{Name: "peak", Unit: "B", Better: pluginv1.Metric_BETTER_LOWER, Exact: true}},
		Config: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
			{Name: "argv", Type: "list(string)", Required: true}, {Name: "prompts", Type: "string", Path: true},
			{Name: "context", Type: "number", DefaultJson: "512", Integer: true}, {Name: "max_tokens", Type: "number", DefaultJson: "16", Integer: true},
		}},
	}
}

// fakeValidate answers for script with what the configuration names.
func fakeValidate(p Program, config []byte) (*pluginv1.ValidateConfigResponse, error) {
	if p.Plugin != "script" {
		return &pluginv1.ValidateConfigResponse{}, nil
	}
	var named struct {
		Phase  map[string]struct{ Unit string }
		Metric map[string]struct{}
	}
	if err := json.Unmarshal(config, &named); err != nil {
		return nil, err
	}
	out := &pluginv1.ValidateConfigResponse{}
	for _, name := range slices.Sorted(maps.Keys(named.Phase)) {
		out.Phases = append(out.Phases, &pluginv1.Phase{Name: name, Unit: named.Phase[name].Unit, Single: true})
	}
	for _, name := range slices.Sorted(maps.Keys(named.Metric)) {
		out.Metrics = append(out.Metrics, &pluginv1.Metric{Name: name})
	}
	return out, nil
}

// fakeBuild knows the refs main, HEAD (the same commit), branch and v1; all but
// those of v1 are not built yet.
func fakeBuild(b *Build) error {
	commits := map[string]string{"": "1111111+2222222", "main": "aaaaaaa", "HEAD": "aaaaaaa", "branch": "bbbbbbb", "v1": "ccccccc"}
	commit, ok := commits[b.Ref]
	if !ok {
		return UnknownRef{fmt.Errorf("there is no %q in %s. Did you mean \"main\"? A branch that was never fetched is not looked for: git -C %s fetch", b.Ref, filepath.Base(b.Repo), filepath.Base(b.Repo))}
	}
	b.Commit, b.Key = commit, fmt.Sprintf("%s-%x", commit, len(strings.Join(b.Command, " ")))
	b.Dir, b.Built = "/cache/build/"+b.Key, b.Ref == "v1"
	return nil
}

// golden is an experiment as the golden files show it.
func golden(e *Experiment) map[string]any {
	var cases []any
	for _, c := range e.Cases {
		var variants []any
		for _, v := range c.Variants {
			shown := map[string]any{"name": v.Name, "baseline": v.Baseline, "config": portable(string(v.JSON))}
			if p := programText(&v); p != "" {
				shown["program"] = p
			}
			variants = append(variants, shown)
		}
		shown := map[string]any{"id": c.ID, "variants": variants}
		if c.Separate() {
			shown["separate"] = true
		}
		cases = append(cases, shown)
	}
	var guardrails, asserts, selects []any
	for _, g := range e.Guardrails {
		guardrails = append(guardrails, guardrailText(e, &g))
	}
	var tradeoffs []string
	for _, o := range e.JudgedTradeoffs() {
		text := fmt.Sprintf("%s: %q in %v, any loss: %s", o.Guardrail, o.Variant, o.Cases, o.Reason)
		if o.MaxLoss != nil {
			text = fmt.Sprintf("%s: %q in %v up to %v: %s", o.Guardrail, o.Variant, o.Cases, *o.MaxLoss, o.Reason)
		}
		tradeoffs = append(tradeoffs, text)
	}
	for _, a := range e.Asserts {
		asserts = append(asserts, a.Name)
	}
	for _, s := range e.Selects {
		selects = append(selects, fmt.Sprintf("%s: %s of phase %q, exact %t, where %+v, %d finalists, %d rounds, on tie %s", s.Name, s.Text, s.Phase, s.Exact, s.Where, s.Finalists, s.Rounds, s.OnTie))
	}
	var metadata []string
	for k, v := range e.Metadata {
		metadata = append(metadata, fmt.Sprintf("%s = %#v", k, v))
	}
	slices.Sort(metadata)
	m, require := e.Measure, e.Measure.Require
	m.Require = nil // a pointer's text is an address
	return map[string]any{
		"require": require,
		"phases":  fmt.Sprintf("%+v", e.Phases), "metrics": fmt.Sprintf("%+v", e.Metrics),
		"name": e.Name, "description": e.Description, "plugin": e.Plugin, "device": e.Device, "depends_on": e.DependsOn,
		"when": e.When != nil, "cases": cases, "measure": fmt.Sprintf("%+v", m), "guardrails": guardrails,
		"tradeoffs": tradeoffs, "asserts": asserts, "selects": selects, "metadata": metadata, "output": e.Output,
	}
}

// portable writes the working folder and the home of made-up files as names.
func portable(text string) string {
	here, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(text, here, "<here>")
}

// programText is what a variant has beyond the installed plugin fake on auto.
func programText(v *Variant) string {
	p := v.Program
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	if p.Plugin != "fake" {
		add("plugin", p.Plugin)
	}
	add("binary", portable(p.Binary))
	if len(p.Env) > 0 {
		add("env", fmt.Sprint(p.Env))
	}
	add("inherit", strings.Join(p.Inherit, " "))
	if p.Device != "auto" {
		add("device", fmt.Sprintf("%s = %s:%d", p.Device, p.Kind, p.Index))
	}
	if b := p.Build; b != nil {
		add("build", portable(fmt.Sprintf("%s of %s at %s: %q %v %v in %s, built %v", b.Ref, b.Repo, b.Commit, b.Command, b.Env, b.Timeout, b.Dir, b.Built)))
	}
	add("same as", v.SameAs)
	add("equals", v.Equals)
	if v.Pending {
		add("pending", "build")
	}
	return strings.Join(parts, "; ")
}

func guardrailText(e *Experiment, g *Guardrail) string {
	bounds := func(g *Guardrail) string {
		text := fmt.Sprintf(">= %v margin %v", g.MinRatio, g.Margin)
		if g.MinGain != g.Margin {
			text += fmt.Sprintf(" gain %v", g.MinGain)
		}
		for name, v := range map[string]*float64{"min": g.Min, "max": g.Max, "min_rate": g.MinRate} {
			if v != nil {
				text = fmt.Sprintf("%s %v", name, *v)
			}
		}
		if g.MaxTime > 0 {
			text = fmt.Sprintf("max_time %v", g.MaxTime)
		}
		return text
	}
	text := fmt.Sprintf("%s: %s %q %s on_fail %s", g.Name, g.Phase+g.Metric, g.Variant, bounds(g), g.OnFail)
	if g.Statistic != "fastest" {
		text += " " + g.Statistic
	}
	if g.byCase == nil && g.Cases == nil {
		return text
	}
	for i := range e.Cases {
		if own, asked := g.In(e.Cases[i].ID); asked {
			text += fmt.Sprintf("; %s: %s", e.Cases[i].ID, bounds(&own))
		}
	}
	return text
}
