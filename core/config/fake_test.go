package config

import (
	"flag"
	"fmt"
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
		Name: "fake", Version: "0.1.3",
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
	return ResolveOptions{Device: fakeDevice, Schema: fakeSchema, Build: fakeBuild}
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

// fakeSchema knows the plugins fake, gpuonly, broken and other, and every
// binary in a folder bin as a build of fake.
func fakeSchema(p Program) (*pluginv1.DescribeResponse, error) {
	name := p.Plugin
	if p.Binary != "" {
		if filepath.Base(filepath.Dir(p.Binary)) != "bin" {
			return nil, fmt.Errorf("%s: no such file", filepath.Base(p.Binary))
		}
		name = "fake"
	}
	switch name {
	case "fake", "fake-again":
		return fakeDescribe(), nil
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
			variants = append(variants, map[string]any{"name": v.Name, "baseline": v.Baseline, "config": string(v.JSON)})
		}
		cases = append(cases, map[string]any{"id": c.ID, "variants": variants})
	}
	var guardrails, asserts, selects []any
	for _, g := range e.Guardrails {
		guardrails = append(guardrails, fmt.Sprintf("%s: %s %q >= %v margin %v on_fail %s", g.Name, g.Phase, g.Variant, g.MinRatio, g.Margin, g.OnFail))
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
		selects = append(selects, s.Name)
	}
	var metadata []string
	for k, v := range e.Metadata {
		metadata = append(metadata, fmt.Sprintf("%s = %#v", k, v))
	}
	slices.Sort(metadata)
	return map[string]any{
		"name": e.Name, "description": e.Description, "plugin": e.Plugin, "device": e.Device, "depends_on": e.DependsOn,
		"when": e.When != nil, "cases": cases, "measure": fmt.Sprintf("%+v", e.Measure), "guardrails": guardrails,
		"tradeoffs": tradeoffs, "asserts": asserts, "selects": selects, "metadata": metadata, "output": e.Output,
	}
}
