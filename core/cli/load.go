package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/rejudge"
	"github.com/assay-bench/assay/core/session"
	pluginsource "github.com/assay-bench/assay/core/source"
	"github.com/assay-bench/assay/core/trust"
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
	unpinned    []string // plugins of a source to fetch from that nothing vouches for

	ctx      context.Context
	lost     error                      // why a plugin could not be asked what it is, the first
	consent  bool                       // programs that the experiments name may be started
	programs map[string]*session.Plugin // by what they are described by
}

// What load may start besides installed plugins.
const (
	consent  = true  // what the experiments name: a command that runs them was given
	lookOnly = false // that only in a trusted folder
)

// load reads and resolves the experiments. Faults of the files are diagnostics
// in the result; an error is something else. It builds nothing; what it starts
// are plugins, installed ones and those that an experiment names as a binary,
// to describe themselves and to look at configurations.
func (a *App) load(ctx context.Context, s source, consent bool) (*loaded, error) {
	l := &loaded{ctx: ctx, consent: consent, programs: map[string]*session.Plugin{}}
	l.module, l.diags = config.Load(s.Paths, config.Options{Vars: s.Var, VarFiles: s.VarFile, Env: a.Getenv, Version: Version, AllowFiles: a.allowFiles})
	var err error
	if l.registry, err = a.plugins(ctx, l.module.Dir); err != nil {
		return nil, err
	}
	if consent && len(l.registry.Untrusted()) > 0 {
		if err := a.askTrust(ctx, l); err != nil {
			return nil, err
		}
	}
	if !consent {
		trusted, err := trust.Open(a.Getenv)
		if err != nil {
			return nil, err
		}
		l.consent = trusted.Covers(l.module.Dir)
	}
	for _, w := range l.registry.Warnings() {
		fmt.Fprintln(a.Err, "warning:", w)
	}
	v := &validator{loaded: l, log: a.log, running: map[string]*process.Process{}, failed: map[string]error{}}
	defer v.stop(ctx)
	var more hcl.Diagnostics
	l.experiments, more = l.module.Resolve(config.ResolveOptions{
		Device: func(kind string, index int, able []string) (config.DeviceFacts, error) {
			return deviceFacts(ctx, kind, index, able)
		},
		Schema: l.describe, Validate: v.validate, Environment: settable, Build: l.lookUp, Result: measured, Installed: l.installed(), Only: s.Only, Unreadable: machine.Unreadable(ctx),
	})
	for _, name := range l.unpinned {
		fmt.Fprintf(a.Err, "warning: plugin %s: the one that is used is not pinned, and may not be the one that required_plugins names; %s installs and pins that one\n", name, l.registry.InitCommand())
	}
	l.diags = diag.Tidy(append(l.diags, more...))
	if err := ctx.Err(); err != nil { // faults may be of what was not waited for
		return nil, err
	}
	if v.err != nil && !l.diags.HasErrors() {
		return nil, cannotStart{v.err}
	}
	return l, nil
}

// measured is what a result document has, if something may rest on it.
func measured(path string) (map[string][]string, error) {
	r, err := rejudge.Trusted(path)
	if err != nil {
		return nil, err
	}
	return rejudge.Measured(r), nil
}

func (l *loaded) installed() []string {
	var names []string
	for _, p := range l.registry.All() {
		names = append(names, p.Name)
	}
	return names
}

// describe is what a program says of itself.
func (l *loaded) describe(p config.Program) (*pluginv1.DescribeResponse, error) {
	plugin, err := l.program(p)
	var untrusted *registry.Untrusted
	if errors.As(err, &untrusted) && !l.consent {
		return nil, &config.Unasked{Err: err}
	}
	if err != nil {
		if l.lost == nil && statusOf(l.ctx, err) == PluginLost {
			l.lost = err
		}
		return nil, err
	}
	return plugin.Describe, nil
}

// faults is [App.faults] of what was loaded.
func (l *loaded) faults(app *App) error {
	err := app.faults(l.diags, l.module.Files())
	if err == nil || !l.diags.HasErrors() {
		return err
	}
	return told(l.status())
}

// status of a configuration with errors: one that needs a plugin which could not
// be started is not to blame.
func (l *loaded) status() Status {
	if l.lost != nil {
		return PluginLost
	}
	return BadUsage
}

// program finds what a program runs: its binary, else the installed plugin
// that experiments call by its name.
func (l *loaded) program(p config.Program) (*session.Plugin, error) {
	key := fmt.Sprintf("%q %q %v %q", p.Plugin, p.Binary, p.Env, p.Inherit)
	if found := l.programs[key]; found != nil {
		return found, nil
	}
	found, err := l.find(p)
	if err != nil {
		return nil, err
	}
	plugin := &session.Plugin{Name: found.Name, Version: found.Version, Path: found.Path, SHA256: found.SHA256, Describe: found.Describe}
	l.programs[key] = plugin
	return plugin, nil
}

func (l *loaded) find(p config.Program) (*registry.Installed, error) {
	name := l.module.PluginName(p.Plugin)
	if p.Binary == "" {
		required := l.module.RequiredPlugins[p.Plugin]
		if err := l.registry.CheckSource(name, required.Source); err != nil {
			return nil, err
		}
		found, err := l.registry.Get(name, required.Version)
		if !pluginsource.Of(required.Source).Fetched() {
			return found, err
		}
		if err != nil {
			return nil, fmt.Errorf("%w; %s installs the one that is required", err, l.registry.InitCommand())
		}
		if !found.Locked && !found.Override && !slices.Contains(l.unpinned, name) {
			l.unpinned = append(l.unpinned, name)
		}
		return found, nil
	}
	if !l.consent {
		return nil, fmt.Errorf("%s: %w", p.Binary, &registry.Untrusted{Folder: absolute(l.module.Dir), Named: true})
	}
	env, err := environment(p)
	if err != nil {
		return nil, err
	}
	return l.registry.Binary(l.ctx, name, p.Binary, env)
}

// environment of a program; nil where it is what every plugin gets.
func environment(p config.Program) ([]string, error) {
	if len(p.Env) == 0 && len(p.Inherit) == 0 {
		return nil, nil
	}
	env, _, err := process.Environment(os.Environ(), p.Env, p.Inherit)
	return env, err
}

// settable says why a program cannot have its environment.
func settable(p config.Program) error {
	_, err := environment(p)
	return err
}

// deviceFacts is what `device` is in expressions.
func deviceFacts(ctx context.Context, kind string, index int, able []string) (config.DeviceFacts, error) {
	p, err := probe(ctx, kind, index, able, false)
	if err != nil {
		return config.DeviceFacts{}, err
	}
	i := p.Info
	return config.DeviceFacts{Kind: string(i.Kind), Index: index, Name: i.Name, Family: i.Family, Cores: i.Cores, MemoryBytes: i.Memory}, nil
}
