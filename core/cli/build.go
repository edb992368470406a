package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/assay-bench/assay/core/build"
	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/report"
)

type buildCommand struct {
	source
	Clean   bool `name:"clean" xor:"how" help:"Remove every build from the cache, and build nothing."`
	Rebuild bool `name:"rebuild" xor:"how" help:"Build again what is in the cache."`
	JSON    bool `name:"json" help:"Print JSON."`
}

func (c *buildCommand) Run(ctx context.Context, app *App) error {
	if c.Clean {
		return c.clean(app)
	}
	l, err := app.load(ctx, c.source, consent)
	if err != nil {
		return err
	}
	if err := l.faults(app); err != nil {
		return err
	}
	made, err := app.buildAll(ctx, l.experiments, c.Rebuild)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(map[string]any{"builds": made})
	}
	if len(made) == 0 {
		fmt.Fprintln(app.Out, "Nothing to build: no variant has a build block.")
		return nil
	}
	w := tabwriter.NewWriter(app.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "variant\tref\tcommit\tstate\ttime\tfolder")
	for _, m := range made {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Variant, refName(m.Ref), shortCommit(m.Commit), m.State, m.took(), m.Dir)
	}
	return w.Flush()
}

func (c *buildCommand) clean(app *App) error {
	done, err := build.Clean(build.Options{})
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(done)
	}
	fmt.Fprintf(app.Out, "%s removed from %s\n", report.Count(done.Removed, "build"), done.Folder)
	if n := len(done.InUse); n > 0 {
		fmt.Fprintf(app.Out, "%s in use, not removed\n", report.Count(n, "build"))
	}
	return nil
}

// madeBuild is the build of one variant.
type madeBuild struct {
	Experiment string   `json:"experiment"`
	Variant    string   `json:"variant"`
	Repo       string   `json:"repo"`
	Ref        string   `json:"ref"` // empty: the working tree
	Commit     string   `json:"commit"`
	Command    []string `json:"command"`
	Key        string   `json:"key"`
	Dir        string   `json:"dir"`
	State      string   `json:"state"` // "built" now or "cached"
	Seconds    float64  `json:"seconds"`
}

func (m *madeBuild) took() string {
	if m.State == "cached" {
		return "-"
	}
	return fmt.Sprintf("%.1f s", m.Seconds)
}

// build makes everything that the experiments need and that is not in the
// cache. What it made stays there until the process ends.
func (a *App) build(ctx context.Context, experiments []*config.Experiment, rebuild bool) error {
	_, err := a.buildAll(ctx, experiments, rebuild)
	return err
}

// buildAll builds one after the other: each may use all cores.
func (a *App) buildAll(ctx context.Context, experiments []*config.Experiment, rebuild bool) ([]madeBuild, error) {
	made := []madeBuild{}
	listed, done := map[string]bool{}, map[string]bool{}
	for _, e := range experiments {
		for i := range e.Cases {
			for j := range e.Cases[i].Variants {
				v := &e.Cases[i].Variants[j]
				b := v.Program.Build
				if b == nil {
					continue
				}
				m := madeBuild{
					Experiment: e.Name, Variant: v.Name, Repo: b.Repo, Ref: b.Ref, Commit: b.Commit,
					Command: b.Command, Key: b.Key, Dir: b.Dir, State: "cached",
				}
				if !done[b.Key] {
					if err := a.buildOne(ctx, &m, b, rebuild); err != nil {
						return nil, cannotStart{err}
					}
					done[b.Key] = true
				}
				b.Built = true
				if row := e.Name + "\x00" + v.Name + "\x00" + b.Key; !listed[row] {
					listed[row] = true
					made = append(made, m)
				}
			}
		}
	}
	return made, nil
}

func (a *App) buildOne(ctx context.Context, m *madeBuild, b *config.Build, rebuild bool) error {
	began := time.Now()
	width := terminal(a.Err)
	clearLine := func() {
		if width > 0 {
			fmt.Fprint(a.Err, report.ClearLine)
		}
	}
	hold, err := build.Make(ctx, specOf(b), build.Tree{Commit: b.Commit, Key: b.Key, Dir: b.Dir, Built: b.Built}, build.Options{
		Rebuild: rebuild, Own: results(),
		Step: func(line string) {
			clearLine()
			fmt.Fprintf(a.Err, "build %s: %s\n", m.Variant, line)
		},
		Output: func(line string) {
			if width > 0 { // what it prints is in the log; people see that it goes on
				clearLine()
				r := []rune(line)
				fmt.Fprint(a.Err, string(r[:min(len(r), width-1)]))
			}
		},
	})
	clearLine()
	if err != nil {
		return err
	}
	if hold.New {
		m.State, m.Seconds = "built", time.Since(began).Seconds()
	}
	a.holds = append(a.holds, hold)
	return nil
}

func specOf(b *config.Build) build.Spec {
	return build.Spec{Repo: b.Repo, Ref: b.Ref, Command: b.Command, Env: b.Env, Timeout: b.Timeout}
}

// results is where a session writes by default. A session that writes there must
// not change what its experiments build.
func results() []string {
	dir, err := filepath.Abs("results")
	if err != nil {
		return nil
	}
	return []string{dir}
}

// lookUpBuild fills in what is known of a build without building it. An unknown
// ref is a *build.RefError.
func lookUpBuild(ctx context.Context, b *config.Build) error {
	t, err := build.Resolve(ctx, specOf(b), build.Options{Own: results()})
	if err != nil {
		return err
	}
	b.Commit, b.Key, b.Dir, b.Built = t.Commit, t.Key, t.Dir, t.Built
	return nil
}

func refName(ref string) string {
	if ref == "" {
		return "working tree"
	}
	return ref
}

// shortCommit cuts both names of "COMMIT+TREE".
func shortCommit(name string) string {
	const most = 10
	for i, r := range name {
		if r == '+' {
			return name[:min(i, most)] + "+" + name[i+1:min(len(name), i+1+most)]
		}
	}
	return name[:min(len(name), most)]
}
