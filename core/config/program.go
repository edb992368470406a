package config

import (
	"maps"
	"slices"
	"time"
)

// Program is what an arm runs. Two arms of equal programs may share a process;
// arms of different ones never do.
type Program struct {
	Plugin  string            // a key of required_plugins or an installed plugin's name
	Name    string            // what the plugin calls itself; empty: it was not asked
	Version string            // of the plugin; before a build, of the installed one that stands in
	Binary  string            // absolute path of the executable; empty: the installed one
	Env     map[string]string // added to the environment that the host allows
	Inherit []string          // sorted names of the host's variables that it gets too
	Device  string            // KIND, KIND:INDEX or auto, as written
	Kind    string            // of device: what auto comes to on this machine
	Index   int               // of the device among those of its kind
	Build   *Build            // nil: nothing is built
}

// Build is a folder made from a repository before the first round. Dir and
// Commit are known before it is built.
type Build struct {
	Repo    string // absolute path of the repository
	Ref     string // as written; empty: the working tree as it stands
	Command []string
	Env     map[string]string // of Command
	Timeout time.Duration

	Commit string // "COMMIT", or "COMMIT+TREE" where there are uncommitted files
	Key    string // of the cache
	Dir    string // absolute path of the built checkout
	Built  bool   // it is in the cache already
}

// Same says whether p and q are one program, so that arms of them may share a
// process and differ in their configurations only.
func (p Program) Same(q Program) bool { return p.difference(q) == "" }

// difference names the first argument in which two programs differ, "" when
// they are the same. Two names of one installed plugin are one program.
func (p Program) difference(q Program) string {
	switch {
	case p.Name != q.Name || p.Version != q.Version || p.Name == "" && p.Plugin != q.Plugin:
		return "plugin"
	case p.Kind != q.Kind || p.Index != q.Index:
		return "device"
	}
	if d := p.Build.difference(q.Build); d != "" {
		return d
	}
	switch {
	case p.Binary != q.Binary:
		return "binary"
	case !slices.Equal(p.Inherit, q.Inherit):
		return "inherit"
	}
	if key := differentKey(p.Env, q.Env); key != "" {
		return "env." + key
	}
	return ""
}

// difference compares what is built. Refs of one commit are one build.
func (b *Build) difference(o *Build) string {
	switch {
	case b == nil && o == nil:
		return ""
	case b == nil || o == nil:
		return "build"
	case b.Dir != "" && b.Dir == o.Dir:
		return ""
	case b.Repo != o.Repo:
		return "build.repo"
	case b.Ref != o.Ref:
		return "build.ref"
	case !slices.Equal(b.Command, o.Command):
		return "build.command"
	case !maps.Equal(b.Env, o.Env):
		return "build.env"
	case b.Dir != o.Dir:
		return "build"
	}
	return ""
}

// ref says in words what is built, "" of no build.
func (b *Build) ref() string {
	switch {
	case b == nil:
		return ""
	case b.Ref == "":
		return "the working tree"
	}
	return b.Ref
}

// differentKey is the first key, sorted, that one map lacks or that has
// different values.
func differentKey(a, b map[string]string) string {
	keys := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(keys)
	for _, k := range keys {
		x, inA := a[k]
		y, inB := b[k]
		if inA != inB || x != y {
			return k
		}
	}
	return ""
}

// Separate says whether two arms of the case differ in plugin, binary, env,
// inherit, device or build.
func (c *Case) Separate() bool {
	for i := range c.Variants {
		if !c.Variants[i].Program.Same(c.Variants[0].Program) {
			return true
		}
	}
	return false
}

// Separate says whether every arm of the case, the control too, has a process of
// its own: because arms differ in what they run, or because they take turns.
func (e *Experiment) Separate(c *Case) bool {
	return e.Measure.Residency == Turns || c.Separate()
}
