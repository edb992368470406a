package cli

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/session"
)

// source says which experiments a command is about.
type source struct {
	Paths   []string          `arg:"" optional:"" type:"path" default:"." help:"Folder of *.hcl files, or single files."`
	Var     map[string]string `name:"var" placeholder:"NAME=VALUE" mapsep:"none" help:"Set a variable; may be given more than once. ASSAY_VAR_NAME does the same."`
	VarFile []string          `name:"var-file" type:"path" placeholder:"FILE" help:"Read variables from a file."`
	Only    []string          `name:"only" placeholder:"NAME" help:"Only these experiments, and those that their conditions refer to."`
}

// loaded is a configuration that stood every check that needs no device.
type loaded struct {
	module      *config.Module
	experiments []*config.Experiment
	registry    *registry.Registry
	diags       hcl.Diagnostics
}

// load reads and resolves the experiments. Faults of the files are diagnostics
// in the result; an error is something else.
func (a *App) load(ctx context.Context, s source) (*loaded, error) {
	l := &loaded{}
	l.module, l.diags = config.Load(s.Paths, config.Options{Vars: s.Var, VarFiles: s.VarFile, Env: a.Getenv, Version: Version})
	var err error
	if l.registry, err = a.plugins(ctx, l.module.Dir); err != nil {
		return nil, err
	}
	for _, w := range l.registry.Warnings() {
		fmt.Fprintln(a.Err, "warning:", w)
	}
	var more hcl.Diagnostics
	l.experiments, more = l.module.Resolve(config.ResolveOptions{
		Device: func(kind string, able []string) (config.DeviceFacts, error) { return deviceFacts(ctx, kind, 0, able) },
		Schema: func(name string) (*pluginv1.DescribeResponse, error) {
			p, err := l.plugin(name)
			if err != nil {
				return nil, err
			}
			return p.Describe, nil
		},
		Installed: l.installed(), Only: s.Only,
	})
	l.diags = append(l.diags, more...)
	if !l.diags.HasErrors() {
		if more, err = l.validate(ctx, a); err != nil {
			return nil, err
		}
		l.diags = append(l.diags, more...)
	}
	l.diags = diag.Tidy(l.diags)
	return l, nil
}

func (l *loaded) installed() []string {
	var names []string
	for _, p := range l.registry.All() {
		names = append(names, p.Name)
	}
	return names
}

// plugin finds the installed plugin that experiments call by this name.
func (l *loaded) plugin(name string) (*session.Plugin, error) {
	required := l.module.RequiredPlugins[name]
	p, err := l.registry.Get(name, required.Version)
	if err != nil {
		return nil, err
	}
	return &session.Plugin{Name: p.Name, Version: p.Version, Path: p.Path, SHA256: p.SHA256, Describe: p.Describe}, nil
}

// validate lets every plugin look at every configuration, in one process per
// plugin that opens no device.
func (l *loaded) validate(ctx context.Context, a *App) (hcl.Diagnostics, error) {
	running := map[string]*process.Process{}
	defer func() {
		for _, p := range running {
			p.Stop(ctx)
		}
	}()
	var diags hcl.Diagnostics
	for _, e := range l.experiments {
		more, err := e.Validate(func(_ *config.Case, v *config.Variant) ([]*pluginv1.Diagnostic, error) {
			p, err := l.start(ctx, a, running, e.Plugin)
			if err != nil {
				return nil, err
			}
			r, err := p.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{ConfigJson: v.JSON, Device: e.Device})
			if err != nil {
				return nil, err
			}
			return r.GetDiagnostics(), nil
		})
		if err != nil {
			return nil, a.fail(err, exitInfrastructure)
		}
		diags = append(diags, more...)
	}
	return diags, nil
}

func (l *loaded) start(ctx context.Context, a *App, running map[string]*process.Process, name string) (*process.Process, error) {
	if p := running[name]; p != nil {
		return p, nil
	}
	plugin, err := l.plugin(name)
	if err != nil {
		return nil, err
	}
	p, err := process.Start(ctx, process.Options{Path: plugin.Path, SHA256: plugin.SHA256, Name: plugin.Name, Logger: a.log})
	if err == nil {
		running[name] = p
	}
	return p, err
}

// deviceFacts is what `device` is in expressions.
func deviceFacts(ctx context.Context, kind string, index int, able []string) (config.DeviceFacts, error) {
	p, err := probe(ctx, kind, index, able, false)
	if err != nil {
		return config.DeviceFacts{}, err
	}
	i := p.Info
	return config.DeviceFacts{Kind: string(i.Kind), Name: i.Name, Family: i.Family, Cores: i.Cores, MemoryBytes: i.Memory}, nil
}
