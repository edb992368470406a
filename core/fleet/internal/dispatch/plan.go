package dispatch

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/fleet/internal/job"
)

// Asked is what a run is asked for.
type Asked struct {
	Paths    []string
	Vars     map[string]string
	VarFiles []string
	Only     []string
	Classes  []string // of experiments that name none
	With     []string // more files and folders that the workers need
	Key      ed25519.PrivateKey
	Getenv   func(string) string
}

// FaultError is a suite that cannot be dispatched because of its files.
type FaultError struct {
	Diags hcl.Diagnostics
	Files map[string]*hcl.File
}

func (e *FaultError) Error() string { return e.Diags.Error() }

// Plan reads the suite in the working folder and packs it.
func Plan(ctx context.Context, a Asked, store job.Store) (*Run, error) {
	m, diags := config.Load(a.Paths, config.Options{Vars: a.Vars, VarFiles: a.VarFiles, Env: a.Getenv})
	placed, more := m.Placements(a.Only)
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, &FaultError{diags, m.Files()}
	}
	if len(placed) == 0 {
		return nil, fmt.Errorf("%s: there is no experiment in it", strings.Join(a.Paths, ", "))
	}
	groups, err := together(placed, a.Classes)
	if err != nil {
		return nil, err
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for _, list := range []*[]string{&a.Paths, &a.VarFiles, &a.With} {
		if *list, err = within(root, *list); err != nil {
			return nil, err
		}
	}
	dir, err := within(root, []string{filepath.FromSlash(m.Dir)})
	if err != nil {
		return nil, err
	}
	packed, err := job.Pack(root, slices.Concat(dir, a.Paths, a.VarFiles, a.With))
	if err != nil {
		return nil, err
	}
	suite, err := job.Keep(ctx, store, packed)
	if err != nil {
		return nil, fmt.Errorf("the suite's files: %w", err)
	}
	r := &Run{Started: time.Now().UTC(), packed: packed}
	r.ID = r.Started.Format("20060102T150405Z") + "-" + random()
	r.Folder = filepath.Join("results", "fleet", r.ID)
	from, env := origin(ctx, root), environment(m, a.Getenv)
	for _, g := range groups {
		for _, class := range g.classes {
			j := job.Job{Run: r.ID, Class: class, Name: g.names[0], Experiments: g.names, Suite: suite,
				Paths: slashes(a.Paths), Dir: filepath.ToSlash(dir[0]), Vars: a.Vars, VarFiles: slashes(a.VarFiles), Env: env, Origin: from}
			if a.Key != nil {
				if err := j.Sign(a.Key); err != nil {
					return nil, err
				}
			}
			j.Suite.Inline = nil
			r.Jobs = append(r.Jobs, &Tracked{Job: j})
		}
	}
	return r, nil
}

// group are experiments that depend on each other: they share a session.
type group struct {
	names   []string
	classes []string
}

func together(placed []config.Placement, fallback []string) ([]group, error) {
	of := map[string]string{} // an experiment's first relative
	var first func(string) string
	first = func(n string) string {
		if of[n] == "" || of[n] == n {
			return n
		}
		return first(of[n])
	}
	for _, p := range placed {
		for _, n := range p.Needs {
			of[first(n)] = first(p.Name)
		}
	}
	var out []group
	at := map[string]int{}
	for _, p := range placed {
		classes := p.Classes
		if len(classes) == 0 {
			classes = fallback
		}
		if len(classes) == 0 {
			return nil, fmt.Errorf(`experiment %q (%s:%d) names no class of machines: write class = "NAME" in it, or dispatch with --class NAME`, p.Name, p.Range.Filename, p.Range.Start.Line)
		}
		root := first(p.Name)
		i, known := at[root]
		if !known {
			i = len(out)
			at[root] = i
			out = append(out, group{classes: classes})
		}
		if !slices.Equal(out[i].classes, classes) {
			return nil, fmt.Errorf("experiment %q is for %s, and %q, which it depends on or which depends on it, for %s: one session measures both, so give them the same class", p.Name, strings.Join(classes, ", "), out[i].names[0], strings.Join(out[i].classes, ", "))
		}
		out[i].names = append(out[i].names, p.Name)
	}
	return out, nil
}

// within makes paths relative to the working folder, which holds all that is packed.
func within(root string, paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(root, abs)
		if err != nil || !filepath.IsLocal(rel) {
			return nil, fmt.Errorf("%s is outside of the working folder %s, and workers get files of that alone: start the command in a folder that holds both", p, root)
		}
		out = append(out, rel)
	}
	return out, nil
}

func slashes(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = filepath.ToSlash(p)
	}
	return out
}

// environment are the ASSAY_VAR_NAME of this one that set variables of the suite.
func environment(m *config.Module, getenv func(string) string) map[string]string {
	var out map[string]string
	for name := range m.Variables {
		if v := getenv("ASSAY_VAR_" + name); v != "" {
			if out == nil {
				out = map[string]string{}
			}
			out["ASSAY_VAR_"+name] = v
		}
	}
	return out
}

func origin(ctx context.Context, root string) job.Origin {
	o := job.Origin{Folder: root}
	o.Host, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		o.User = u.Username
	}
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", args...).Output()
		return strings.TrimSpace(string(out)), err
	}
	if commit, err := git("rev-parse", "HEAD"); err == nil {
		changed, err := git("status", "--porcelain", "--untracked-files=no")
		o.Commit, o.Dirty = commit, err != nil || changed != ""
	}
	return o
}

func random() string {
	b := make([]byte, 3)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}
