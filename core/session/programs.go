package session

import (
	"encoding/json"
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// programs are those of one experiment, as its document lists them: the
// baseline's first.
type programs struct {
	resolve  func(config.Program) (*Plugin, error)
	plugins  []*Plugin
	recorded []record.Program
	byKey    map[string]int
}

// programsOf resolves every program of an experiment.
func programsOf(e *config.Experiment, resolve func(config.Program) (*Plugin, error)) (*programs, error) {
	p := &programs{resolve: resolve, byKey: map[string]int{}}
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
	key, err := json.Marshal(want)
	if err != nil {
		return 0, err
	}
	if i, ok := p.byKey[string(key)]; ok {
		return i, nil
	}
	plugin, err := p.resolve(want)
	if err != nil {
		return 0, err
	}
	p.byKey[string(key)] = len(p.plugins)
	p.plugins = append(p.plugins, plugin)
	p.recorded = append(p.recorded, recordOf(want, plugin))
	return len(p.plugins) - 1, nil
}

func recordOf(p config.Program, plugin *Plugin) record.Program {
	out := record.Program{
		Plugin: binaryOf(plugin), Path: plugin.Path, Environment: []record.Variable{},
		Device: p.Device, Kind: p.Kind, Index: p.Index,
	}
	if b := p.Build; b != nil {
		out.Build = &record.Build{Repo: b.Repo, Ref: b.Ref, Commit: b.Commit, Command: b.Command, Environment: b.Env, Folder: b.Dir}
		if out.Build.Environment == nil {
			out.Build.Environment = map[string]string{}
		}
	}
	return out
}

func binaryOf(p *Plugin) record.Binary {
	return record.Binary{Name: p.Name, Version: p.Version, SHA256: p.SHA256, SDK: p.Describe.GetSdkVersion()}
}
