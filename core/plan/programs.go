package plan

import (
	"maps"
	"slices"

	"github.com/assay-bench/assay/core/config"
)

// Program is one that a run starts, with the variants that are arms of it.
type Program struct {
	Variants []string `json:"variants"`
	Plugin   string   `json:"plugin"`
	Version  string   `json:"version,omitempty"`
	Path     string   `json:"path"` // of the executable; empty before Locate for an installed plugin
	Env      []string `json:"env,omitempty"`
	Inherit  []string `json:"inherit,omitempty"`
	Device   string   `json:"device"`

	program config.Program
}

// Command is what plugins start in their turn, as far as they say.
type Command struct {
	Variants []string `json:"variants"`
	Argv     []string `json:"argv"`
	Folder   string   `json:"folder,omitempty"`
}

// commands lists each command of the experiment once.
func commands(e *config.Experiment) []Command {
	var out []Command
	for i := range e.Cases {
		for _, v := range e.Cases[i].Variants {
			for _, s := range v.Starts {
				k := slices.IndexFunc(out, func(o Command) bool { return slices.Equal(o.Argv, s.Argv) && o.Folder == s.Folder })
				if k < 0 {
					k = len(out)
					out = append(out, Command{Argv: s.Argv, Folder: s.Folder})
				}
				out[k].Variants = once(out[k].Variants, v.Name)
			}
		}
	}
	return out
}

// Build is a command that a run starts before it measures, unless Built.
type Build struct {
	Variants []string `json:"variants"`
	Repo     string   `json:"repo"`
	Ref      string   `json:"ref"` // empty: the working tree
	Commit   string   `json:"commit"`
	Command  []string `json:"command"`
	Env      []string `json:"env,omitempty"`
	Dir      string   `json:"dir"`
	Built    bool     `json:"built"`
}

// Locate fills in the paths of installed plugins. An empty path says that there
// is none.
func (p *Plan) Locate(path func(config.Program) string) {
	for i := range p.Experiments {
		for j := range p.Experiments[i].Programs {
			if o := &p.Experiments[i].Programs[j]; o.Path == "" {
				o.Path = path(o.program)
			}
		}
	}
}

// programs lists each program of the experiment once.
func programs(e *config.Experiment) []Program {
	out := []Program{}
	for i := range e.Cases {
		for _, v := range e.Cases[i].Variants {
			p := v.Program
			k := slices.IndexFunc(out, func(o Program) bool { return o.program.Same(p) })
			if k < 0 {
				k = len(out)
				out = append(out, Program{
					Plugin: p.Plugin, Version: p.Version, Path: p.Binary, Env: slices.Sorted(maps.Keys(p.Env)), Inherit: p.Inherit, Device: p.Device, program: p,
				})
			}
			out[k].Variants = once(out[k].Variants, v.Name)
		}
	}
	return out
}

// builds lists each build of the experiment once.
func builds(e *config.Experiment) []Build {
	var out []Build
	for i := range e.Cases {
		for _, v := range e.Cases[i].Variants {
			b := v.Program.Build
			if b == nil {
				continue
			}
			k := slices.IndexFunc(out, func(o Build) bool { return o.Dir == b.Dir })
			if k < 0 {
				k = len(out)
				out = append(out, Build{
					Repo: b.Repo, Ref: b.Ref, Commit: b.Commit, Command: b.Command, Env: slices.Sorted(maps.Keys(b.Env)), Dir: b.Dir, Built: b.Built,
				})
			}
			out[k].Variants = once(out[k].Variants, v.Name)
		}
	}
	return out
}

func once(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
