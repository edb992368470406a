package registry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// prefix of every plugin's file name: assay-plugin-NAME.
const prefix = "assay-plugin-"

// Options of Discover.
type Options struct {
	Dirs   []string            // looked in first, in order
	Getenv func(string) string // nil: os.Getenv is not asked
}

// Installed is a plugin that was found and has described itself.
type Installed struct {
	Name     string
	Version  string
	Path     string
	SHA256   string // hex
	Describe *pluginv1.DescribeResponse
}

// Rejected is a candidate that was passed over.
type Rejected struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Registry is what Discover found.
type Registry struct {
	folders  []string
	plugins  map[string]*Installed
	rejected []Rejected
}

// Discover looks through the folders. A candidate that cannot be used is
// rejected with a reason, not an error.
func Discover(ctx context.Context, o Options) (*Registry, error) {
	r := &Registry{folders: folders(o), plugins: map[string]*Installed{}}
	for _, dir := range r.folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			if slices.Contains(o.Dirs, dir) {
				return nil, fmt.Errorf("plugin folder: %w", err)
			}
			continue
		}
		for _, e := range entries {
			if name, ok := strings.CutPrefix(e.Name(), prefix); ok && !e.IsDir() {
				r.consider(ctx, name, filepath.Join(dir, e.Name()))
			}
		}
	}
	return r, nil
}

func (r *Registry) consider(ctx context.Context, name, path string) {
	if first, ok := r.plugins[name]; ok {
		r.reject(path, "%s comes first", first.Path)
		return
	}
	sum, err := digest(path)
	if err != nil {
		r.reject(path, "%v", err)
		return
	}
	d, err := describe(ctx, path)
	if err != nil {
		r.reject(path, "%v", err)
		return
	}
	if d.GetName() != name {
		r.reject(path, "it calls itself %q; rename the file to %s%s", d.GetName(), prefix, d.GetName())
		return
	}
	if _, err := version.NewSemver(d.GetVersion()); err != nil {
		r.reject(path, "its version %q is not a semantic version", d.GetVersion())
		return
	}
	r.plugins[name] = &Installed{Name: name, Version: d.GetVersion(), Path: path, SHA256: sum, Describe: d}
}

func (r *Registry) reject(path, format string, args ...any) {
	r.rejected = append(r.rejected, Rejected{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// Get gives the plugin of that name, whose version must satisfy the constraint
// unless that is empty.
func (r *Registry) Get(name, constraint string) (*Installed, error) {
	p, ok := r.plugins[name]
	if !ok {
		return nil, r.missing(name)
	}
	if constraint == "" {
		return p, nil
	}
	c, err := version.NewConstraint(constraint)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: version constraint %q: %w", name, constraint, err)
	}
	v, err := version.NewVersion(p.Version)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", name, err)
	}
	if !c.Check(v) {
		return nil, fmt.Errorf("plugin %s: version %s is installed at %s, %s is required: install another one or change required_plugins", name, p.Version, p.Path, constraint)
	}
	return p, nil
}

func (r *Registry) missing(name string) error {
	for _, x := range r.rejected {
		if filepath.Base(x.Path) == prefix+name {
			return fmt.Errorf("plugin %s: %s was passed over: %s", name, x.Path, x.Reason)
		}
	}
	return fmt.Errorf("plugin %s is not installed: looked for %s%s in %s", name, prefix, name, strings.Join(r.folders, ", "))
}

// All plugins by name.
func (r *Registry) All() []*Installed {
	out := make([]*Installed, 0, len(r.plugins))
	for _, p := range r.plugins {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Rejected candidates in the order in which they were met.
func (r *Registry) Rejected() []Rejected {
	if r.rejected == nil {
		return []Rejected{}
	}
	return r.rejected
}
