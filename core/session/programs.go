package session

import (
	"fmt"
	"os"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// programs are those of one experiment, as its document lists them: the first
// case's baseline's first.
type programs struct {
	list    []program
	resolve func(config.Program) (*Plugin, error)
}

// program is what arms run, ready to be started.
type program struct {
	config.Program
	plugin    *Plugin
	environ   []string
	vars      []process.Var
	described *pluginv1.DescribeResponse // by its first process; nil before that
}

// programsOf resolves every program of an experiment.
func programsOf(e *config.Experiment, resolve func(config.Program) (*Plugin, error)) (*programs, error) {
	p := &programs{resolve: resolve}
	for i := range e.Cases {
		c := &e.Cases[i]
		if _, err := p.find(c.Baseline().Program); err != nil {
			return nil, err
		}
		for j := range c.Variants {
			if _, err := p.find(c.Variants[j].Program); err != nil {
				return nil, fmt.Errorf("variant %q: %w", c.Variants[j].Name, err)
			}
		}
	}
	return p, nil
}

// find gives the index of a program, which it adds if it is new.
func (p *programs) find(want config.Program) (int, error) {
	for i := range p.list {
		if p.list[i].Same(want) {
			return i, nil
		}
	}
	plugin, err := p.resolve(want)
	if err != nil {
		return 0, err
	}
	environ, vars, err := process.Environment(os.Environ(), want.Env, want.Inherit)
	if err != nil {
		return 0, err
	}
	p.list = append(p.list, program{want, plugin, environ, vars, nil})
	return len(p.list) - 1, nil
}

// recorded is what the document says of them.
func (p *programs) recorded() []record.Program {
	out := make([]record.Program, len(p.list))
	for i := range p.list {
		out[i] = p.list[i].recorded()
	}
	return out
}

func (p *program) recorded() record.Program {
	out := record.Program{
		Plugin: p.plugin.binary(), Path: p.plugin.Path, Environment: []record.Variable{},
		Device: p.Device, Kind: p.Kind, Index: p.Index,
	}
	for _, v := range p.vars {
		out.Environment = append(out.Environment, record.Variable{Name: v.Name, Value: v.Value, Source: v.Source, Secret: v.Secret})
	}
	if b := p.Build; b != nil {
		out.Build = &record.Build{Repo: b.Repo, Ref: b.Ref, Commit: b.Commit, Command: b.Command, Environment: map[string]string{}, Folder: b.Dir}
		for name, value := range b.Env {
			out.Build.Environment[name] = value
		}
	}
	return out
}
