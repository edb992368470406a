package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/source"
)

// prefix of every plugin's file name: assay-plugin-NAME or
// assay-plugin-NAME_vX.Y.Z.
const prefix = source.Prefix

// Options of Discover.
type Options struct {
	Dirs     []string            // looked in first, in order; must exist
	LockPath string              // assay.lock.hcl; empty or absent: nothing is pinned
	Getenv   func(string) string // nil: an empty environment

	// Trusts says whether programs in the project's folder may be started, given
	// that folder's plugins; nil: they may. Folders in Dirs are trusted.
	Trusts func(plugins string) bool
}

// Installed is a plugin that was found and has described itself.
type Installed struct {
	Name     string
	Version  string
	Path     string
	SHA256   string // hex
	Locked   bool   // the lock file names this very binary
	Override bool   // taken from $ASSAY_PLUGIN_OVERRIDES, whatever the lock says
	Describe *pluginv1.DescribeResponse
}

// Rejected is a candidate that was passed over.
type Rejected struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`

	err error
}

// Untrusted is the error of a program that was not started, because it came
// with a folder that is not trusted, or because experiments there name it.
type Untrusted struct {
	Folder string
	Named  bool // by an experiment, wherever it lies
}

func (e *Untrusted) Error() string {
	if e.Named {
		return fmt.Sprintf("it was not started, because the folder %s, whose experiments name it, is not trusted; `%s` lists what the folder brings and trusts it", e.Folder, trust(e.Folder))
	}
	return fmt.Sprintf("it came with the folder %s, which is not trusted, and was not started; `%s` lists what the folder brings and trusts it", e.Folder, trust(e.Folder))
}

// Registry is what Discover found.
type Registry struct {
	folders  []string
	asked    []string                // those of the folders that were named
	plugins  map[string][]*Installed // by name, highest version first
	from     map[string]string       // folder that a name was found in first
	rejected []Rejected
	warnings []string
	lock     *Lock
	getenv   func(string) string

	project string // the folder whose plugins are the project's
	foreign bool   // it is not trusted
}

// Discover looks through the folders. The first folder that has a name wins;
// within it, versions may stand side by side. A candidate that cannot be used
// is rejected with a reason, not an error.
func Discover(ctx context.Context, o Options) (*Registry, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	lock, err := ReadLock(o.LockPath)
	if err != nil {
		return nil, err
	}
	overrides, err := readOverrides(o.Getenv(EnvOverrides))
	if err != nil {
		return nil, err
	}
	r := &Registry{plugins: map[string][]*Installed{}, from: map[string]string{}, lock: lock, getenv: o.Getenv}
	cache := openCache(o.Getenv)
	for _, override := range overrides {
		r.consider(ctx, cache, candidate{name: override.name, path: override.path, override: true})
	}
	var asked int
	r.folders, asked = folders(o)
	r.asked = r.folders[:asked]
	if dir, err := filepath.Abs(projectFolder); err == nil && !slices.Contains(r.asked, dir) {
		r.project = dir
		r.foreign = o.Trusts != nil && !o.Trusts(filepath.Dir(filepath.Dir(dir)))
	}
	for i, dir := range r.folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			if i < asked {
				return nil, fmt.Errorf("plugin folder: %w", err)
			}
			continue
		}
		for _, e := range entries {
			if c, ok := parseCandidate(filepath.Join(dir, e.Name())); ok && !e.IsDir() {
				r.consider(ctx, cache, c)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("looking for plugins: %w", err)
	}
	for _, list := range r.plugins {
		slices.SortStableFunc(list, func(a, b *Installed) int {
			return semver(b.Version).Compare(semver(a.Version))
		})
	}
	cache.save()
	return r, nil
}

// consider installs a candidate or rejects it.
func (r *Registry) consider(ctx context.Context, cache *cache, c candidate) {
	dir := filepath.Dir(c.path)
	if c.override {
		dir = "$" + EnvOverrides
	}
	if first, ok := r.from[c.name]; ok && first != dir {
		r.reject(c.path, fmt.Errorf("%s comes first", r.plugins[c.name][0].Path))
		text := fmt.Sprintf("plugin %s: %s is used in place of ", c.name, r.plugins[c.name][0].Path)
		said := slices.ContainsFunc(r.warnings, func(w string) bool { return strings.HasPrefix(w, text) })
		if !said && (first == r.project || slices.Contains(r.asked, first)) {
			r.warnings = append(r.warnings, text+c.path)
		}
		return
	}
	if dir == r.project && r.foreign {
		r.reject(c.path, &Untrusted{Folder: filepath.Dir(filepath.Dir(dir))})
		return
	}
	p, err := c.inspect(ctx, cache, r.lock)
	if err != nil {
		r.reject(c.path, err)
		return
	}
	for _, other := range r.plugins[c.name] {
		if semver(other.Version).Equal(semver(p.Version)) {
			r.reject(c.path, fmt.Errorf("%s has the same version %s", other.Path, other.Version))
			return
		}
	}
	if r.plugins[c.name] == nil {
		for _, x := range r.rejected {
			var other *otherVersion // versions stand side by side
			if broken, ok := parseCandidate(x.Path); ok && broken.name == c.name && !errors.As(x.err, &other) {
				r.warnings = append(r.warnings, fmt.Sprintf("plugin %s: %s was passed over: %s; %s is used instead", c.name, x.Path, x.Reason, c.path))
			}
		}
	}
	r.from[c.name] = dir
	r.plugins[c.name] = append(r.plugins[c.name], p)
}

func (r *Registry) reject(path string, err error) {
	r.rejected = append(r.rejected, Rejected{Path: path, Reason: err.Error(), err: err})
}

// Untrusted are the candidates that were not started because of their folder.
func (r *Registry) Untrusted() []string {
	var out []string
	for _, x := range r.rejected {
		var u *Untrusted
		if errors.As(x.err, &u) {
			out = append(out, x.Path)
		}
	}
	return out
}

// semver parses a version that inspect has accepted.
func semver(text string) *version.Version { return version.Must(version.NewSemver(text)) }

// Get gives the highest version of a plugin that satisfies the constraint; an
// empty constraint takes any.
func (r *Registry) Get(name, constraint string) (*Installed, error) {
	list, ok := r.plugins[name]
	if !ok {
		return nil, r.missing(name)
	}
	if constraint == "" {
		return list[0], nil
	}
	c, err := version.NewConstraint(constraint)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: version constraint %q: %w", name, constraint, err)
	}
	var have []string
	for _, p := range list {
		if c.Check(semver(p.Version)) {
			return p, nil
		}
		have = append(have, p.Version)
	}
	return nil, fmt.Errorf("plugin %s: version %s is installed in %s, %s is required: install another one or change required_plugins",
		name, strings.Join(have, ", "), filepath.Dir(list[0].Path), constraint)
}

// CheckSource is that of the lock file.
func (r *Registry) CheckSource(name, from string) error { return r.lock.CheckSource(name, from) }

func (r *Registry) missing(name string) error {
	for _, x := range r.rejected {
		var other *otherVersion
		switch c, ok := parseCandidate(x.Path); {
		case !ok || c.name != name:
		case errors.As(x.err, &other):
			return fmt.Errorf("plugin %s: %s was passed over: %w; install version %s, or accept what is installed: run %s", name, x.Path, x.err, other.pinned, r.lock.command())
		default:
			return fmt.Errorf("plugin %s: %s was passed over: %w", name, x.Path, x.err)
		}
	}
	return fmt.Errorf("plugin %s is not installed: looked for %s%s in %s; --plugin-dir names other folders", name, prefix, name, strings.Join(r.folders, ", "))
}

// Binary inspects an executable that an experiment names as the plugin called
// name: its digest, and what it says of itself, asked with `describe`, in the
// environment env; nil is what every plugin gets. It need not be installed, and
// the lock file is not consulted.
func (r *Registry) Binary(ctx context.Context, name, path string, env []string) (*Installed, error) {
	cache := openCache(r.getenv)
	p, err := candidate{name: name, path: path, named: true, env: env}.inspect(ctx, cache, r.lock)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	cache.save()
	return p, nil
}

// All plugins by name, the highest version of each.
func (r *Registry) All() []*Installed {
	out := make([]*Installed, 0, len(r.plugins))
	for _, list := range r.plugins {
		out = append(out, list[0])
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Versions are all plugins that may be used, the highest version of each first.
func (r *Registry) Versions() []*Installed {
	var out []*Installed
	for _, p := range r.All() {
		out = append(out, r.plugins[p.Name]...)
	}
	return out
}

// InitCommand is how the plugins that experiments require are installed.
func (r *Registry) InitCommand() string { return r.lock.initCommand() }

// Rejected candidates in the order in which they were met.
func (r *Registry) Rejected() []Rejected {
	if r.rejected == nil {
		return []Rejected{}
	}
	return r.rejected
}

// Unusable are the candidates that were rejected and stand for a plugin that no
// other candidate provides.
func (r *Registry) Unusable() []Rejected {
	var out []Rejected
	for _, x := range r.rejected {
		if c, ok := parseCandidate(x.Path); ok && r.plugins[c.name] == nil {
			out = append(out, x)
		}
	}
	return out
}

// Warnings are for every run: what is used although nothing vouches for it, or
// in place of what was to be used.
func (r *Registry) Warnings() []string {
	out := slices.Clone(r.warnings)
	for _, p := range r.All() {
		if p.Override {
			out = append(out, fmt.Sprintf("plugin %s is %s, from $%s; the lock file is not consulted", p.Name, p.Path, EnvOverrides))
		}
	}
	return out
}
